//! The Lambda function that takes jobs of custom actions: wiring.

use std::process::ExitCode;

fn main() -> ExitCode {
    sluice_host::run_worker()
}
