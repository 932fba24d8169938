//! The command `sluice`: wiring.

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
enum Command {
    Rehearse(sluice::rehearse::RehearseArguments),
}

fn main() -> ExitCode {
    let Command::Rehearse(arguments) = Command::parse();
    match sluice::rehearse::run(&arguments) {
        Ok(code) => ExitCode::from(code),
        Err(_) => ExitCode::from(sluice::exit::GATE_ERROR),
    }
}
