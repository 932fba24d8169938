//! The Lambda function that tells people: wiring.

use std::process::ExitCode;

fn main() -> ExitCode {
    sluice_host::run_notify()
}
