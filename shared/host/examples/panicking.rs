//! A function whose gate panics, for the test that a binary answers all the
//! same: unwinding is a setting of the build.

use std::process::ExitCode;

use serde_json::Value;
use sluice_aws::Aws;
use sluice_core::GateError;
use sluice_gates::{Ask, Gate, Look};

struct PanickingGate;

impl Gate for PanickingGate {
    const KIND: &'static str = "bake";
    const RULE: u32 = 1;
    type Begun = Value;
    type Memory = Value;

    async fn begin(&self, _: &Ask, _: &Aws) -> Result<Value, GateError> {
        panic!("panicked on purpose");
    }

    async fn look(&self, _: &Ask, _: &Value, _: Value, _: &Aws) -> Result<Look, GateError> {
        panic!("panicked on purpose");
    }
}

fn main() -> ExitCode {
    sluice_host::run(vec![Box::new(PanickingGate)])
}
