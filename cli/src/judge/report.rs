//! What the sequential judge found, for people and for programs.

use jiff::Timestamp;
use serde_json::{Value, json};
use sluice_core::duration::Duration;
use sluice_judge::Verdict;
use sluice_judge::sequential::{
    Decision, Grid, Judgement, MetricResult, Misplaced, Paired, Plan, Reading,
};

use super::chart::{self, Range};
use super::number::{count, paragraph, times};

/// A comparison that was made.
pub(super) struct Compared<'a> {
    pub(super) plan: &'a Plan,
    pub(super) grid: &'a Grid,
    pub(super) paired: &'a Paired,
    pub(super) judgement: &'a Judgement,
    pub(super) metric: &'a MetricResult,
    pub(super) verdict: Verdict,
    pub(super) why: String,
    pub(super) notes: Vec<String>,
}

impl Compared<'_> {
    /// For programs.
    pub(super) fn document(&self) -> Value {
        let (judgement, metric) = (self.judgement, self.metric);
        let placed = |misplaced: Misplaced| json!(misplaced);
        json!({
            "method": "sequential",
            "verdict": self.verdict,
            "decision": judgement.decision,
            "reason": judgement.reason,
            "why": self.why,
            "notes": self.notes,
            "estimate": metric.ratio,
            "ratio": metric.ratio,
            "interval": metric.interval,
            "allowed": metric.allowed,
            "effect_size": metric.ratio.map(|ratio| ratio - 1.0),
            "n": metric.n,
            "periods": judgement.periods,
            "stopping_index": judgement.decided_at,
            "log_e_harm": metric.log_e_harm,
            "log_e_harm_needed": judgement.log_e_harm_needed,
            "log_e_safe": metric.log_e_safe,
            "log_e_safe_best": metric.log_e_safe_best,
            "log_e_safe_needed": judgement.log_e_safe_needed,
            "smallest_detectable": metric.smallest_detectable,
            "metric": metric,
            "split": judgement.split,
            "plan": self.plan,
            "grid": {
                "start": self.begin(),
                "period_seconds": self.grid.period_seconds,
                "periods": self.grid.periods,
                "baseline": placed(self.paired.baseline),
                "canary": placed(self.paired.canary),
            },
        })
    }

    fn begin(&self) -> String {
        match Timestamp::from_second(self.grid.start) {
            Ok(time) => time.to_string(),
            Err(_) => self.grid.start.to_string(),
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let judgement = self.judgement;
        let mut out = format!(
            "{}: {} after {} of at most {}\n",
            word(self.verdict),
            decision(judgement.decision),
            count(judgement.periods, "period"),
            self.plan.horizon,
        );
        out.push_str(&format!(
            "sequential, periods of {} from {}\n",
            Duration::from_seconds(self.grid.period_seconds),
            self.begin(),
        ));
        out.push('\n');
        let values = self.paired.readings.iter().map(Reading::values);
        let (baseline, canary): (Vec<_>, Vec<_>) = values.map(|[one, two]| (one, two)).unzip();
        let decided = judgement.decided_at.map(|at| at.saturating_sub(1) as usize);
        out.push_str(&chart::values(&baseline, &canary, decided));
        if let Some(estimate) = self.metric.ratio {
            out.push('\n');
            out.push_str(&self.range(estimate));
        }
        out.push('\n');
        out.push_str(&paragraph(&self.why));
        for note in &self.notes {
            out.push_str(&paragraph(&format!("note: {note}")));
        }
        out
    }

    fn range(&self, estimate: f64) -> String {
        let allowed = self.metric.allowed;
        let marks = [
            (1.0, "1x, as the baseline".to_owned()),
            (allowed, format!("{} allowed", times(allowed))),
        ];
        // Without any tolerance both places are one.
        let marks = if allowed == 1.0 {
            &marks[1..]
        } else {
            &marks[..]
        };
        chart::range(&Range {
            name: &times(estimate),
            lower: self.metric.interval.lower,
            estimate,
            upper: self.metric.interval.upper,
            marks,
            is_ratio: true,
        })
    }
}

/// What was decided, in a headline.
fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Safe => "safe",
        Decision::Harm => "harm",
        Decision::Invalid => "the traffic split is off,",
        Decision::Inconclusive => "nothing is proven",
        Decision::Continue => "the files end",
    }
}

/// A verdict's word.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "inconclusive",
    }
}
