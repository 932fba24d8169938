//! The Lambda function that answers for functions that died: wiring.

use std::process::ExitCode;

fn main() -> ExitCode {
    sluice_host::run_reaper()
}
