//! One paragraph on why the sequential judge decided as it did, in the words
//! of the one who has to act on it.

use sluice_judge::sequential::judge::SILENT_PERIODS;
use sluice_judge::sequential::{Judgement, MetricResult, Plan, Reason, Worse};

use super::number::{count, percent, short, times};

/// Why it was decided so.
pub(super) fn why(plan: &Plan, judgement: &Judgement, metric: &MetricResult) -> String {
    let periods = count(judgement.periods, "period");
    match judgement.reason {
        Reason::WorseThanTolerance => format!(
            "The canary is proven worse than allowed: {}. The evidence of harm (log e {:.2}) has \
             passed what `alpha` {} asks ({:.2}) after {periods}: without harm that happens, at any \
             look, with a chance of at most {}.",
            measured(metric),
            metric.log_e_harm,
            plan.alpha,
            judgement.log_e_harm_needed,
            plan.alpha
        ),
        Reason::CanaryStoppedReporting => format!(
            "The canary had no value in {SILENT_PERIODS} periods one after another while the \
             baseline had one, and `must-have-data` calls that harm."
        ),
        Reason::WithinTolerance => format!(
            "The canary is proven not worse than allowed: {}. The evidence that it is safe \
             (log e {:.2}) has passed what `beta` {} asks ({:.2}), and {periods} are at least the \
             {} that `min-bake` asks.",
            measured(metric),
            metric.log_e_safe,
            plan.beta,
            judgement.log_e_safe_needed,
            plan.min_bake
        ),
        Reason::TrafficSplitOff => {
            let split = judgement.split.as_ref();
            let observed = split.and_then(|split| split.observed).unwrap_or(0.0);
            let configured = split.map_or(0.0, |split| split.configured);
            format!(
                "The comparison cannot be trusted: the canary got {} of the requests and should \
                 get {}. Something routes by health, cache or client; mend that first.",
                percent(observed),
                percent(configured)
            )
        }
        Reason::NoData => format!(
            "There are too few data: of {periods} only {} could be used, {} had no value on one \
             side at least, {} had an impossible one. No data are never a pass.",
            metric.n, metric.missing, metric.unusable
        ),
        Reason::TooLittlePower => format!(
            "Nothing is proven after {periods}, the horizon: {}. {}",
            measured(metric),
            power(metric)
        ),
        Reason::StillLooking => format!(
            "The files end after {periods}, before the horizon of {}, and nothing is proven by \
             then: {}. {}",
            plan.horizon,
            measured(metric),
            power(metric)
        ),
    }
}

/// What the change looks like.
fn measured(metric: &MetricResult) -> String {
    let what = match metric.events {
        Some(_) => "its rate",
        None => "it",
    };
    let Some(ratio) = metric.ratio else {
        return "no period could be used".into();
    };
    let bound = match metric.worse {
        Worse::Higher => "at most",
        Worse::Lower => "at least",
    };
    let between = match metric.interval.upper {
        Some(upper) => format!(
            "between {} and {}",
            times(metric.interval.lower),
            times(upper)
        ),
        None if metric.interval.lower == 0.0 => "with nothing to bound it".into(),
        None => format!("at least {}", times(metric.interval.lower)),
    };
    format!(
        "{what} is {} the baseline's ({between}), {bound} {} is allowed{}",
        times(ratio),
        times(metric.allowed),
        floor(metric)
    )
}

fn floor(metric: &MetricResult) -> String {
    match metric.events {
        _ if metric.floor == 0.0 => String::new(),
        Some(_) => format!(
            ", and {} of the requests never matter",
            percent(metric.floor)
        ),
        None => format!(", and {} units never matter", short(metric.floor)),
    }
}

/// What could have been found by now, and what to do.
fn power(metric: &MetricResult) -> String {
    let found = match metric.smallest_detectable {
        Some(smallest) => format!(
            "A canary {} as bad would by now have been called harm with an even chance.",
            times(smallest)
        ),
        None => "So far no change of any size could have been found.".to_owned(),
    };
    format!(
        "{found} Give it longer files and a longer `horizon`, more traffic, or a larger `tolerance`."
    )
}
