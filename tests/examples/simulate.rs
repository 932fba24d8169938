//! Runs the seeds from the first argument to the second, and says what came of
//! them: `make soak`.

#![allow(clippy::print_stdout, reason = "it is a command")]

use std::process::ExitCode;

use sluice::faults::Batch;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let (Some(Ok(from)), Some(Ok(to))) = (numbers.next(), numbers.next()) else {
        println!("usage: simulate FROM TO");
        return ExitCode::from(64);
    };
    let batch = Batch::of_seeds(from..to + 1);
    println!("{batch}");
    let never = batch.never_occurred();
    if never.is_empty() && batch.broken.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("never occurred: {never:?}");
    ExitCode::FAILURE
}
