//! The four figures of one stage, by the definitions of the module above.

use jiff::{SignedDuration, Timestamp};

use super::deployments::{Arrivals, Deployment, End, Other, arrivals};
use super::outages::{Outage, outages};
use super::shape::{Asked, ChangeFailures, Counts, Day, Figures, Frequency, LeadTime, Restoring};
use super::staged::{Staged, staged, whole};
use super::tidy::tidied;
use super::{History, Release};

const DAY_SECONDS: i64 = 86_400;

/// The period, and which of its days something belongs to.
struct Period {
    from: Timestamp,
    until: Timestamp,
}

impl Period {
    fn seconds(&self) -> i64 {
        self.until.duration_since(self.from).as_secs().max(0)
    }

    fn holds(&self, at: Timestamp) -> bool {
        at > self.from && at <= self.until
    }

    fn days(&self) -> i64 {
        (self.seconds() + DAY_SECONDS - 1) / DAY_SECONDS
    }

    /// Ends of the days, oldest first, each with its beginning.
    fn each_day(&self) -> impl Iterator<Item = Period> + '_ {
        let before = |days: i64| {
            let length = SignedDuration::from_secs(days.saturating_mul(DAY_SECONDS));
            self.until.checked_sub(length).unwrap_or(Timestamp::MIN)
        };
        (0..self.days()).rev().map(move |days| Period {
            from: before(days + 1).max(self.from),
            until: before(days),
        })
    }
}

/// The figures of a history.
pub fn figures(history: &History, asked: &Asked<'_>) -> Figures {
    let mut releases = tidied(history);
    for run in releases.iter_mut().flat_map(|release| &mut release.runs) {
        run.deploys |= asked.deployed_by.contains(&run.action);
    }
    let stage = stage(history, &releases, asked);
    let deploys = runs_of(&releases, stage.as_deref()).any(|run| run.deploys);
    let staged: Vec<Staged<'_>> = match &stage {
        None => releases.iter().map(whole).collect(),
        Some(stage) => (releases.iter())
            .filter_map(|release| staged(release, stage, deploys))
            .collect(),
    };
    let period = period(history, asked);
    let arrivals = arrivals(&staged, asked.window, asked.until);
    let outages = outages(&staged);
    let within = Within::new(&period, &arrivals, &outages);
    let change_failures = within.change_failures();
    let apart = apart(&period, &arrivals, &staged);
    let not_known = not_known(
        asked,
        (history.runs_known, &period, &stage, deploys),
        &within,
        &apart,
    );
    Figures {
        pipeline: history.pipeline.clone(),
        from: period.from,
        until: period.until,
        window_seconds: asked.window.as_secs(),
        frequency: within.frequency(period.seconds()),
        lead_time: within.lead_time(),
        change_failures,
        restoring: Restoring {
            median_seconds: within.restore_seconds(),
            mended: count(within.outages.iter().filter(|own| own.mended.is_some())),
            broken: outages.last().filter(|own| own.mended.is_none()).cloned(),
            outages: within.outages.iter().map(|own| (*own).clone()).collect(),
        },
        apart,
        days: (period.each_day())
            .map(|day| Within::new(&day, &arrivals, &outages).day(&day))
            .collect(),
        not_known,
        stage,
    }
}

fn runs_of<'a>(
    releases: &'a [Release],
    stage: Option<&'a str>,
) -> impl Iterator<Item = &'a super::Run> {
    let runs = releases.iter().flat_map(|release| &release.runs);
    runs.filter(move |run| Some(run.stage.as_str()) == stage)
}

/// The stage that was named, or the last one that deploys in the release that
/// came furthest; no stage where runs are not known.
fn stage(history: &History, releases: &[Release], asked: &Asked<'_>) -> Option<String> {
    if !history.runs_known {
        return None;
    }
    if let Some(stage) = asked.stage {
        return Some(stage.to_owned());
    }
    let stages = |release: &Release| {
        let mut stages: Vec<&str> = release.runs.iter().map(|run| run.stage.as_str()).collect();
        stages.sort_unstable();
        stages.dedup();
        stages.len()
    };
    let furthest = releases.iter().max_by_key(|release| stages(release))?;
    let last = furthest.runs.iter().rfind(|run| run.deploys);
    let last = last.or(furthest.runs.last())?;
    Some(last.stage.clone())
}

fn period(history: &History, asked: &Asked<'_>) -> Period {
    let from = asked.until.checked_sub(asked.since);
    let from = from.unwrap_or(Timestamp::MIN);
    let known = history.known_since.unwrap_or(from);
    Period {
        from: from.max(known).min(asked.until),
        until: asked.until,
    }
}

/// What happened in a period.
struct Within<'a> {
    deployments: Vec<&'a Deployment<'a>>,
    outages: Vec<&'a Outage>,
}

impl<'a> Within<'a> {
    fn new(period: &Period, arrivals: &'a Arrivals<'a>, outages: &'a [Outage]) -> Within<'a> {
        let deployments = arrivals.deployments.iter();
        Within {
            deployments: deployments.filter(|own| period.holds(own.at)).collect(),
            outages: (outages.iter())
                .filter(|own| period.holds(own.since))
                .collect(),
        }
    }

    fn frequency(&self, seconds: i64) -> Frequency {
        let deployments = count(self.deployments.iter());
        Frequency {
            deployments,
            per_day: ratio(f64::from(deployments) * 86_400.0, seconds),
        }
    }

    fn lead_time(&self) -> LeadTime {
        let from_commit = count((self.deployments.iter()).filter(|own| committed(own).is_some()));
        LeadTime {
            median_seconds: self.lead_seconds(),
            from_commit,
            from_start: count(self.deployments.iter()) - from_commit,
        }
    }

    fn lead_seconds(&self) -> Option<i64> {
        median((self.deployments.iter()).map(|own| {
            let from = committed(own).unwrap_or(own.release.began);
            own.at.duration_since(from).as_secs().max(0)
        }))
    }

    fn restore_seconds(&self) -> Option<i64> {
        median(self.outages.iter().filter_map(|own| own.seconds()))
    }

    fn change_failures(&self) -> ChangeFailures {
        let ended = |end| count((self.deployments.iter()).filter(|own| own.end == end));
        let (failed, rolled_back) = (ended(End::Failed), ended(End::RolledBack));
        let held = ended(End::Held);
        let all = i64::from(failed) + i64::from(rolled_back) + i64::from(held);
        ChangeFailures {
            rate: ratio(f64::from(failed) + f64::from(rolled_back), all),
            failed,
            rolled_back,
            held,
            within_window: ended(End::WithinWindow),
            under_way: ended(End::UnderWay),
            given_up: ended(End::GivenUp),
            unclear: ended(End::Unclear),
        }
    }

    fn day(&self, day: &Period) -> Day {
        Day {
            from: day.from,
            deployments: count(self.deployments.iter()),
            lead_seconds: self.lead_seconds(),
            failure_rate: self.change_failures().rate,
            restore_seconds: self.restore_seconds(),
        }
    }
}

/// The latest commit that a release brought, where AWS tells its time. One
/// after its own deployment is none.
fn committed(deployment: &Deployment<'_>) -> Option<Timestamp> {
    let told = deployment.release.revisions.iter();
    let latest = told.filter_map(|revision| revision.committed).max()?;
    (latest <= deployment.at).then_some(latest)
}

fn apart(period: &Period, arrivals: &Arrivals<'_>, staged: &[Staged<'_>]) -> Counts {
    let others = |kind: Other| {
        let others = arrivals.others.iter();
        count(others.filter(|(at, own)| *own == kind && period.holds(*at)))
    };
    let failed = |unclear: bool| {
        count(staged.iter().filter(|own| {
            let failed = own.failures.first().is_some_and(|at| period.holds(*at));
            failed && own.deployed.is_none() && own.unclear == unclear && !own.release.rollback
        }))
    };
    Counts {
        rollbacks: others(Other::Rollback),
        reverts: others(Other::Revert),
        again: others(Other::Again),
        failed_before: failed(false),
        failed_unclear: failed(true),
    }
}

fn not_known(
    asked: &Asked<'_>,
    (runs_known, period, stage, deploys): (bool, &Period, &Option<String>, bool),
    within: &Within<'_>,
    apart: &Counts,
) -> Vec<String> {
    let mut said = Vec::new();
    if asked.until.duration_since(period.from) < asked.since {
        let from = period.from;
        said.push(format!(
            "what was before {from}: the history was read no further back"
        ));
    }
    match stage {
        None if runs_known => said.push("which stage: no release has run".to_owned()),
        None => said.push(
            "runs of actions, and so stages: the pipeline is looked at as a whole, and a release \
             counts as deployed when it has Succeeded"
                .to_owned(),
        ),
        Some(stage) if !deploys => said.push(format!(
            "what deploys in stage `{stage}`: no action of category Deploy ran there, so that a \
             release counts as deployed when the stage has succeeded; `--deployed-by` names actions"
        )),
        Some(_) => {}
    }
    if apart.failed_unclear > 0 {
        said.push(format!(
            "whether {} failed before or after the deployment: in no change failure rate",
            releases(apart.failed_unclear)
        ));
    }
    let without = (within.deployments.iter()).filter(|own| own.release.revisions.is_empty());
    let without = count(without);
    if without > 0 {
        said.push(format!(
            "which revisions {} brought: counted as changes",
            releases(without)
        ));
    }
    said
}

fn releases(count: u32) -> String {
    match count {
        1 => "1 release".to_owned(),
        count => format!("{count} releases"),
    }
}

fn count<T>(of: impl Iterator<Item = T>) -> u32 {
    u32::try_from(of.count()).unwrap_or(u32::MAX)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts and seconds are far below 2^52"
)]
fn ratio(part: f64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part / whole as f64)
}

/// The middle value, or the mean of the two in the middle.
fn median(values: impl Iterator<Item = i64>) -> Option<i64> {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some((values[values.len() / 2 - 1] + upper) / 2)
}
