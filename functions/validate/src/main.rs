//! The Lambda function for the gate that runs tests: wiring.

use std::process::ExitCode;

use sluice_gates::ValidateGate;

fn main() -> ExitCode {
    let gate = ValidateGate::new(sluice_host::claims_table());
    sluice_host::run(vec![Box::new(gate)])
}
