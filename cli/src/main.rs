//! The command `sluice`: wiring.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(sluice::command::run(std::env::args_os()))
}
