//! What `sluice check` prints for people. Colours are for terminals: the
//! stream that it is printed to takes them out elsewhere.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use sluice_core::Duration;
use sluice_core::plan::{GateSettings, Plan};
use sluice_core::problems::Severity;
use sluice_core::settings::{
    AlarmRef, Bake, Canary, Clear, Mode, ReleaseCheck, Settle, Test, TestKind, Traffic, Validate,
    WhenUndecided,
};

use super::effort::{Effort, effort};
use super::power::{self, Estimate};
use super::{Checked, told};
use crate::lines::folded;

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const ADVICE: Style = AnsiColor::Cyan.on_default();

const FOOTNOTE: &str = "\
Looks are counted at the densest; CodePipeline may ask less often. Calls are
those of a look while no alarm moves; the first and the last make a few more.
Prices are list prices of us-east-1, before free tiers: $0.01 for a thousand
requests of CloudWatch or metrics read, and Lambda for a second each look.
";

/// Everything about all plans.
pub(super) fn text(checked: &[Checked], quiet: bool) -> String {
    let mut out = String::new();
    for checked in checked {
        one(&mut out, checked, quiet);
    }
    if !quiet && checked.iter().any(|checked| checked.plan.is_some()) {
        let _ = write!(out, "{FAINT}{FOOTNOTE}{FAINT:#}");
        if let Some(estimate) = checked.iter().find_map(|checked| checked.estimates.first()) {
            let _ = write!(out, "{FAINT}{}{FAINT:#}", estimate.2.assumptions());
        }
    }
    out
}

fn one(out: &mut String, checked: &Checked, quiet: bool) {
    let rendered = checked
        .problems
        .render(&checked.file, checked.text.as_deref());
    for line in rendered.lines() {
        problem_line(out, line);
    }
    if quiet || checked.text.is_none() {
        return;
    }
    let count = count(checked);
    match &checked.plan {
        None => {
            let _ = writeln!(
                out,
                "{STRONG}{}{STRONG:#}: {BAD}{count}{BAD:#}",
                checked.file
            );
        }
        Some(plan) => {
            let _ = writeln!(
                out,
                "{STRONG}{}{STRONG:#}: {GOOD}ok{GOOD:#}: service {}, {}, {}{}",
                checked.file,
                plan.service,
                number(plan.stages.len(), "stage"),
                number(plan.stages.iter().map(|s| s.gates.len()).sum(), "gate"),
                if count.is_empty() {
                    String::new()
                } else {
                    format!("; {count}")
                },
            );
            gates(out, checked, plan);
            if let Some(notifications) = &plan.notifications {
                for line in told::lines(notifications) {
                    let _ = writeln!(out, "{}", folded(&line, "  ", "    "));
                }
            }
        }
    }
}

/// A line of what `Problems::render` gives: a headline, a piece of the source,
/// a caret below it, or advice.
fn problem_line(out: &mut String, line: &str) {
    let _ = if let Some(source) = line.strip_prefix("  | ") {
        let style = if source.trim() == "^" { BAD } else { FAINT };
        writeln!(out, "  {FAINT}|{FAINT:#} {style}{source}{style:#}")
    } else if line.starts_with("  ") {
        writeln!(out, "{ADVICE}{line}{ADVICE:#}")
    } else {
        writeln!(out, "{STRONG}{line}{STRONG:#}")
    };
}

/// `2 mistakes, 1 warning`, without what there is none of.
fn count(checked: &Checked) -> String {
    let of = |severity| {
        let list = checked.problems.iter();
        list.filter(|problem| problem.severity == severity).count()
    };
    let counts = [
        (of(Severity::Error), "mistake"),
        (of(Severity::Warning), "warning"),
    ];
    let there_are = counts.into_iter().filter(|(count, _)| *count > 0);
    let texts: Vec<String> = there_are.map(|(count, what)| number(count, what)).collect();
    texts.join(", ")
}

fn number(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

fn gates(out: &mut String, checked: &Checked, plan: &Plan) {
    for stage in &plan.stages {
        for gate in &stage.gates {
            let effort = effort(&gate.settings);
            let (headline, details) = match &gate.settings {
                GateSettings::Bake(bake) => describe_bake(bake, &effort),
                GateSettings::Canary(canary) => describe_canary(canary, &effort),
                GateSettings::Clear(clear) => describe_clear(clear, &effort),
                GateSettings::Validate(validate) => describe_validate(validate),
            };
            let _ = writeln!(
                out,
                "  {STRONG}{}/{}{STRONG:#}: {headline}",
                stage.name, gate.name
            );
            for detail in details {
                let _ = writeln!(out, "{}", folded(&detail, "    ", "      "));
            }
            let _ = writeln!(out, "    {}", price(&effort));
            if let GateSettings::Canary(_) = gate.settings {
                power(out, checked.estimate(&stage.name, &gate.name));
            }
            if gate.settings.mode() == Mode::WatchOnly {
                let _ = writeln!(out, "    only watches: it stops no release");
            }
            if gate.settings.release_check() == ReleaseCheck::Off {
                let _ = writeln!(out, "    judges a replaced or stopped release all the same");
            }
        }
    }
}

/// `costs about $0.0017 a release until it can pass, about $0.006 until 4h`
fn price(effort: &Effort) -> String {
    let (pass, end) = (effort.passes_after, effort.at_most);
    let until_end = effort.price_until(end);
    if end <= pass || pass == Duration::ZERO {
        format!("costs {until_end} a release")
    } else {
        let until_pass = effort.price_until(pass);
        format!("costs {until_pass} a release until it can pass, {until_end} until {end}")
    }
}

/// How long a pass will take, where it was asked.
fn power(out: &mut String, estimate: Option<&Estimate>) {
    let Some(estimate) = estimate else {
        let _ = writeln!(out, "    {}", power::HOW_TO_ASK);
        return;
    };
    for line in estimate.lines() {
        let _ = writeln!(out, "    {line}");
    }
}

fn describe_bake(bake: &Bake, effort: &Effort) -> (String, Vec<String>) {
    let (settle, more_than) = match bake.settle {
        Settle::For(length) if length.as_seconds() == 0 => (String::new(), ""),
        Settle::For(length) => (format!(" + {length} to settle"), ""),
        Settle::Auto => (" + time to settle".to_owned(), "more than "),
    };
    let headline = format!("{} for {}{settle}", alarms(&bake.alarms), bake.bake_for);
    let traffic = match &bake.traffic {
        Traffic::Measured(measured) => format!(
            "traffic: at least {} of {} in the whole bake",
            measured.at_least,
            printable(&measured.metric.name)
        ),
        Traffic::NotMeasured(_) => "traffic: not measured, OK may mean that nobody came".to_owned(),
    };
    let Effort {
        passes_after,
        at_most,
        pace,
        ..
    } = effort;
    let details = vec![
        traffic,
        format!(
            "can pass {more_than}{passes_after} after its first look; ends undecided after {at_most}"
        ),
        format!(
            "looks every {pace}: {} until it can pass, {} until {at_most}; {} AWS calls each",
            effort.looks_until(*passes_after),
            effort.looks_until(*at_most),
            effort.calls_each()
        ),
    ];
    (headline, details)
}

fn describe_canary(canary: &Canary, effort: &Effort) -> (String, Vec<String>) {
    let deciding = canary.metrics.iter();
    let deciding = deciding.filter(|metric| metric.is_gating()).count();
    let headline = format!(
        "{} of old and new version compared for at most {}",
        number(deciding, "metric"),
        canary.horizon()
    );
    let Effort {
        passes_after,
        at_most,
        pace,
        ..
    } = effort;
    let mut details = super::groups::lines(canary);
    details.extend([
        format!("can pass {passes_after} after its first look; ends undecided after {at_most}"),
        format!(
            "looks every {pace}: {} until it can pass, {} until {at_most}",
            effort.looks_until(*passes_after),
            effort.looks_until(*at_most)
        ),
        format!(
            "each look makes {} AWS calls and reads {} metrics",
            effort.calls_each(),
            effort.metrics_each
        ),
    ]);
    let watched = canary.metrics.len() - deciding;
    if watched > 0 {
        details.push(format!("only watches {}", number(watched, "other metric")));
    }
    if let (WhenUndecided::Accept, Some(times)) = (canary.when_undecided, canary.accept_at_most) {
        details.push(format!(
            "undecided, it lets a release go on that is less than {times} worse for sure"
        ));
    }
    (headline, details)
}

fn describe_clear(clear: &Clear, effort: &Effort) -> (String, Vec<String>) {
    let headline = format!("{} OK for {}", alarms(&clear.alarms), clear.quiet());
    let calls = effort.calls_each();
    let details = match clear.within {
        None => vec!["answers at its first look".to_owned()],
        Some(within) => vec![
            format!("can pass at its first look; ends without a pass after {within}"),
            format!(
                "looks every {}: {} until {within}; {calls} AWS calls each",
                effort.pace,
                effort.looks_until(within)
            ),
        ],
    };
    (headline, details)
}

fn describe_validate(validate: &Validate) -> (String, Vec<String>) {
    let tests = validate.tests();
    let headline = format!(
        "{}, {} at once",
        number(tests.len(), "test"),
        validate.at_once()
    );
    let mut details: Vec<String> = tests.iter().map(describe_test).collect();
    details.push(format!("ends after {} at most", validate.at_most()));
    (headline, details)
}

fn describe_test(test: &Test<'_>) -> String {
    let what = match test.kind {
        TestKind::Http(http) => {
            let requests: u32 = http.steps.iter().map(|s| s.repeat.unwrap_or(1)).sum();
            number(usize::try_from(requests).unwrap_or(usize::MAX), "request")
        }
        TestKind::Lambda(test) => format!("invokes {}", printable(&test.function)),
        TestKind::CodeBuild(test) => format!("builds {}", printable(&test.project)),
        TestKind::StateMachine(test) => format!("runs {}", printable(&test.machine)),
        TestKind::Synthetics(test) => format!(
            "{} of canary {}",
            number(usize::try_from(test.runs()).unwrap_or(usize::MAX), "run"),
            printable(&test.canary)
        ),
    };
    let decides = if test.required { "" } else { "; only reported" };
    format!("{}: {what}, at most {}{decides}", test.name, test.at_most)
}

/// `3 alarms and all that begin with checkout-`
fn alarms(alarms: &[AlarmRef]) -> String {
    let mut prefixes = Vec::new();
    for alarm in alarms {
        if let AlarmRef::Prefix(prefix) = alarm {
            prefixes.push(printable(&prefix.prefix));
        }
    }
    let named = alarms.len() - prefixes.len();
    let mut parts = Vec::new();
    if named > 0 {
        parts.push(number(named, "alarm"));
    }
    if !prefixes.is_empty() {
        parts.push(format!("all that begin with {}", prefixes.join(" or ")));
    }
    parts.join(" and ")
}

/// A text of the plan without what could steer a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}
