//! The Lambda function that resolves what holds for a release: wiring.

use std::process::ExitCode;

fn main() -> ExitCode {
    sluice_host::run_plan()
}
