//! What each function asks of AWS, recorded from scenarios in which the
//! template's policies hold: a call that they do not allow is refused.
//!
//! `calls.json` beside this is what was recorded; `policies.json` is what the
//! template allows, as `tests/infra` resolves it for the names of this world.
//! There the two are compared, both ways. `SLUICE_SNAPSHOTS=write` writes the
//! recorded calls anew.

mod custom_actions;
mod more;
mod recorder;
mod refused;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use sluice_core::plan::Plan;
use sluice_world::rights::guarding;

use crate::semantics::as_hook::{by_hooks, can_be_asked};
use crate::semantics::as_task::by_tasks;
use crate::semantics::{cases, run, surprising};
use crate::{hooks, input, notices, overrides, plans, tasks};
use recorder::{Recorder, Used};

/// What functions ask for and do not have, on purpose; the template's own
/// tests have the reasons.
const NOT_GIVEN: [(&str, &str); 2] = [
    ("checks", "s3:ListBucket"),
    ("notify", "secretsmanager:GetSecretValue"),
];

fn path(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/permissions");
    PathBuf::from(folder).join(name)
}

/// The scenarios of the functions that serve no gate.
fn scenarios() -> impl Iterator<Item = &'static fn()> {
    let all = [
        tasks::checks::SCENARIOS,
        plans::resolving::SCENARIOS,
        overrides::given::SCENARIOS,
        hooks::codedeploy::SCENARIOS,
        notices::named::SCENARIOS,
        notices::as_action::SCENARIOS,
        input::reaped::SCENARIOS,
        custom_actions::SCENARIOS,
    ];
    all.into_iter().flatten()
}

/// Every row of the table of semantics, asked by a Lambda action, by a state
/// machine and by a hook. What comes out has to be what it is without policies.
fn rows() -> Vec<String> {
    let mut surprises = Vec::new();
    for case in cases::GROUPS.iter().flat_map(|group| group.cases) {
        surprises.extend(surprising(case, run::run_anew(case)));
        let Ok(plan) = Plan::read_yaml(&run::plan(case)) else {
            continue;
        };
        by_tasks(case);
        if can_be_asked(&plan) {
            by_hooks(case, plan);
        }
    }
    surprises
}

/// One right a line, so that a change shows as one.
fn written(lines: &BTreeSet<String>) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("  {line}")).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

#[test]
fn functions_make_the_calls_that_are_written_down_and_their_policies_allow_them() {
    let is_written = std::env::var_os("SLUICE_SNAPSHOTS").is_some_and(|own| own == "write");
    let recorder = Recorder::new(!is_written);
    let surprises = guarding(recorder.guard(), || {
        for scenario in scenarios() {
            scenario();
        }
        for case in &more::CASES {
            run::run_anew(case);
        }
        rows()
    });
    let now: BTreeSet<String> = recorder.calls().iter().map(Used::line).collect();
    if is_written {
        fs::write(path("calls.json"), written(&now)).unwrap();
        return;
    }
    assert_eq!(surprises, Vec::<String>::new());
    let expected = NOT_GIVEN.map(|(function, action)| (function.to_owned(), action.to_owned()));
    assert_eq!(recorder.refused(), BTreeSet::from(expected));
    let before = fs::read_to_string(path("calls.json")).unwrap_or_default();
    let read: Vec<Value> = serde_json::from_str(&before).unwrap();
    let read: BTreeSet<String> = read.iter().map(Value::to_string).collect();
    let new: Vec<&String> = now.difference(&read).collect();
    let gone: Vec<&String> = read.difference(&now).collect();
    assert!(
        before == written(&now),
        "new: {new:#?}\ngone: {gone:#?}\nwrite them down with `make docs`, and look at the difference"
    );
}
