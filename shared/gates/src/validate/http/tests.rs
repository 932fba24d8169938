//! The engine against a real server on loopback, and, where time is the
//! matter, against a simulated one on virtual time.

mod addresses;
mod expectations;
mod secrets;
mod server;
mod steps;
mod time;

use sluice_aws::Outside;
use sluice_core::plan::{GateSettings, Plan};
use sluice_core::settings::Validate;
use sluice_core::validate::{TestResult, TestState};

use super::{Run, run};
use crate::validate::Variables;
use server::Server;

/// Settings by the lines below `validate:`.
#[track_caller]
fn settings(lines: &str) -> Validate {
    let indented: String = lines
        .lines()
        .map(|line| format!("          {line}\n"))
        .collect();
    let text = format!("service: a\nstages:\n  prod:\n    gates:\n      - validate:\n{indented}");
    let plan = Plan::read_yaml(&text).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    match plan.stages[0].gates[0].settings.clone() {
        GateSettings::Validate(validate) => validate,
        other => panic!("{other:?}"),
    }
}

fn run_of(settings: &Validate, outside: Outside) -> Run {
    Run {
        outside,
        variables: Variables::of(settings),
        at_once: settings.at_once(),
        at_most: std::time::Duration::from_secs(3600),
        goes_on: false,
        now: jiff::Timestamp::now(),
    }
}

/// What one test gives, written as what stands behind `- ` under `http:`.
async fn outcome(server: &Server, test: &str) -> TestResult {
    let test = test.replace("BASE", &server.base());
    let lines = format!("allow_addresses: [127.0.0.1, \"::1\"]\nhttp:\n  - {test}");
    let settings = settings(&lines);
    let roots: Vec<Vec<u8>> = server.root.iter().cloned().collect();
    let outside = Outside::network(settings.addresses(), &roots);
    let run_of = run_of(&settings, outside);
    let mut results = run(&settings, &[], &run_of, &|_| ()).await;
    assert_eq!(results.len(), 1);
    let mut result = results.remove(0);
    for text in result
        .unmet
        .iter_mut()
        .flat_map(|unmet| [&mut unmet.what, &mut unmet.got, &mut unmet.wanted])
    {
        *text = text.replace(&server.base(), "BASE");
    }
    result.detail = result
        .detail
        .map(|text| text.replace(&server.base(), "BASE"));
    result
}

/// The test passes.
async fn passes(server: &Server, test: &str) {
    let result = outcome(server, test).await;
    assert_eq!(result.state, TestState::Passed, "{test}: {result:?}");
}

/// The test fails, with this message behind the request.
async fn fails(server: &Server, test: &str, expected: &str) {
    let result = outcome(server, test).await;
    let detail = result.said();
    assert_eq!(result.state, TestState::Failed, "{test}: {detail}");
    let (_, behind) = detail.split_once(": ").unwrap();
    assert_eq!(behind, expected, "{test}");
}

/// Nothing can be told of the test, for this reason behind the request.
async fn is_unknown(server: &Server, test: &str, expected: &str) {
    let result = outcome(server, test).await;
    let detail = result.said();
    assert_eq!(result.state, TestState::Unknown, "{test}: {detail}");
    assert!(detail.contains(expected), "{test}: {detail}");
}
