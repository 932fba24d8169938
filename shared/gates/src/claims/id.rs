//! What a thing that is started once is called.

use std::fmt;

use sluice_core::token::sha256;

/// The characters of an execution's name, at most (AWS's limit).
const NAME_MAX: usize = 80;
/// Of the hash in a name: 128 bits.
const HASH_CHARACTERS: usize = 32;

/// Which test of which attempt of which release something is started for.
/// Two looks of one attempt give the same; a retry of the stage is another
/// attempt, and starts anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestId<'a> {
    /// The pipeline.
    pub pipeline: &'a str,
    /// The pipeline execution's id.
    pub release: &'a str,
    /// The stage.
    pub stage: &'a str,
    /// The gate's name.
    pub gate: &'a str,
    /// The test's name.
    pub test: &'a str,
    /// The job id of the attempt's first look.
    pub attempt: &'a str,
}

impl TestId<'_> {
    /// All of it in 64 characters that every service takes. Names may hold
    /// any character, so that none of them could part them.
    pub fn key(&self) -> String {
        let parts = [
            self.pipeline,
            self.release,
            self.stage,
            self.gate,
            self.test,
            self.attempt,
        ];
        let written = serde_json::to_vec(&parts).expect("texts can be written");
        sha256(&written)
    }

    /// A name for an execution of Step Functions: the test in words as far as
    /// it fits, then what makes it unique.
    pub fn execution_name(&self) -> String {
        let room = NAME_MAX - HASH_CHARACTERS - 1;
        let words = format!("{}-{}-{}", self.stage, self.gate, self.test);
        let allowed = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        let words: String = words.chars().map(allowed).take(room).collect();
        format!("{words}-{}", &self.key()[..HASH_CHARACTERS])
    }
}

impl fmt::Display for TestId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "test `{}` of gate `{}`, stage `{}` of `{}`, release {}, attempt {}",
            self.test, self.gate, self.stage, self.pipeline, self.release, self.attempt
        )
    }
}
