//! Whether a plan makes sense: everything that could make a judgement empty
//! or a number overflow is refused before the first reading.

use thiserror::Error;

use super::percent::Floor;
use super::plan::{Kind, MetricPlan, Plan};

/// More metrics than this is no plan but a mistake.
pub const METRICS_MAX: usize = 500;
/// A week of minutes.
pub const HORIZON_MAX: u32 = 7 * 24 * 60;

/// Why a plan makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// Nothing could ever be judged.
    #[error("no metric decides, so nothing could be judged")]
    NothingGates,
    /// More than [`METRICS_MAX`].
    #[error("{count} metrics are more than {METRICS_MAX}")]
    TooManyMetrics {
        /// How many there are.
        count: usize,
    },
    /// A name twice.
    #[error("two metrics are named `{name}`")]
    NameTwice {
        /// The name.
        name: String,
    },
    /// A number out of range.
    #[error("`{what}` should be {expected}")]
    OutOfRange {
        /// Which setting.
        what: String,
        /// What it should be.
        expected: &'static str,
    },
}

impl PlanError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            PlanError::NothingGates => {
                Some("give at least one metric `gating: true` and a weight above 0")
            }
            PlanError::OutOfRange { what, .. } if what.ends_with("floor") => Some(
                "for `count` write a share of requests (`0.1%`), for `series` a number in the metric's units (`5`)",
            ),
            _ => None,
        }
    }
}

impl Plan {
    /// Whether the plan makes sense.
    pub fn check(&self) -> Result<(), PlanError> {
        let probability = "above 0% and below 100%";
        for (what, percent) in [
            ("alpha", self.alpha),
            ("beta", self.beta),
            ("split_alpha", self.split_alpha),
        ] {
            in_range(
                what,
                percent.share() > 0.0 && percent.share() < 1.0,
                probability,
            )?;
        }
        in_range(
            "horizon",
            (1..=HORIZON_MAX).contains(&self.horizon),
            "from 1 to 10080 periods",
        )?;
        in_range(
            "min_bake",
            (1..=self.horizon).contains(&self.min_bake),
            "from 1 period to the horizon",
        )?;
        let usable = |weight: f64| (0.0..=1e6).contains(&weight);
        for (group, weight) in &self.groups {
            in_range(
                &format!("groups.{group}"),
                usable(*weight),
                "a weight from 0 to 1000000",
            )?;
        }
        if let Some(split) = &self.split {
            in_range(
                "split.share",
                split.share > 0.0 && split.share < 1.0,
                "above 0 and below 1",
            )?;
            in_range(
                "split.band",
                (0.0..1.0).contains(&split.band),
                "from 0 to below 1",
            )?;
            in_range(
                "split.concentration",
                (1e-3..=1e9).contains(&split.concentration),
                "above 0",
            )?;
        }
        if self.metrics.len() > METRICS_MAX {
            return Err(PlanError::TooManyMetrics {
                count: self.metrics.len(),
            });
        }
        for (index, metric) in self.metrics.iter().enumerate() {
            metric.check()?;
            if self.metrics[..index]
                .iter()
                .any(|other| other.name == metric.name)
            {
                return Err(PlanError::NameTwice {
                    name: metric.name.clone(),
                });
            }
        }
        if self.weights().iter().all(|weight| *weight <= 0.0) {
            return Err(PlanError::NothingGates);
        }
        Ok(())
    }
}

impl MetricPlan {
    fn check(&self) -> Result<(), PlanError> {
        let name = &self.name;
        let tolerance = self.tolerance_share();
        in_range(
            &format!("{name}.tolerance"),
            (0.0..=100.0).contains(&tolerance),
            "from 0% to 10000%",
        )?;
        in_range(
            &format!("{name}.weight"),
            (0.0..=1e6).contains(&self.weight),
            "from 0 to 1000000",
        )?;
        in_range(
            &format!("{name}.sign"),
            !self.sign || self.kind == Kind::Series,
            "used with `series` only",
        )?;
        let fits = match (self.floor, self.kind) {
            (None, _) => true,
            (Some(Floor::Share(share)), Kind::Count) => share.share() <= 1.0,
            (Some(Floor::Units(0.0)), Kind::Count) => true,
            (Some(Floor::Units(units)), Kind::Series) => (0.0..=1e15).contains(&units),
            _ => false,
        };
        in_range(&format!("{name}.floor"), fits, "of the metric's kind")
    }
}

fn in_range(what: &str, holds: bool, expected: &'static str) -> Result<(), PlanError> {
    if holds {
        Ok(())
    } else {
        Err(PlanError::OutOfRange {
            what: what.to_owned(),
            expected,
        })
    }
}
