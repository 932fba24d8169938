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
pub mod decide;
pub(crate) mod dispersion;
pub mod interval;
pub mod large_count;
pub mod normal_mixture;
pub mod series;
pub mod sign;
pub mod split;
pub mod t_mixture;
