//! The flags of each method, and the refusal of those that the other one
//! would ignore.

use clap::{Args, ValueEnum};
use sluice_core::duration::Duration;
use sluice_judge::sequential::{Floor, Percent};

use super::trouble::Trouble;
use super::{JudgeArguments, Method};

/// Which way is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum WorseWord {
    /// Errors, latency
    Higher,
    /// Throughput, successes
    Lower,
    /// Any change (kayenta only)
    Either,
}

/// A correction that can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    /// As it should be
    On,
    /// Faster, and wrong on most real data
    Off,
}

/// What only the sequential judge knows.
#[derive(Debug, Args)]
pub(super) struct SequentialArguments {
    /// Allowed change [default: 100% for counts, 25% for values]
    #[arg(long, value_name = "PERCENT")]
    pub(super) tolerance: Option<Percent>,
    /// Differences that never matter: a share of requests for counts, units
    /// for values [default: 0.1% and 0]
    #[arg(long, value_name = "PERCENT|UNITS")]
    pub(super) floor: Option<Floor>,
    /// Periods after which it gives up [default: 60]
    #[arg(long, value_name = "PERIODS")]
    pub(super) horizon: Option<u32>,
    /// Periods before anything is called safe [default: 5]
    #[arg(long, value_name = "PERIODS")]
    pub(super) min_bake: Option<u32>,
    /// Greatest chance of ever calling harm without any [default: 5%]
    #[arg(long, value_name = "PERCENT")]
    pub(super) alpha: Option<Percent>,
    /// Greatest chance of ever calling safe despite harm [default: 5%]
    #[arg(long, value_name = "PERCENT")]
    pub(super) beta: Option<Percent>,
    /// Length of a period, in which counts are added up and values averaged
    /// [default: the commonest distance of times]
    #[arg(long, value_name = "LENGTH")]
    pub(super) period: Option<Duration>,
    /// Move the canary's times so that both begin together; the result then
    /// assumes that nothing else changed in between
    #[arg(long)]
    pub(super) align_start: bool,
    /// The canary's share of all requests, if it is to be checked
    #[arg(long, value_name = "PERCENT")]
    pub(super) split: Option<Percent>,
    /// Greatest chance of calling a right share wrong [default: 0.1%]
    #[arg(long, value_name = "PERCENT", requires = "split")]
    pub(super) split_alpha: Option<Percent>,
    /// Judge values by signs alone, for hopelessly heavy tails
    #[arg(long)]
    pub(super) sign: bool,
    /// Discount values for autocorrelation [default: on]
    #[arg(long, value_enum, value_name = "ON|OFF")]
    pub(super) autocorrelation: Option<Switch>,
    /// Temper counts for bursts [default: on]
    #[arg(long, value_enum, value_name = "ON|OFF")]
    pub(super) guard: Option<Switch>,
}

/// What only the Kayenta judge knows.
#[derive(Debug, Args)]
pub(super) struct KayentaArguments {
    /// Confidence of the interval [default: 0.98]
    #[arg(long, value_name = "SHARE")]
    pub(super) confidence: Option<f64>,
    /// Share of the estimate around 0 that is let through [default: 0.25]
    #[arg(long, value_name = "SHARE")]
    pub(super) band: Option<f64>,
    /// What becomes of missing values [default: remove]
    #[arg(long, value_enum)]
    pub(super) nan_strategy: Option<StrategyWord>,
    /// Remove outliers beyond so many interquartile ranges; Kayenta uses 3
    #[arg(long, value_name = "FACTOR")]
    pub(super) outliers: Option<f64>,
    /// Whether its failure alone would fail a whole canary
    #[arg(long)]
    pub(super) critical: bool,
    /// How the effect is measured [default: mean-ratio]
    #[arg(long, value_enum)]
    pub(super) effect: Option<EffectWord>,
    /// Least effect that is `High` [default: 1, or 0.5 for cles]
    #[arg(long, value_name = "EFFECT")]
    pub(super) allowed_increase: Option<f64>,
    /// Greatest effect that is `Low` [default: 1, or 0.5 for cles]
    #[arg(long, value_name = "EFFECT")]
    pub(super) allowed_decrease: Option<f64>,
    /// Least effect that is critical when `High`
    #[arg(long, value_name = "EFFECT")]
    pub(super) critical_increase: Option<f64>,
    /// Greatest effect that is critical when `Low`
    #[arg(long, value_name = "EFFECT")]
    pub(super) critical_decrease: Option<f64>,
}

/// What becomes of missing values.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum StrategyWord {
    /// They are left out
    Remove,
    /// They are 0
    Replace,
}

/// How an effect is measured.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum EffectWord {
    /// Mean of the canary over mean of the baseline
    MeanRatio,
    /// Chance that a value of the canary is above one of the baseline
    Cles,
}

/// Refuses flags that the method would ignore.
pub(super) fn check_method(arguments: &JudgeArguments) -> Result<(), Trouble> {
    let (sequential, kayenta) = (&arguments.sequential, &arguments.kayenta);
    let (method, given) = match arguments.method {
        Method::Sequential => ("sequential", kayenta.given()),
        Method::Kayenta => {
            let mut given = sequential.given();
            given.push(("html", arguments.html.is_some()));
            ("kayenta", given)
        }
    };
    if let Some((flag, _)) = given.iter().find(|(_, given)| *given) {
        let message = format!("`--{flag}` says nothing to `--method {method}`");
        return Err(Trouble::usage(message).hint("see `sluice judge --help`"));
    }
    if arguments.method == Method::Sequential && arguments.worse == Some(WorseWord::Either) {
        return Err(
            Trouble::usage("`--worse either` is known to `--method kayenta` only")
                .hint("write `higher` or `lower`"),
        );
    }
    Ok(())
}

impl SequentialArguments {
    fn given(&self) -> Vec<(&'static str, bool)> {
        vec![
            ("tolerance", self.tolerance.is_some()),
            ("floor", self.floor.is_some()),
            ("horizon", self.horizon.is_some()),
            ("min-bake", self.min_bake.is_some()),
            ("alpha", self.alpha.is_some()),
            ("beta", self.beta.is_some()),
            ("period", self.period.is_some()),
            ("align-start", self.align_start),
            ("split", self.split.is_some()),
            ("sign", self.sign),
            ("autocorrelation", self.autocorrelation.is_some()),
            ("guard", self.guard.is_some()),
        ]
    }
}

impl KayentaArguments {
    fn given(&self) -> Vec<(&'static str, bool)> {
        vec![
            ("confidence", self.confidence.is_some()),
            ("band", self.band.is_some()),
            ("nan-strategy", self.nan_strategy.is_some()),
            ("outliers", self.outliers.is_some()),
            ("critical", self.critical),
            ("effect", self.effect.is_some()),
            ("allowed-increase", self.allowed_increase.is_some()),
            ("allowed-decrease", self.allowed_decrease.is_some()),
            ("critical-increase", self.critical_increase.is_some()),
            ("critical-decrease", self.critical_decrease.is_some()),
        ]
    }
}
