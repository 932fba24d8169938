//! Writes the page from the cases and what they gave.

use super::cases::GROUPS;
use super::run::run;
use super::{Case, Traffic};

const BEGIN: &str = "# What each condition gives

Each row is a test: a whole release through CodePipeline, host, token and gate in the simulated AWS of
`shared/world`. The columns on the right are what came out; the page is written by `make docs`, and a test
fails where it is not what the cases give.

Unless a row says otherwise the gate is `bake` with `for: 30m`, one alarm that looks at one minute (so the last
read comes after 30m and 4m of settling), and a look every five minutes. Times count from the first look, which
comes as the deployment ends. *Too little data* is the setting `insufficient_data`. `n/a` in *Traffic*: the plan
says `traffic: not_measured`. *Reason* is the fixed word in the evidence, with the time from the first look to
the answer. *Outcome* is what CodePipeline was told.
";

const COLUMNS: [&str; 9] = [
    "Before",
    "What happens",
    "History",
    "Too little data",
    "Traffic",
    "Settings",
    "Verdict",
    "Reason",
    "Outcome",
];

/// The whole page.
pub(crate) fn page() -> String {
    let mut page = BEGIN.to_owned();
    for group in GROUPS {
        page.push_str(&format!("\n## {}\n\n{}\n\n", group.heading, group.prose));
        page.push_str(&line(&COLUMNS.map(str::to_owned)));
        page.push_str(&line(&COLUMNS.map(|_| "---".to_owned())));
        for case in group.cases {
            page.push_str(&row(case));
        }
    }
    page
}

fn row(case: &Case) -> String {
    let gave = run(case);
    let traffic = match case.traffic {
        Traffic::NotMeasured => "n/a",
        Traffic::Measured { text, .. } => text,
        Traffic::None => "",
    };
    line(&[
        case.before.to_owned(),
        case.happens.to_owned(),
        case.history.to_owned(),
        case.gaps.to_owned(),
        traffic.to_owned(),
        settings(case),
        if gave.verdict == "no answer" || gave.verdict == "gate error" {
            format!("*{}*", gave.verdict)
        } else {
            gave.verdict
        },
        format!("`{}` after {}", gave.reason, gave.after),
        gave.outcome,
    ])
}

/// What differs from the gate that most rows have.
fn settings(case: &Case) -> String {
    let mut parts = Vec::new();
    if !case.bake_for.is_empty() && case.bake_for != super::BAKE.bake_for {
        parts.push(format!("`for: {}`", case.bake_for));
    }
    if case.alarms != super::BAKE.alarms && !case.alarms.is_empty() {
        parts.push(format!("`alarms: {}`", case.alarms));
    }
    for text in [case.settings, case.policies] {
        if !text.is_empty() {
            parts.push(format!("`{text}`"));
        }
    }
    if case.look_every != super::BAKE.look_every && case.gate != "validate" {
        parts.push(format!("a look every {}", case.look_every));
    }
    parts.join(", ")
}

fn line(cells: &[String; 9]) -> String {
    let cells = cells.each_ref().map(|cell| cell.replace('|', "\\|"));
    format!("| {} |\n", cells.join(" | "))
}
