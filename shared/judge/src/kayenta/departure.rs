//! Where Sluice does not follow Kayenta, each by name.
//!
//! Kayenta lets a canary through in a number of cases in which it knows
//! nothing. Its score and classification are computed as Kayenta does, so
//! that they can be compared; the verdict is not `pass` where one of these
//! applies, and the result lists which.
//!
//! Source: `peers.md` C8.

use serde::Serialize;

/// A hole of Kayenta that is not copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Departure {
    /// Kayenta leaves a metric whose comparison failed out of every total.
    ErrorIsNoPass,
    /// Kayenta passes a side without any value under `nanStrategy: replace`.
    EmptySidePassed,
    /// Every value of a side was missing and became 0.
    OnlyReplacedValues,
    /// Kayenta drops outliers on each side by itself; what was dropped here
    /// was the change.
    OutliersHidAChange,
    /// Kayenta counts a group in which no metric has data as 100.
    GroupWithoutData,
    /// Kayenta ignores what happens to a metric that is in no group.
    UngroupedMetricFailed,
    /// Kayenta does not check that weights are usable and total at most 100.
    WeightsBeyondHundred,
    /// Kayenta's judge calls this score marginal, its standalone run fails it.
    ScoreAtTheMarginalBoundary,
    /// Kayenta does not check its thresholds: marginal above pass, or pass at
    /// or below 0.
    ThresholdsOutOfOrder,
}

impl Departure {
    /// One sentence for people.
    pub fn explanation(self) -> &'static str {
        match self {
            Departure::ErrorIsNoPass => {
                "the comparison failed; Kayenta would leave the metric out, here it cannot pass"
            }
            Departure::EmptySidePassed => {
                "a side has no values at all; Kayenta would pass it, here it is no evidence"
            }
            Departure::OnlyReplacedValues => {
                "all values of a side were missing and taken for 0; Kayenta judges those zeros, here they are no evidence"
            }
            Departure::OutliersHidAChange => {
                "with outliers kept the metric is not a Pass; Kayenta judges without them, here it cannot pass"
            }
            Departure::GroupWithoutData => {
                "a group has no data; Kayenta would count it as 100, here it is no evidence"
            }
            Departure::UngroupedMetricFailed => {
                "a metric in no group did not pass; Kayenta would ignore it, here it prevents a pass"
            }
            Departure::WeightsBeyondHundred => {
                "group weights are negative or total more than 100; Kayenta would add them up, here they cannot pass"
            }
            Departure::ScoreAtTheMarginalBoundary => {
                "the score equals the marginal threshold; Kayenta's judge and its standalone run disagree about it"
            }
            Departure::ThresholdsOutOfOrder => {
                "the thresholds are out of order or not above 0; Kayenta would use them, here they cannot pass"
            }
        }
    }

    /// Whether a result with this departure can be no `pass`.
    pub fn prevents_pass(self) -> bool {
        self != Departure::ScoreAtTheMarginalBoundary
    }
}
