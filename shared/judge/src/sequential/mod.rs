//! The default judge: it may look at any time and is right about its own
//! errors.
//!
//! Guarantee: if the canary is never worse than the baseline by more than
//! the tolerance, the chance that it is ever called harm, at any look, over
//! all metrics, is at most alpha; if any gating metric is worse than its
//! tolerance all the time, the chance that it is ever called safe is at most
//! beta. Exact for independent events and independent normal log ratios;
//! elsewhere as measured by `bench_judge`.
//!
//! Nothing here reads a clock or draws a random number: periods come in
//! order, and the result is a function of them.

pub(crate) mod autocorrelation;
pub mod combine;
pub mod count;
pub mod course;
pub mod decide;
pub(crate) mod dispersion;
pub mod interval;
pub mod judge;
pub mod large_count;
mod measured;
pub mod metric;
pub mod normal_mixture;
pub mod pairing;
pub mod percent;
pub mod plan;
pub mod plan_check;
pub mod report;
pub mod series;
pub mod sign;
pub mod split;
pub mod t_mixture;

pub use count::Counts;
pub use course::{Comparison, Course, Step};
pub use decide::{Decision, Verdict};
pub use interval::Interval;
pub use judge::{Judge, Period, judge};
pub use metric::{Reading, Sample, Use};
pub use pairing::{
    Grid, GridError, Misplaced, Paired, ReportedCounts, Timed, pair_counts, pair_series,
};
pub use percent::{Floor, Percent};
pub use plan::{Kind, MetricPlan, Plan, Worse};
pub use plan_check::PlanError;
pub use report::{Judgement, MetricResult, Reason, SplitResult};
pub use split::SplitRules;
