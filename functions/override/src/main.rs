//! The Lambda function that gives waivers: wiring.

use std::process::ExitCode;

fn main() -> ExitCode {
    sluice_host::run_override()
}
