//! One look of the gate `canary` over 500 series of 24 hours, for the bench:
//! more than a plan may ask for, so the settings are made here.
//!
//! It reads the AWS that the environment names, and prints what came of it
//! with the most memory that it took.

use std::error::Error;
use std::fs;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sluice_aws::Aws;
use sluice_core::Duration;
use sluice_core::plan::GateSettings;
use sluice_core::settings::{Canary, CanaryMetric, MetricRef, SeriesMetric};
use sluice_gates::canary::{Begun, CanaryGate, Memory, RULE_VERSION};
use sluice_gates::{Ask, Gate, Look};

/// A percentile is four series, two of each version.
const PERCENTILES: usize = 124;
const PERIODS: u32 = 24 * 60;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let settings = settings()?;
    let now = Timestamp::now();
    let begun = begun(&settings, now)?;
    let aws = Aws::from_environment().await?;
    let ask = ask(settings, now);
    match CanaryGate
        .look(&ask, &begun, Memory::default(), &aws)
        .await?
    {
        Look::Again { progress, .. } => Err(format!("it is not over: {}", progress.line).into()),
        Look::Reached(reached) => {
            println!(
                "{}",
                json!({
                    "periods": reached.facts["periods"],
                    "metrics": reached.facts["metrics"].as_array().map(Vec::len),
                    "reason": reached.reason.code,
                    "peak_mib": peak_mib()?,
                })
            );
            Ok(())
        }
    }
}

/// 124 percentiles, an average, and the split of the requests: 500 series.
fn settings() -> Result<Canary, Box<dyn Error>> {
    let written = json!({
        "namespace": "Shop",
        "groups": {
            "baseline": { "dimensions": { "V": "old" } },
            "canary": { "dimensions": { "V": "new" } },
        },
        "traffic": { "count": "Requests", "canary_share": "50%" },
        "metrics": [{ "name": "m", "series": "M", "stat": "p99", "tolerance": "0.1%" }],
    });
    let Ok(GateSettings::Canary(mut settings)) = GateSettings::read_json("canary", &written) else {
        return Err("the settings are refused".into());
    };
    let Some(CanaryMetric::Series(pattern)) = settings.metrics.pop() else {
        return Err("a series was written".into());
    };
    settings.metrics = (0..=PERCENTILES)
        .map(|index| metric(&pattern, index))
        .collect();
    settings.horizon = Some(Duration::from_minutes(PERIODS));
    Ok(settings)
}

fn metric(pattern: &SeriesMetric, index: usize) -> CanaryMetric {
    let stat = if index < PERCENTILES {
        "p99"
    } else {
        "Average"
    };
    CanaryMetric::Series(SeriesMetric {
        name: format!("m{index}"),
        series: MetricRef::Name(format!("M{index}")),
        stat: stat.to_owned(),
        ..pattern.clone()
    })
}

/// As if it had begun so long ago that the last period has just closed.
fn begun(settings: &Canary, now: Timestamp) -> Result<Begun, Box<dyn Error>> {
    let began = now - SignedDuration::from_mins(i64::from(PERIODS) + 4);
    let start = Timestamp::from_second(began.as_second().div_euclid(60) * 60 + 60)?;
    Ok(Begun {
        rule: RULE_VERSION,
        judge: 0,
        began,
        start,
        groups: settings.known_groups(),
        alias: None,
        earlier: None,
    })
}

fn ask(settings: Canary, now: Timestamp) -> Ask {
    Ask {
        settings: GateSettings::Canary(settings),
        pipeline: "checkout".to_owned(),
        release: "release".to_owned(),
        stage: "prod".to_owned(),
        service: None,
        release_checked: false,
        rollback: false,
        user_parameters: None,
        action: None,
        stage_checks: false,
        attempt: "attempt".to_owned(),
        now,
        look_ends: Timestamp::MAX,
        host_ends: None,
        last_chance: false,
    }
}

/// The most memory that this process ever had, as Linux counts it.
fn peak_mib() -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.split_whitespace().next());
    Ok(kib.ok_or("no peak of memory is known")?.parse::<f64>()? / 1024.0)
}
