//! The Lambda function for the gate that compares two versions: wiring.

use std::process::ExitCode;

use sluice_gates::CanaryGate;

fn main() -> ExitCode {
    sluice_host::run(vec![Box::new(CanaryGate)])
}
