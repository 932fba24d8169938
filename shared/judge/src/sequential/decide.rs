//! From e-values to a decision. Nothing here knows what a metric is.
//!
//! The order is fixed: harm, then an invalid comparison, then safe, then the
//! end of the horizon. Source: `statistics.md` 0.

use serde::{Deserialize, Serialize};

use super::combine::{Weighted, combined_log_e};

/// What the evidence says by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Proven worse than the tolerance.
    Harm,
    /// Every gating metric proven not worse than the tolerance.
    Safe,
    /// The horizon is over and nothing is proven.
    Inconclusive,
    /// The comparison cannot be trusted: the traffic split is off.
    Invalid,
    /// Nothing is proven yet.
    Continue,
}

/// The three words the rest of Sluice knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The release may go on.
    Pass,
    /// It may not.
    Fail,
    /// The readings do not say.
    Inconclusive,
}

impl Decision {
    /// The verdict; `None` while there is none.
    pub fn verdict(self) -> Option<Verdict> {
        match self {
            Decision::Harm => Some(Verdict::Fail),
            Decision::Safe => Some(Verdict::Pass),
            Decision::Inconclusive | Decision::Invalid => Some(Verdict::Inconclusive),
            Decision::Continue => None,
        }
    }
}

/// Error rates and lengths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DecisionRules {
    /// Greatest chance of ever calling harm if there is none.
    pub alpha: f64,
    /// Greatest chance of ever calling safe if a gating metric is harmed.
    pub beta: f64,
    /// The same for calling a right traffic split invalid.
    pub split_alpha: f64,
    /// Closed periods before anything is called safe.
    pub min_bake: u32,
    /// Closed periods after which the judge gives up.
    pub horizon: u32,
}

/// What a metric brings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Weight, 0 for a metric that is only watched.
    pub weight: f64,
    /// Log e-value against "never worse", now.
    pub log_e_harm: f64,
    /// Log e-value against "worse", now: what was proven earlier and no longer
    /// holds is no reason to let a version go on that became worse since.
    pub log_e_safe: f64,
}

/// The decision after `periods` closed periods.
pub fn decide(
    metrics: &[Evidence],
    split_log_e: f64,
    periods: u32,
    rules: &DecisionRules,
) -> Decision {
    let harm: Vec<Weighted> = metrics
        .iter()
        .map(|metric| Weighted {
            weight: metric.weight,
            log_e: metric.log_e_harm,
        })
        .collect();
    if combined_log_e(&harm) >= -rules.alpha.ln() {
        return Decision::Harm;
    }
    if split_log_e >= -rules.split_alpha.ln() {
        return Decision::Invalid;
    }
    let mut gating = metrics
        .iter()
        .filter(|metric| metric.weight > 0.0)
        .peekable();
    let anything = gating.peek().is_some();
    let all_safe = anything && gating.all(|metric| metric.log_e_safe >= -rules.beta.ln());
    if all_safe && periods >= rules.min_bake {
        return Decision::Safe;
    }
    if periods >= rules.horizon {
        Decision::Inconclusive
    } else {
        Decision::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: DecisionRules = DecisionRules {
        alpha: 0.05,
        beta: 0.05,
        split_alpha: 0.001,
        min_bake: 5,
        horizon: 60,
    };

    fn metric(log_e_harm: f64, log_e_safe: f64) -> Evidence {
        Evidence {
            weight: 1.0,
            log_e_harm,
            log_e_safe,
        }
    }

    #[track_caller]
    fn check(metrics: &[Evidence], split_log_e: f64, periods: u32, expected: Decision) {
        assert_eq!(decide(metrics, split_log_e, periods, &RULES), expected);
    }

    #[test]
    fn harm_goes_before_an_invalid_split() {
        check(&[metric(3.0, 0.0)], 50.0, 2, Decision::Harm);
    }

    #[test]
    fn an_invalid_split_goes_before_safe() {
        check(&[metric(0.0, 9.0)], 7.0, 9, Decision::Invalid);
    }

    #[test]
    fn safe_waits_for_the_shortest_bake() {
        check(&[metric(0.0, 9.0)], 0.0, 4, Decision::Continue);
        check(&[metric(0.0, 9.0)], 0.0, 5, Decision::Safe);
    }

    #[test]
    fn one_gating_metric_that_is_not_safe_is_enough_to_go_on() {
        check(
            &[metric(0.0, 9.0), metric(0.0, 2.9)],
            0.0,
            30,
            Decision::Continue,
        );
    }

    #[test]
    fn horizon_without_proof_is_inconclusive() {
        check(&[metric(0.0, 0.0)], 0.0, 59, Decision::Continue);
        check(&[metric(0.0, 0.0)], 0.0, 60, Decision::Inconclusive);
    }

    #[test]
    fn without_a_gating_metric_nothing_is_ever_safe() {
        let watched = Evidence {
            weight: 0.0,
            log_e_harm: 90.0,
            log_e_safe: 90.0,
        };
        check(&[watched], 0.0, 30, Decision::Continue);
        check(&[], 0.0, 60, Decision::Inconclusive);
    }

    #[test]
    fn evidence_that_is_no_number_proves_nothing() {
        check(
            &[metric(f64::NAN, f64::NAN)],
            f64::NAN,
            30,
            Decision::Continue,
        );
    }
}
