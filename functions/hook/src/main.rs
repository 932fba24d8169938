//! The Lambda function that hooks of CodeDeploy call: wiring.

use std::process::ExitCode;

fn main() -> ExitCode {
    sluice_host::run_hook()
}
