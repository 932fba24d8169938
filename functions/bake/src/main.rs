//! The Lambda function for the gates that read alarms: wiring.

use std::process::ExitCode;

use sluice_gates::{BakeGate, ClearGate};

fn main() -> ExitCode {
    sluice_host::run(vec![Box::new(BakeGate), Box::new(ClearGate)])
}
