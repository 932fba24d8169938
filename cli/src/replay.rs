//! `sluice replay`: a verdict computed again from its evidence.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use sluice_core::evidence::Evidence;
use sluice_core::replay::{Finding, Unplayable};
use sluice_gates::finding;

use crate::{evidence_file, exit, pages};

/// Compute a verdict again from its evidence, and say whether it agrees
///
/// Ends with the verdict's exit code where it agrees. Where it differs, was
/// changed, is of another rule or holds too little, it ends with 3.
#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// Evidence, as it is in the bucket or in a function's log; `-` for
    /// standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write a page about it here; a folder where there is more evidence than
    /// one piece
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print what was seen as well
    #[arg(long, short)]
    verbose: bool,
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &ReplayArguments) -> io::Result<u8> {
    let mut found = Vec::new();
    let mut worst = exit::PASS;
    for file in &arguments.files {
        match evidence_file::load(file) {
            Ok(more) => found.extend(more),
            Err(message) => {
                writeln!(anstream::stderr(), "{message}")?;
                worst = exit::GATE_ERROR;
            }
        }
    }
    for evidence in &found {
        let code = one(evidence, arguments.verbose)?;
        if exit::severity(code) > exit::severity(worst) {
            worst = code;
        }
    }
    if let Some(path) = &arguments.html
        && let Err(message) = pages::write(path, &found)
    {
        writeln!(anstream::stderr(), "{message}")?;
        worst = exit::GATE_ERROR;
    }
    Ok(worst)
}

/// What replaying one piece of evidence says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// For people.
    pub text: String,
    /// The exit code that follows.
    pub code: u8,
}

/// Computes one verdict again.
pub fn replayed(evidence: &Evidence) -> Replayed {
    match finding(evidence) {
        Ok(Finding::Agrees) => Replayed {
            text: "agrees".to_owned(),
            code: evidence.verdict.map_or(exit::GATE_ERROR, exit::of),
        },
        Ok(Finding::Differs { recorded, computed }) => Replayed {
            text: format!("differs: recorded {recorded}; computed {computed}"),
            code: exit::GATE_ERROR,
        },
        Err(why @ Unplayable::GateError(_)) => Replayed {
            text: why.to_string(),
            code: exit::GATE_ERROR,
        },
        Err(why) => Replayed {
            text: format!("cannot be computed again: {why}"),
            code: exit::GATE_ERROR,
        },
    }
}

fn one(evidence: &Evidence, verbose: bool) -> io::Result<u8> {
    let mut out = anstream::stdout();
    let text = sluice_report::text(evidence);
    // Its first lines are verdict and reason.
    let lines = if verbose { usize::MAX } else { 2 };
    for line in text.lines().take(lines) {
        writeln!(out, "{line}")?;
    }
    let replayed = replayed(evidence);
    writeln!(out, "  {}", replayed.text)?;
    Ok(replayed.code)
}
