//! The figures as text.

use sluice_core::delivery::{Day, Figures};

use crate::lines::folded;
use crate::region::{ago, length, short};

/// Steps of a sparkline; a day without a value is a dot.
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Most characters of a sparkline: more days share one.
const SPARKS_MAX: usize = 31;

/// All figures, in lines that fit a terminal.
pub(super) fn text(all: &[Figures], cut: bool) -> String {
    let mut blocks: Vec<String> = all.iter().map(block).collect();
    if all.is_empty() {
        blocks.push("no pipelines\n".to_owned());
    }
    if cut {
        blocks.push("there are more pipelines than are read: name some\n".to_owned());
    }
    blocks.join("\n")
}

fn fold(text: &str, indent: &str) -> String {
    folded(text, indent, indent)
}

fn block(own: &Figures) -> String {
    let stage = own.stage.as_deref();
    let stage = stage.map_or("as a whole".to_owned(), |stage| format!("stage {stage}"));
    let seconds = own.until.duration_since(own.from).as_secs();
    let mut lines = vec![fold(
        &format!(
            "{}, {stage}: {} until {:.0}",
            own.pipeline,
            length(seconds),
            own.until
        ),
        "",
    )];
    if let Some(outage) = &own.restoring.broken {
        let text = format!(
            "broken since {:.0} ({}), by release {}",
            outage.since,
            ago(outage.since, own.until),
            short(&outage.by)
        );
        lines.push(fold(&text, "  "));
    }
    for figure in [frequency(own), lead(own), failures(own), restore(own)] {
        lines.push(String::new());
        let head = format!("  {:<23}{:<12}{}", figure.name, figure.value, figure.sparks);
        lines.push(head.trim_end().to_owned());
        lines.push(fold(&figure.counts, "    "));
        lines.push(fold(figure.definition, "    "));
    }
    let apart = apart(own);
    if !apart.is_empty() || !own.not_known.is_empty() {
        lines.push(String::new());
    }
    if !apart.is_empty() {
        lines.push(fold(&format!("in none of these: {apart}"), "  "));
    }
    lines.extend((own.not_known.iter()).map(|what| fold(&format!("not known: {what}"), "  ")));
    lines.join("\n") + "\n"
}

struct Figure {
    name: &'static str,
    value: String,
    sparks: String,
    counts: String,
    definition: &'static str,
}

fn frequency(own: &Figures) -> Figure {
    let frequency = &own.frequency;
    let value = (frequency.per_day).map_or("not known".to_owned(), |day| format!("{day:.1} a day"));
    Figure {
        name: "deployment frequency",
        value,
        sparks: sparks(&own.days, |day| Some(f64::from(day.deployments))),
        counts: counted(frequency.deployments, "deployment"),
        definition: "Releases of a change whose deploy actions in the stage succeeded.",
    }
}

fn lead(own: &Figures) -> Figure {
    let lead = &own.lead_time;
    let start = match lead.from_start {
        0 => String::new(),
        count => format!(", {count} from the release's start: no commit time known"),
    };
    Figure {
        name: "lead time for changes",
        value: median(lead.median_seconds),
        sparks: sparks(&own.days, |day| day.lead_seconds.map(seconds)),
        counts: format!("{} from the commit{start}", lead.from_commit),
        definition: "Median from the latest commit of a release to its deployment.",
    }
}

fn failures(own: &Figures) -> Figure {
    let told = &own.change_failures;
    let bad = told.failed + told.rolled_back;
    let mut counts = format!("{bad} of {}", bad + told.held);
    if bad > 0 {
        let (failed, rolled_back) = (told.failed, told.rolled_back);
        counts += &format!(": {failed} failed, {rolled_back} rolled back");
    }
    let open = [
        (told.within_window, "still within the window"),
        (told.under_way, "under way"),
        (told.given_up, "given up"),
        (told.unclear, "unclear"),
    ];
    for (count, why) in open.into_iter().filter(|(count, _)| *count > 0) {
        counts += &format!("; {count} {why}");
    }
    let rate = told.rate.map(|rate| format!("{:.0}%", rate * 100.0));
    Figure {
        name: "change failure rate",
        value: rate.unwrap_or_else(|| "not known".to_owned()),
        sparks: sparks(&own.days, |day| day.failure_rate),
        counts,
        definition: "Failed in the stage after the deployment, or rolled back within the window.",
    }
}

fn restore(own: &Figures) -> Figure {
    let told = &own.restoring;
    let mut counts = format!("{} mended", counted(told.mended, "failure"));
    if let Some(last) = told.outages.iter().rfind(|own| own.mended.is_some())
        && let (Some(seconds), Some(by)) = (last.seconds(), &last.mended_by)
    {
        counts += &format!(
            "; the last after {}, by release {}",
            length(seconds),
            short(by)
        );
    }
    Figure {
        name: "time to restore",
        value: median(told.median_seconds),
        sparks: sparks(&own.days, |day| day.restore_seconds.map(seconds)),
        counts,
        definition: "Median from the first failure in the stage to the next success of the stage.",
    }
}

fn apart(own: &Figures) -> String {
    let apart = &own.apart;
    let all = [
        (apart.rollbacks, "rollback"),
        (apart.reverts, "revert"),
        (apart.again, "release of the same revisions"),
        (apart.failed_before, "failure before the deployment"),
        (apart.failed_unclear, "failure nobody says where"),
    ];
    let told = all.into_iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = told.map(|(count, what)| counted(count, what)).collect();
    told.join(", ")
}

/// A count with its noun, of which the first word takes the plural.
fn counted(count: u32, what: &str) -> String {
    let (noun, rest) = what.split_once(' ').unwrap_or((what, ""));
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural} {rest}")
        .trim_end()
        .to_owned()
}

fn median(told: Option<i64>) -> String {
    told.map_or_else(|| "not known".to_owned(), length)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds of a year are far below 2^52"
)]
fn seconds(value: i64) -> f64 {
    value as f64
}

/// A line of values from nothing to the greatest; days share a character
/// where there are many, and the greatest of them shows.
fn sparks(days: &[Day], value: impl Fn(&Day) -> Option<f64>) -> String {
    let each = days.len().div_ceil(SPARKS_MAX).max(1);
    let values: Vec<Option<f64>> = (days.chunks(each))
        .map(|days| days.iter().filter_map(&value).reduce(f64::max))
        .collect();
    let most = values.iter().flatten().copied().fold(0.0, f64::max);
    let step = |value: f64| {
        let share = if most > 0.0 { value / most } else { 0.0 };
        // The greatest step that is not above the share, rounded.
        let reached = |step: &&char| {
            let at = STEPS.iter().position(|own| own == *step).unwrap_or(0);
            share * 7.0 + 0.5 >= f64::from(u8::try_from(at).unwrap_or(0))
        };
        STEPS.iter().rfind(reached).copied().unwrap_or(STEPS[0])
    };
    (values.into_iter())
        .map(|value| value.map_or('·', step))
        .collect()
}
