//! What a canary writes down at its first look: its groups, which a deployment
//! may leave no trace of, and from when the old version's values are.

use jiff::{SignedDuration, Timestamp};
use sluice_aws::{ActionRun, Alias, Aws};
use sluice_core::GateError;
use sluice_core::reading::Place;
use sluice_core::settings::{
    Before, BeforeAfter, Canary, CanaryGroups, LambdaAlias, Preset, Since,
};

use super::facts::{Begun, Earlier, Routing};
use super::{HOST_MARGIN, RULE_VERSION, is_skipped, plan};
use crate::Ask;
use crate::deployment::is_deployment;

pub(super) async fn begin(ask: &Ask, settings: &Canary, aws: &Aws) -> Result<Begun, GateError> {
    plan(settings)
        .check()
        .map_err(|error| wrong(error.to_string()))?;
    fits(ask, settings)?;
    let start = Begun::start(ask.now, settings);
    // What is not judged needs no groups, and may have none.
    let is_skipped = is_skipped(ask, settings);
    let (groups, alias) = match (settings.known_groups(), settings.preset.as_deref()) {
        (Some(groups), _) => (Some(groups), None),
        (None, Some(Preset::LambdaAlias(own))) if !is_skipped => {
            let (groups, routing) = of_alias(own, aws).await?;
            (Some(groups), Some(routing))
        }
        (None, _) => (None, None),
    };
    let earlier = match &settings.before_after {
        Some(own) if !is_skipped => Some(earlier(ask, settings, own, start, aws).await?),
        _ => None,
    };
    Ok(Begun {
        rule: RULE_VERSION,
        judge: sluice_judge::VERSION,
        began: ask.now,
        start,
        groups,
        alias,
        earlier,
    })
}

fn wrong(problems: String) -> GateError {
    GateError::SettingsInvalid {
        place: "`canary`".to_owned(),
        problems,
    }
}

/// Whether it can be over before the host is.
fn fits(ask: &Ask, settings: &Canary) -> Result<(), GateError> {
    let needed = settings.needed();
    match ask.host_ends {
        Some(ends)
            if !is_skipped(ask, settings)
                && ask.now + SignedDuration::from(needed) > ends.at - HOST_MARGIN =>
        {
            Err(wrong(format!(
                "`horizon`: it needs {needed}, and {}, at {}",
                ends.why, ends.at
            )))
        }
        _ => Ok(()),
    }
}

/// The versions behind an alias, which are gone from it when its deployment
/// ends.
async fn of_alias(own: &LambdaAlias, aws: &Aws) -> Result<(CanaryGroups, Routing), GateError> {
    let place = Place {
        region: own.region.clone(),
        role: own.role.clone(),
    };
    let (function, name) = (&own.function, &own.alias);
    let Some(alias) = aws.alias(&place, function, name).await? else {
        return Err(of_preset(&format!(
            "Lambda knows no alias `{name}` of a function `{function}` there; write the names \
             that `aws lambda list-aliases` shows, and its `region`"
        )));
    };
    let (baseline, canary) = versions(own, &alias).map_err(|why| of_preset(&why))?;
    let groups = own.groups(&baseline, &canary);
    let routing = Routing {
        version: alias.version,
        weights: alias.weights,
    };
    Ok((groups, routing))
}

fn of_preset(why: &str) -> GateError {
    wrong(format!("`preset.lambda_alias`: {why}"))
}

/// The old and the new version: CodeDeploy leaves the alias at the old one and
/// gives the new one a weight.
pub(super) fn versions(own: &LambdaAlias, alias: &Alias) -> Result<(String, String), String> {
    let name = &own.alias;
    let weighted = alias.weights.iter().filter(|(_, weight)| **weight > 0.0);
    let behind: Vec<&String> = weighted.map(|(version, _)| version).collect();
    let [second] = behind.as_slice() else {
        let version = &alias.version;
        return Err(match behind.len() {
            0 => format!(
                "alias `{name}` sends everything to version {version}, so there are no two \
                 versions to compare; let this gate begin while the deployment has given the \
                 new version a weight, or compare with `before_after`"
            ),
            more => format!(
                "alias `{name}` gives {more} versions a weight; write `baseline` and `canary`"
            ),
        });
    };
    let pair = [&alias.version, *second];
    let other = |one: &String| pair.into_iter().find(|version| *version != one).cloned();
    let (baseline, canary) = match (&own.baseline, &own.canary) {
        (Some(one), None) => (Some(one.clone()), other(one)),
        (None, Some(one)) => (other(one), Some(one.clone())),
        _ => (Some(alias.version.clone()), Some((*second).clone())),
    };
    let (Some(baseline), Some(canary)) = (baseline, canary) else {
        return Err(format!("alias `{name}` names one version twice"));
    };
    let is_behind = |version: &String| pair.contains(&version);
    if !is_behind(&baseline) || !is_behind(&canary) {
        let (one, two) = (pair[0], pair[1]);
        return Err(format!(
            "alias `{name}` divides between versions {one} and {two}, and the settings name \
             another; remove `baseline` and `canary`, or write both"
        ));
    }
    let is_said = own.baseline.is_some() || own.canary.is_some();
    let number = |version: &str| version.parse::<u64>().ok();
    if !is_said && number(&canary) <= number(&baseline) {
        return Err(format!(
            "alias `{name}` points to version {baseline} and gives {canary} a weight, which is \
             older, so it is not clear which of them is the new one; write `baseline` and `canary`"
        ));
    }
    Ok((baseline, canary))
}

/// Which time the old version's values are from, all of it before the
/// deployment.
async fn earlier(
    ask: &Ask,
    settings: &Canary,
    own: &BeforeAfter,
    start: Timestamp,
    aws: &Aws,
) -> Result<Earlier, GateError> {
    let (deployed, action) = match own.since {
        Since::Gate => (ask.now, None),
        Since::Deployment => deployed(ask, settings, aws).await?,
    };
    let from = compared_from(settings, own, start, deployed).map_err(wrong)?;
    let also_deployed = if ask.release_checked {
        let runs = aws.action_runs(&ask.pipeline, None).await?;
        other_deployment(&runs, ask, settings, from, deployed)
    } else {
        None
    };
    Ok(Earlier {
        from,
        deployed,
        action,
        also_deployed,
    })
}

/// The beginning of the first period that is compared with.
fn compared_from(
    settings: &Canary,
    own: &BeforeAfter,
    start: Timestamp,
    deployed: Timestamp,
) -> Result<Timestamp, String> {
    let horizon = SignedDuration::from(settings.horizon());
    let from = match own.baseline {
        // Whole periods that have ended by then.
        Before::JustBefore => {
            let period = i64::from(settings.period().as_seconds().max(1));
            let end = deployed.as_second().div_euclid(period) * period;
            Timestamp::from_second(end).unwrap_or(deployed) - horizon
        }
        Before::DayBefore => start - SignedDuration::from_hours(24),
        Before::WeekBefore => start - SignedDuration::from_hours(7 * 24),
    };
    if from + horizon > deployed {
        return Err(format!(
            "`before_after`: the time that it is compared with would end after the deployment \
             began, at {deployed}; write a shorter `horizon`, or `baseline: week_before`"
        ));
    }
    Ok(from)
}

/// The last deployment of another release in that time, as far as
/// CodePipeline's newest hundred actions tell.
fn other_deployment(
    runs: &[ActionRun],
    ask: &Ask,
    settings: &Canary,
    from: Timestamp,
    deployed: Timestamp,
) -> Option<Timestamp> {
    runs.iter()
        .filter(|run| run.release != ask.release)
        .filter(|run| is_deployment(run, ask, &settings.deployed_by))
        .map(|run| run.began)
        .filter(|began| (from..deployed).contains(began))
        .max()
}

/// When the first of this release's deployments to the stage began: also one
/// that failed and was tried again may have put the new version in place.
async fn deployed(
    ask: &Ask,
    settings: &Canary,
    aws: &Aws,
) -> Result<(Timestamp, Option<String>), GateError> {
    let unknown = |why: &str| {
        wrong(format!(
            "`before_after`: {why}, so what was before the deployment is not known; name its \
             actions in `deployed_by`, or write `since: gate` if the new version takes over only \
             after this gate's first look"
        ))
    };
    if !ask.release_checked {
        return Err(unknown("`release_check` is off"));
    }
    let runs = aws
        .action_runs(&ask.pipeline, Some(&ask.release))
        .await?
        .into_iter();
    let own = runs.filter(|run| is_deployment(run, ask, &settings.deployed_by));
    match own.min_by_key(|run| run.began) {
        Some(run) => Ok((run.began, Some(format!("{}/{}", run.stage, run.action)))),
        None => Err(unknown(
            "no deployment of this release to this stage was found",
        )),
    }
}

#[cfg(test)]
mod tests;
