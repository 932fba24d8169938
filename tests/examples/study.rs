//! Writes the table of `docs/study.md`: `make study`. With two numbers it
//! rehearses so many harmless releases and so many of each kind of harm, and
//! prints the table instead.

#![allow(clippy::print_stdout, reason = "it is a command")]
#![allow(clippy::print_stderr, reason = "it is a command")]

#[path = "../study/mod.rs"]
mod study;

use std::process::ExitCode;
use std::time::Instant;

use study::{PAGE, Size};

/// As the page in the repository was written.
const FULL: Size = Size {
    harmless: 500,
    harmful: 200,
};

fn main() -> ExitCode {
    let numbers: Vec<u64> = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse().ok())
        .collect();
    let (size, is_full) = match numbers[..] {
        [harmless, harmful] => (Size { harmless, harmful }, false),
        [] => (FULL, true),
        _ => {
            println!("usage: study [HARMLESS HARMFUL]");
            return ExitCode::from(64);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    #[expect(clippy::disallowed_methods, reason = "how long it took is said")]
    let began = Instant::now();
    let rows = study::study(size, threads, |done, of| {
        if done % 25 == 0 || done == of {
            eprintln!("{done} of {of} releases");
        }
    });
    if !is_full {
        println!("{}", study::page(&rows, size, began.elapsed()));
        return ExitCode::SUCCESS;
    }
    let old = std::fs::read_to_string(PAGE).unwrap_or_default();
    let Some(new) = study::written(&old, &rows, size, began.elapsed()) else {
        println!("{PAGE} has no place for the table");
        return ExitCode::FAILURE;
    };
    match std::fs::write(PAGE, new) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{PAGE}: {error}");
            ExitCode::FAILURE
        }
    }
}
