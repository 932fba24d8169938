//! Names and ids that are derived, so that doing a thing twice does it once.

use crate::token::{derived_id, sha256};

/// What Step Functions allows for the name of an execution.
const EXECUTION_CHARACTERS_MAX: usize = 80;

/// Characters of the hash in a name: 64 bits, of names that one account makes
/// within 90 days.
const HASH_CHARACTERS: usize = 16;

/// The name of the execution that runs a gate for an execution of the stage's
/// checks.
pub fn gate_execution(execution: &str, stage: &str, gate: &str) -> String {
    execution_name(&[stage, gate], &["gate", execution, gate])
}

/// The name of the execution that takes a stage back: one for each release.
pub fn rollback_execution(pipeline: &str, release: &str, stage: &str) -> String {
    execution_name(&[pipeline, stage], &["rollback", pipeline, release, stage])
}

/// The id of the mark by which the gates of a stage stop each other.
pub fn stop_mark(pipeline: &str, release: &str, stage: &str, execution: &str) -> String {
    format!("stop/{}", hash(&[pipeline, release, stage, execution]))
}

/// The id of the order to take a stage back: one for each release.
pub fn rollback_order(pipeline: &str, release: &str, stage: &str) -> String {
    format!("rollback/{}", hash(&[pipeline, release, stage]))
}

/// The attempt of a gate in an execution of the stage's checks, in the form of
/// a job's id.
pub fn attempt(execution: &str, gate: &str) -> String {
    derived_id(&["attempt", execution, gate])
}

/// Parts that cannot be mistaken for each other: none of them holds a NUL.
fn hash(parts: &[&str]) -> String {
    sha256(parts.join("\0").as_bytes())
}

/// A readable part and a hash, within what Step Functions allows.
fn execution_name(readable: &[&str], hashed: &[&str]) -> String {
    let room = EXECUTION_CHARACTERS_MAX - HASH_CHARACTERS - 1;
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    let plain: String = readable.join("-").chars().map(allowed).take(room).collect();
    format!("{plain}-{}", &hash(hashed)[..HASH_CHARACTERS])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::token::is_job_id;

    use super::*;

    const EXECUTION: &str = "arn:aws:states:us-east-1:111122223333:execution:stage-checks:one";

    proptest! {
        #[test]
        fn a_name_is_what_step_functions_allows(stage in ".{0,120}", gate in ".{0,120}", execution in ".{0,200}") {
            for name in [gate_execution(&execution, &stage, &gate), rollback_execution(&stage, &execution, &gate)] {
                prop_assert!((1..=80).contains(&name.len()), "{name}");
                prop_assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')), "{name}");
            }
            prop_assert!(is_job_id(&attempt(&execution, &gate)));
        }
    }

    #[test]
    fn names_are_readable_and_the_same_each_time() {
        let name = gate_execution(EXECUTION, "prod-one-box", "bake");
        assert!(name.starts_with("prod-one-box-bake-"), "{name}");
        assert_eq!(name, gate_execution(EXECUTION, "prod-one-box", "bake"));
    }

    #[test]
    fn another_execution_gate_or_release_gives_another_name() {
        let other = "arn:aws:states:us-east-1:111122223333:execution:stage-checks:two";
        assert_ne!(
            gate_execution(EXECUTION, "p", "a"),
            gate_execution(other, "p", "a")
        );
        assert_ne!(
            gate_execution(EXECUTION, "p", "a.b"),
            gate_execution(EXECUTION, "p", "a@b")
        );
        assert_ne!(attempt(EXECUTION, "a"), attempt(EXECUTION, "b"));
        assert_ne!(
            rollback_order("a", "bc", "d"),
            rollback_order("ab", "c", "d")
        );
        assert_ne!(
            stop_mark("a", "b", "c", EXECUTION),
            stop_mark("a", "b", "c", other)
        );
    }
}
