//! What each condition gives: one case a row of `docs/semantics.md`, each run
//! as a whole release through CodePipeline, host, tokens and gate in a
//! simulated AWS.
//!
//! `cases` declares them as data, `run` runs one, `render` writes the page.
//! A case is a test of its own; one more holds the page to what came out.

#[cfg(test)]
mod as_action;
#[cfg(test)]
pub(crate) mod as_hook;
#[cfg(test)]
pub(crate) mod as_task;
#[cfg(test)]
mod canaries;
#[cfg(test)]
mod canary_pages;
pub(crate) mod cases;
#[cfg(test)]
mod pages;
mod render;
#[cfg(test)]
mod replayed;
pub(crate) mod run;
#[cfg(test)]
mod waived;

pub(crate) use render::page;

/// The page, from this crate's folder.
pub(crate) const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/semantics.md");

/// Cases about one thing.
pub(crate) struct Group {
    /// The heading on the page.
    pub(crate) heading: &'static str,
    /// The paragraph under it.
    pub(crate) prose: &'static str,
    /// The rows.
    pub(crate) cases: &'static [Case],
}

/// One condition and what it gives. All times count from the first look at
/// `prod`, the end of the deployment, three minutes after the release began.
pub(crate) struct Case {
    /// A sentence, as the name of a test.
    pub(crate) name: &'static str,
    /// The kind of gate.
    pub(crate) gate: &'static str,
    /// The stage that the gate is in.
    pub(crate) stage: &'static str,
    /// `for`; nothing where the gate has none.
    pub(crate) bake_for: &'static str,
    /// The plan's list of alarms.
    pub(crate) alarms: &'static str,
    /// `insufficient_data`.
    pub(crate) gaps: &'static str,
    /// What the plan asks of traffic, and what comes.
    pub(crate) traffic: Traffic,
    /// The other settings, as in the plan.
    pub(crate) settings: &'static str,
    /// What stands beside the stage's gates in the plan.
    pub(crate) policies: &'static str,
    /// The states of the alarm `errors`; none if the case has other alarms.
    pub(crate) errors: &'static [(&'static str, &'static str)],
    /// What else is true of that alarm, as in a scenario.
    pub(crate) errors_also: &'static str,
    /// Other alarms, as in a scenario, one a line.
    pub(crate) others: &'static [&'static str],
    /// Other metrics, as in a scenario, one a line.
    pub(crate) metrics: &'static [&'static str],
    /// Aliases of functions, as in a scenario, one a line.
    pub(crate) aliases: &'static [&'static str],
    /// What tests of a release start and reach, as in a scenario, one a line.
    pub(crate) tested: &'static [&'static str],
    /// How often it is looked at.
    pub(crate) look_every: &'static str,
    /// What else is true of the pipeline, as in a scenario.
    pub(crate) pipeline: &'static str,
    /// The refusals, as in a scenario.
    pub(crate) refusals: &'static [&'static str],
    /// What no scenario can say about the world.
    pub(crate) prepare: Option<fn(&sluice_world::World)>,
    /// The stage has a second deploy action, after the first.
    pub(crate) deployed_in_two_steps: bool,
    /// The gate is in the stage after that of its deployment.
    pub(crate) deployed_a_stage_earlier: bool,
    /// Column: the state before the bake.
    pub(crate) before: &'static str,
    /// Column: what happens then.
    pub(crate) happens: &'static str,
    /// Column: what the history says.
    pub(crate) history: &'static str,
    /// Verdict (or `gate error`, or `no answer`), reason, outcome.
    pub(crate) expected: (&'static str, &'static str, &'static str),
    /// How long after the first look.
    pub(crate) after: &'static str,
}

/// What the plan asks of traffic, and what comes.
pub(crate) enum Traffic {
    /// `traffic: not_measured`.
    NotMeasured,
    /// `traffic: { metric, at_least }`.
    Measured {
        /// The requests that are required.
        at_least: u32,
        /// The layers of the metric, as in a scenario.
        values: &'static str,
        /// The same for people.
        text: &'static str,
    },
    /// The gate does not ask.
    None,
}

/// Ten requests a minute, which is enough.
pub(crate) const BUSY: Traffic = Traffic::Measured {
    at_least: 100,
    values: "constant: 10",
    text: "enough",
};

/// Nobody comes.
pub(crate) const NOBODY: Traffic = Traffic::Measured {
    at_least: 100,
    values: "constant: 0, gap: { at: -3h, for: 48h }",
    text: "none",
};

/// The gate of most cases: half an hour, one alarm that was OK for hours,
/// traffic, a look every five minutes.
pub(crate) const BAKE: Case = Case {
    name: "",
    gate: "bake",
    stage: "prod",
    bake_for: "30m",
    alarms: "[errors]",
    gaps: "wait",
    traffic: BUSY,
    settings: "",
    policies: "",
    errors: &[("-2h", "OK")],
    errors_also: "",
    others: &[],
    metrics: &[],
    aliases: &[],
    tested: &[],
    look_every: "5m",
    pipeline: "",
    refusals: &[],
    prepare: None,
    deployed_in_two_steps: false,
    deployed_a_stage_earlier: false,
    before: "OK",
    happens: "stays OK",
    history: "whole",
    expected: ("", "", ""),
    after: "",
};

/// The gate `clear`, before the deployment: here times count from the
/// beginning of the release.
pub(crate) const CLEAR: Case = Case {
    gate: "clear",
    bake_for: "",
    gaps: "",
    traffic: Traffic::None,
    history: "not read",
    ..BAKE
};

/// The gate `canary`: errors of requests of an old and a new version.
pub(crate) const CANARY: Case = Case {
    gate: "canary",
    bake_for: "",
    alarms: "",
    gaps: "",
    traffic: Traffic::None,
    errors: &[],
    history: "not read",
    before: "",
    ..BAKE
};

/// The gate `validate`, looked at every minute.
pub(crate) const VALIDATE: Case = Case {
    gate: "validate",
    look_every: "1m",
    ..CANARY
};

/// Declares a group: its rows, and a test for each.
macro_rules! group {
    (
        $heading:literal, $prose:literal;
        $( $name:ident: $base:ident { $( $field:ident: $value:expr ),* $(,)? } )*
    ) => {
        /// The rows.
        pub(crate) const GROUP: crate::semantics::Group = crate::semantics::Group {
            heading: $heading,
            prose: $prose,
            cases: &[ $( crate::semantics::Case {
                name: stringify!($name),
                $( $field: $value, )*
                ..$base
            } ),* ],
        };
        $(
            #[test]
            fn $name() {
                crate::semantics::check(&GROUP, stringify!($name));
            }
        )*
    };
}
use group;

#[cfg(test)]
#[track_caller]
fn check(group: &Group, name: &str) {
    let case = group.cases.iter().find(|case| case.name == name);
    let case = case.expect("each test is of a row");
    if let Some(surprise) = surprise(case) {
        panic!("{surprise}");
    }
}

/// What a case gives that was not expected of it.
fn surprise(case: &Case) -> Option<String> {
    surprising(case, run::run(case))
}

/// The same of what it gave.
pub(crate) fn surprising(case: &Case, gave: run::Gave) -> Option<String> {
    let (verdict, reason, outcome) = case.expected;
    let expected = format!("{verdict}, {reason}, {outcome} after {}", case.after);
    let given = format!(
        "{}, {}, {} after {}",
        gave.verdict, gave.reason, gave.outcome, gave.after
    );
    (given != expected).then(|| {
        let (name, message) = (case.name, gave.message);
        format!("{name}\n  gave:     {given}\n  expected: {expected}\n  {message}")
    })
}

/// All that was not expected.
pub(crate) fn surprises() -> Vec<String> {
    let cases = cases::GROUPS.iter().flat_map(|group| group.cases);
    cases.filter_map(surprise).collect()
}

#[test]
fn the_page_says_what_came_out() {
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        written == page(),
        "{:#?}\ndocs/semantics.md is not what the cases give: run `make docs` (cargo run -p sluice-tests --example \
         write_semantics), then look at the difference",
        surprises()
    );
}

#[test]
fn the_page_has_at_least_sixty_rows_and_none_twice() {
    let mut names: Vec<&str> = cases::GROUPS
        .iter()
        .flat_map(|group| group.cases)
        .map(|case| case.name)
        .collect();
    let count = names.len();
    assert!(count >= 60, "{count} rows");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
