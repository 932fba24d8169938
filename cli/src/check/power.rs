//! How long a canary will take to pass, from the traffic that is expected:
//! the judge itself is asked about releases that are no worse.

use fastrand::Rng;
use serde::Serialize;
use sluice_core::Duration;
use sluice_core::plan::{GateSettings, Plan};
use sluice_core::problems::Problem;
use sluice_core::settings::{CANARY_PERIODS_MAX, Canary, LAMBDA_ACTION_MAX};
use sluice_judge::sequential::{self, Decision, Judge, PlanError};

use super::expected::Expected;

/// What stands where nobody said what traffic is expected.
pub(super) const HOW_TO_ASK: &str = "`--requests-per-minute 1000` says how long a pass will take";

/// Releases that are drawn, and readings in all of them together at most, so
/// that the largest plan answers in seconds.
const RELEASES_MAX: usize = 200;
const RELEASES_MIN: usize = 20;
const READINGS_MAX: usize = 1_000_000;

/// Of a hundred good releases so many should pass.
const PASSES_WANTED: usize = 90;

/// An estimate for one gate, and what speaks against its settings.
pub(super) struct Estimated {
    pub(super) stage: String,
    pub(super) gate: String,
    pub(super) estimate: Estimate,
    pub(super) warning: Option<Problem>,
}

/// How soon releases that are no worse will pass.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Estimate {
    /// Of a hundred, so many pass within the horizon.
    passes_percent: usize,
    /// The horizon that this is about.
    horizon: Duration,
    /// Half of them pass within this time after the first look.
    half_within: Option<Duration>,
    /// Nine of ten do.
    nine_of_ten_within: Option<Duration>,
    /// With this horizon nine of ten would pass; where that is longer than the
    /// plan's, and possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    horizon_wanted: Option<Duration>,
    requests_per_minute: f64,
    canary_share: f64,
    error_rate: f64,
    noise: f64,
    releases: usize,
}

/// The estimates of all canaries of a plan.
pub(super) fn of_plan(plan: &Plan, expected: &Expected) -> Vec<Estimated> {
    let mut found = Vec::new();
    for stage in &plan.stages {
        for (index, gate) in stage.gates.iter().enumerate() {
            let GateSettings::Canary(canary) = &gate.settings else {
                continue;
            };
            // Settings that the judge refuses are a mistake that the gate names.
            let Ok(estimate) = estimate(canary, expected) else {
                continue;
            };
            let path = format!("stages.{}.gates[{index}].canary.horizon", stage.name);
            let warning = estimate.warning(path);
            found.push(Estimated {
                stage: stage.name.clone(),
                gate: gate.name.clone(),
                estimate,
                warning,
            });
        }
    }
    found
}

fn estimate(canary: &Canary, expected: &Expected) -> Result<Estimate, PlanError> {
    let periods = canary.periods();
    let passes = Passes::draw(canary, expected, periods)?;
    let when = |quantile| passes.quantile(quantile).map(|at| answers(canary, at));
    let enough = passes.percent() >= PASSES_WANTED;
    Ok(Estimate {
        passes_percent: passes.percent(),
        horizon: canary.horizon(),
        half_within: when(50),
        nine_of_ten_within: when(PASSES_WANTED),
        horizon_wanted: if enough {
            None
        } else {
            wanted(canary, expected)?
        },
        requests_per_minute: expected.requests_per_minute,
        canary_share: expected.share(canary),
        error_rate: expected.error_rate,
        noise: expected.noise,
        releases: passes.releases,
    })
}

/// The time from the first look to the verdict of a period.
fn answers(canary: &Canary, periods: u32) -> Duration {
    canary
        .period()
        .saturating_mul(periods.saturating_add(1))
        .saturating_add(canary.closed_after())
}

/// The horizon in which nine of ten would pass, if any is possible.
fn wanted(canary: &Canary, expected: &Expected) -> Result<Option<Duration>, PlanError> {
    let room = LAMBDA_ACTION_MAX.as_seconds() - canary.closed_after().as_seconds();
    let most = (room / canary.period().as_seconds().max(1)).saturating_sub(1);
    let most = most.min(CANARY_PERIODS_MAX);
    let mut periods = canary.periods();
    while periods < most {
        periods = periods.saturating_mul(2).min(most);
        let passes = Passes::draw(canary, expected, periods)?;
        if let Some(enough) = passes.quantile(PASSES_WANTED) {
            return Ok(Some(canary.period().saturating_mul(enough)));
        }
    }
    Ok(None)
}

/// In which period each drawn release passed.
struct Passes {
    periods: Vec<u32>,
    releases: usize,
}

impl Passes {
    fn draw(canary: &Canary, expected: &Expected, horizon: u32) -> Result<Passes, PlanError> {
        let plan = judged(canary, horizon);
        let readings = horizon as usize * canary.metrics.len();
        let releases = (READINGS_MAX / readings.max(1)).clamp(RELEASES_MIN, RELEASES_MAX);
        let mut periods = Vec::new();
        for seed in (0..).take(releases) {
            let (mut judge, mut rng) = (Judge::new(&plan)?, Rng::with_seed(seed));
            while judge.fold(&expected.period(canary, &mut rng)) == Decision::Continue {}
            if judge.decision() == Decision::Safe {
                periods.push(judge.periods());
            }
        }
        periods.sort_unstable();
        Ok(Passes { periods, releases })
    }

    /// In which period so many of a hundred releases have passed.
    fn quantile(&self, percent: usize) -> Option<u32> {
        let count = (self.releases * percent).div_ceil(100);
        self.periods.get(count.saturating_sub(1)).copied()
    }

    fn percent(&self) -> usize {
        self.periods.len() * 100 / self.releases
    }
}

/// What the judge is asked, with another horizon. A floor of a series is left
/// out, because nobody said how large its values are.
fn judged(canary: &Canary, horizon: u32) -> sequential::Plan {
    let mut plan = sluice_gates::canary::plan(canary);
    plan.horizon = horizon;
    for metric in &mut plan.metrics {
        if metric.kind == sequential::Kind::Series {
            metric.floor = None;
        }
    }
    plan
}

impl Estimate {
    /// What people read of it.
    pub(super) fn lines(&self) -> Vec<String> {
        let (percent, horizon) = (self.passes_percent, self.horizon);
        match (self.half_within, self.nine_of_ten_within) {
            (Some(half), Some(most)) => vec![format!(
                "if it is no worse, it passes within {half} (half of all) or {most} (9 of 10)"
            )],
            _ => vec![format!(
                "if it is no worse, it passes within {horizon} in {percent} of 100 cases"
            )],
        }
    }

    fn warning(&self, path: String) -> Option<Problem> {
        if self.passes_percent >= PASSES_WANTED {
            return None;
        }
        let (percent, horizon) = (self.passes_percent, self.horizon);
        let message = format!(
            "with this traffic only {percent} of 100 releases that are no worse pass within {horizon}"
        );
        let hint = match self.horizon_wanted {
            Some(wanted) => {
                format!("write `horizon: {wanted}`, in which 9 of 10 do, or a larger `tolerance`")
            }
            None => "no horizon is long enough: write a larger `tolerance`, a longer `period`, \
                 or give the new version more traffic"
                .to_owned(),
        };
        Some(Problem::warning(message).path(path).hint(hint))
    }

    /// What it rests on, in lines of a terminal.
    pub(super) fn assumptions(&self) -> String {
        format!(
            "\
Times to pass are drawn: {} releases as good as the old version, {} requests
a minute of which the new one gets {}, {} of them errors (`worse: lower`
counts the others), series that vary by {} from period to period. Events and
periods are taken to be independent; real ones come in bursts and drift, which
takes longer. The floor of a series is left out.
",
            self.releases,
            self.requests_per_minute,
            share(self.canary_share),
            share(self.error_rate),
            share(self.noise)
        )
    }
}

/// `0.1%`
fn share(share: f64) -> String {
    format!("{}%", (share * 100_000_000.0).round() / 1_000_000.0)
}
