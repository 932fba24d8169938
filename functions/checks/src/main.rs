//! The Lambda function that has a stage's gates run by a state machine, for a
//! Lambda action: wiring.

use std::process::ExitCode;

fn main() -> ExitCode {
    sluice_host::run_checks()
}
