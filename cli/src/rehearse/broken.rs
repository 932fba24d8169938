//! `sluice rehearse --faults`: a release that is broken on purpose, with its
//! timeline, and what it broke that must hold.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::{RehearseArguments, show};
use crate::exit;
use crate::faults::{Case, run as run_case, with_faults_over};
use crate::rehearsal::Line;

/// Runs the command, and gives its exit code: 0 where nothing is broken.
pub(super) fn run(arguments: &RehearseArguments) -> io::Result<u8> {
    let case = match case(arguments) {
        Ok(case) => case,
        Err(message) => return refuse(&message),
    };
    let (begin, heading) = match case.read() {
        Ok((_, scenario)) => (scenario.begin, case.told()),
        Err(message) => return refuse(&message),
    };
    let mut out = anstream::stdout();
    if !arguments.quiet {
        writeln!(out, "{heading}")?;
    }
    let filter = Mutex::new(show::Filter::new(arguments.verbose));
    let quiet = arguments.quiet;
    let on_line = move |line: &Line| {
        let shows = || filter.lock().expect("printing does not panic").shows(line);
        if !quiet && shows() {
            // Whether all could be printed shows at the end.
            let _ = show::line(&mut anstream::stdout(), line, begin);
        }
    };
    let ran = match run_case(&case, Arc::new(on_line)) {
        Ok(ran) => ran,
        Err(message) => return refuse(&message),
    };
    writeln!(out, "\nthe gate: {} after {} looks", ran.outcome, ran.looks)?;
    for (kind, times) in &ran.occurred {
        writeln!(out, "  {times:>4}  {kind:?}")?;
    }
    if ran.broken.is_empty() {
        writeln!(out, "nothing is broken that must hold")?;
        return Ok(exit::PASS);
    }
    for text in &ran.broken {
        writeln!(out, "BROKEN: {text}")?;
    }
    Ok(exit::FAIL)
}

/// Drawn from the seed; of plan and scenario where they are given.
fn case(arguments: &RehearseArguments) -> Result<Case, String> {
    let seed = arguments.seed.unwrap_or(1);
    let (Some(plan), Some(scenario)) = (&arguments.plan, &arguments.scenario) else {
        return Ok(Case::draw(seed));
    };
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path);
        text.map_err(|error| format!("cannot read `{}`: {error}", path.display()))
    };
    Ok(with_faults_over(seed, read(plan)?, read(scenario)?))
}

fn refuse(message: &str) -> io::Result<u8> {
    writeln!(anstream::stderr(), "error: {}", message.trim_end())?;
    Ok(exit::GATE_ERROR)
}
