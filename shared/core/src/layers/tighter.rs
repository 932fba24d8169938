//! The one table of which way is tighter, for each setting.
//!
//! Whatever is not in it counts as a loosening when it differs: an unknown
//! change is not an allowed one. `docs/plans.md` shows the same table.

use serde_json::Value as Json;

use crate::Duration;

/// What a block of settings is: a kind of gate, or a stage's own fields.
pub const STAGE: &str = "stage";

/// A setting, and which of its changes are tighter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// `bake`, `canary`, `clear`, `validate`, or [`STAGE`].
    pub block: &'static str,
    /// The setting: `traffic.at_least`; items of lists are `[]`.
    pub setting: &'static str,
    /// Which of its changes are tighter.
    pub rule: Rule,
}

/// Which changes of a setting are tighter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// A longer time.
    Longer(Unset),
    /// A shorter time.
    Shorter(Unset),
    /// A greater number; one that nobody gave may be given.
    More,
    /// A smaller number, where there was one.
    Less,
    /// A word further back in this list, the first one of which is the
    /// loosest; the other word is what holds where nobody wrote one.
    Words(&'static [&'static str], &'static str),
    /// Nothing but what holds anyway.
    Fixed(&'static str),
    /// `true` or `false`; the other is what holds where nobody wrote one.
    Flag(bool, bool),
    /// Items may be added.
    Adds,
    /// It may be given where nobody gave it, or one of these others.
    Completes(&'static [&'static str]),
    /// From `not_measured` to a metric.
    Measured,
    /// From `no` to anything else.
    RollBack,
}

/// What a length of time is where nobody wrote it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unset {
    /// It has to be given, so whoever gives it first completes the gate.
    Completes,
    /// So many seconds.
    Seconds(u32),
    /// `for`, times the first and divided by the second, at least the third.
    OfFor(u32, u32, u32),
    /// What it comes to depends on other settings, so nothing is tighter.
    Depends,
}

const MODE: Rule = Rule::Words(&["watch_only", "enforce"], "enforce");
const RELEASE_CHECK: Rule = Rule::Words(&["off", "on"], "on");

const fn row(block: &'static str, setting: &'static str, rule: Rule) -> Row {
    Row {
        block,
        setting,
        rule,
    }
}

/// The table.
const TABLE: &[Row] = &[
    row("bake", "alarms[]", Rule::Adds),
    row("bake", "for", Rule::Longer(Unset::Completes)),
    row("bake", "at_most", Rule::Shorter(Unset::OfFor(4, 1, 0))),
    row("bake", "traffic", Rule::Measured),
    row("bake", "traffic.metric", Rule::Completes(&[])),
    row("bake", "traffic.metric.stat", Rule::Fixed("Sum")),
    row("bake", "traffic.at_least", Rule::More),
    row("bake", "quiet_for", Rule::Shorter(Unset::OfFor(1, 4, 0))),
    row(
        "bake",
        "already_in_alarm",
        Rule::Words(&["ignore", "wait", "fail"], "fail"),
    ),
    row(
        "bake",
        "recovered",
        Rule::Words(&["accept", "fail"], "fail"),
    ),
    row("bake", "quiet_after", Rule::Longer(Unset::OfFor(1, 2, 600))),
    row(
        "bake",
        "insufficient_data",
        Rule::Words(&["accept", "wait", "fail"], "wait"),
    ),
    row("bake", "settle", Rule::Fixed("auto")),
    row(
        "bake",
        "since",
        Rule::Words(&["gate", "deployment"], "deployment"),
    ),
    row("bake", "deployed_by[]", Rule::Adds),
    row(
        "bake",
        "on_rollback",
        Rule::Words(&["watch", "wait", "full"], "wait"),
    ),
    row("bake", "recover_within", Rule::Shorter(Unset::Seconds(900))),
    row("bake", "release_check", RELEASE_CHECK),
    row("bake", "mode", MODE),
    row(
        "canary",
        "groups",
        Rule::Completes(&["preset", "before_after"]),
    ),
    row(
        "canary",
        "preset",
        Rule::Completes(&["groups", "before_after", "metrics", "namespace"]),
    ),
    row(
        "canary",
        "before_after",
        Rule::Completes(&["groups", "preset"]),
    ),
    row("canary", "namespace", Rule::Completes(&["preset"])),
    row("canary", "metrics[]", Rule::Adds),
    row("canary", "metrics[].tolerance", Rule::Less),
    row("canary", "metrics[].floor", Rule::Less),
    row("canary", "metrics[].worse", Rule::Fixed("higher")),
    row("canary", "metrics[].gating", Rule::Flag(true, true)),
    row(
        "canary",
        "metrics[].must_have_data",
        Rule::Flag(true, false),
    ),
    row("canary", "kayenta", Rule::Completes(&["metrics", "preset"])),
    row("canary", "traffic", Rule::Completes(&[])),
    row("canary", "at_least", Rule::Longer(Unset::Depends)),
    row("canary", "at_most", Rule::Shorter(Unset::Depends)),
    row(
        "canary",
        "when_undecided",
        Rule::Words(&["accept", "hold"], "hold"),
    ),
    row("canary", "accept_at_most", Rule::Less),
    row("canary", "deployed_by[]", Rule::Adds),
    // `watch` judges where `wait` does not, and both let a rollback go on.
    row(
        "canary",
        "on_rollback",
        Rule::Words(&["wait", "full"], "wait"),
    ),
    row("canary", "release_check", RELEASE_CHECK),
    row("canary", "mode", MODE),
    row("clear", "alarms[]", Rule::Adds),
    row("clear", "quiet", Rule::Longer(Unset::Seconds(600))),
    row("clear", "within", Rule::Shorter(Unset::Seconds(0))),
    row("clear", "release_check", RELEASE_CHECK),
    row("clear", "mode", MODE),
    row("validate", "vars[]", Rule::Adds),
    row("validate", "http[]", Rule::Adds),
    row("validate", "lambda[]", Rule::Adds),
    row("validate", "codebuild[]", Rule::Adds),
    row("validate", "state_machine[]", Rule::Adds),
    row("validate", "synthetics[]", Rule::Adds),
    row("validate", "at_most", Rule::Shorter(Unset::Depends)),
    row("validate", "release_check", RELEASE_CHECK),
    row("validate", "mode", MODE),
    row(STAGE, "on_fail.roll_back", Rule::RollBack),
    row(STAGE, "on_fail.notify[]", Rule::Adds),
    row(STAGE, "on_inconclusive.notify[]", Rule::Adds),
    row(STAGE, "on_error.notify[]", Rule::Adds),
    row(STAGE, "on_inconclusive.proceed", Rule::Flag(false, false)),
    row(STAGE, "on_fail.proceed", Rule::Flag(false, false)),
    row(STAGE, "on_error.proceed", Rule::Flag(false, false)),
    row(STAGE, "on_inconclusive.roll_back", Rule::Fixed("no")),
    row(STAGE, "on_error.roll_back", Rule::Fixed("no")),
    row(STAGE, "stop_others", Rule::Flag(true, false)),
];

/// The table of which way is tighter.
pub fn table() -> &'static [Row] {
    TABLE
}

/// The row of a setting.
pub(super) fn row_of(block: &str, setting: &str) -> Option<&'static Row> {
    let mut rows = TABLE.iter();
    rows.find(|row| row.block == block && row.setting == setting)
}

/// The row of the setting that a value completes, if it is a part of one.
pub(super) fn completed_by(block: &str, setting: &str) -> Option<&'static Row> {
    let is_within = |row: &&Row| {
        let rest = setting.strip_prefix(row.setting);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    TABLE
        .iter()
        .filter(|row| row.block == block && matches!(row.rule, Rule::Completes(_)))
        .find(is_within)
}

impl Row {
    /// Whether a value is at least as tight as what held, or as what holds
    /// where nobody wrote one. `bake_for` is the gate's `for`, before.
    pub(super) fn is_no_looser(
        &self,
        held: Option<&Json>,
        new: &Json,
        bake_for: Option<&Json>,
    ) -> bool {
        match self.rule {
            Rule::Longer(unset) => at_least(held, new, unset, bake_for, |new, old| new >= old),
            Rule::Shorter(unset) => at_least(held, new, unset, bake_for, |new, old| new <= old),
            Rule::More => held.is_none_or(|held| compared(new, held, |new, old| new >= old)),
            Rule::Less => held.is_some_and(|held| compared(new, held, |new, old| new <= old)),
            Rule::Words(words, default) => {
                let rank = |word: Option<&str>| words.iter().position(|own| Some(*own) == word);
                let held = held.map_or(Some(default), Json::as_str);
                rank(new.as_str())
                    .zip(rank(held))
                    .is_some_and(|(new, old)| new >= old)
            }
            Rule::Fixed(word) => held.is_none() && new.as_str() == Some(word),
            Rule::Flag(tight, default) => {
                let held = held.map_or(Some(default), Json::as_bool);
                new.as_bool() == Some(tight) || (new.as_bool().is_some() && new.as_bool() == held)
            }
            Rule::RollBack => held.is_none_or(|held| held == "no"),
            Rule::Adds | Rule::Completes(_) => held.is_none(),
            Rule::Measured => false,
        }
    }
}

fn at_least(
    held: Option<&Json>,
    new: &Json,
    unset: Unset,
    bake_for: Option<&Json>,
    compare: fn(Duration, Duration) -> bool,
) -> bool {
    let old = match (held, unset) {
        (Some(held), _) => length(held),
        (None, Unset::Completes) => return true,
        (None, Unset::Seconds(seconds)) => Some(Duration::from_seconds(seconds)),
        (None, Unset::OfFor(times, parts, least)) => bake_for.and_then(length).map(|own| {
            Duration::from_seconds((own.as_seconds().saturating_mul(times) / parts).max(least))
        }),
        (None, Unset::Depends) => None,
    };
    length(new)
        .zip(old)
        .is_some_and(|(new, old)| compare(new, old))
}

/// A length of time, in whichever way it is written.
pub(super) fn length(json: &Json) -> Option<Duration> {
    json.as_str()?.parse().ok()
}

fn compared(new: &Json, held: &Json, compare: fn(f64, f64) -> bool) -> bool {
    let (new, held) = (number(new), number(held));
    new.zip(held)
        .is_some_and(|((new, unit), (held, other))| unit == other && compare(new, held))
}

/// A number and its sign: `5%`, `1.5x`, `100`.
fn number(json: &Json) -> Option<(f64, &str)> {
    let Some(text) = json.as_str() else {
        return Some((json.as_f64()?, ""));
    };
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let value: f64 = digits.parse().ok()?;
    (value.is_finite()).then_some((value, unit))
}
