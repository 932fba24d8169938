//! What was really so, read off the world itself and not through its API:
//! whether a pass is one that the truth allows. Written apart from the rules
//! of the gates, and simpler: it only says what must not pass.

mod canary;
mod validate;

use jiff::{SignedDuration, Timestamp};
use sluice_core::evidence::Evidence;
use sluice_core::plan::GateSettings;
use sluice_core::settings::{
    AlarmRef, AlreadyInAlarm, Bake, InsufficientData, OnRollback, Recovered, ReleaseCheck, Settle,
    Since, Traffic,
};
use sluice_world::Scenario;
use sluice_world::cloudwatch::Transition;
use sluice_world::cloudwatch::terms::AlarmState;
use sluice_world::codepipeline::{ActionRun, Execution};
use sluice_world::scenario::{Alarm, Layer};

pub(super) use canary::{canary_may_accept, canary_may_pass};
pub(super) use validate::validate_may_pass;

use super::run::Seen;

/// How far clocks may be apart, as the gates allow for.
const GUARD: SignedDuration = SignedDuration::from_secs(30);
/// Added to the delay of the slowest alarm.
const MARGIN: SignedDuration = SignedDuration::from_mins(3);

/// What was really so around one gate. All times are AWS's.
pub(super) struct Truth<'a> {
    scenario: &'a Scenario,
    transitions: Vec<Transition>,
    seen: &'a Seen,
    release: &'a str,
    /// The start of the deployment in the gate's stage.
    deployed: Option<Timestamp>,
    /// First and last look.
    looked: (Timestamp, Timestamp),
}

impl<'a> Truth<'a> {
    pub(super) fn of(
        execution: &'a Execution,
        action: &ActionRun,
        evidence: &Evidence,
        seen: &'a Seen,
    ) -> Truth<'a> {
        let ahead = SignedDuration::from_secs(seen.world.fault_plan().clock_ahead_seconds);
        let begun = evidence
            .begun
            .get("began")
            .and_then(|at| at.as_str()?.parse().ok());
        let from: Timestamp = begun.unwrap_or(evidence.looked.0);
        let stage = execution
            .stages
            .iter()
            .find(|stage| stage.actions.contains(action));
        let deploy = stage.and_then(|stage| stage.actions.iter().find(|own| own.name == "deploy"));
        Truth {
            scenario: &seen.scenario,
            transitions: seen.world.transitions(),
            seen,
            release: &execution.id,
            deployed: deploy.map(|own| own.began),
            looked: (from - ahead, evidence.looked.1 - ahead),
        }
    }

    /// An alarm's states from one moment to another, each with its length.
    fn states(
        &self,
        alarm: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(AlarmState, SignedDuration)> {
        let mut state = self.state_at(alarm, from);
        let mut since = from;
        let mut states = Vec::new();
        for moved in self
            .moves(alarm)
            .filter(|own| own.at > from && own.at <= to)
        {
            states.push((state, moved.at.duration_since(since)));
            (state, since) = (moved.new, moved.at);
        }
        states.push((state, to.duration_since(since)));
        states
    }

    fn moves<'b>(&'b self, alarm: &str) -> impl Iterator<Item = &'b Transition> + use<'b> {
        let alarm = alarm.to_owned();
        self.transitions
            .iter()
            .filter(move |own| own.alarm == alarm)
    }

    fn state_at(&self, alarm: &str, at: Timestamp) -> AlarmState {
        let before = self.moves(alarm).filter(|own| own.at <= at).last();
        before.map_or(AlarmState::InsufficientData, |own| own.new)
    }

    /// When it fired in this time.
    fn firings(&self, alarm: &str, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        let fired =
            |own: &&Transition| own.new == AlarmState::Alarm && own.at >= from && own.at <= to;
        self.moves(alarm).filter(fired).map(|own| own.at).collect()
    }

    /// The requests that came, counted from the scenario; without an end where
    /// it is one that cannot be counted so simply.
    fn requests(&self, named: &str, from: Timestamp, to: Timestamp) -> f64 {
        let all = self.scenario.metrics.values();
        let layers = all
            .filter(|own| own.name == named)
            .flat_map(|own| &own.values);
        let marks = self.seen.world.marks();
        let (mut a_minute, mut gaps) = (0.0, Vec::new());
        for layer in layers {
            match layer {
                Layer::Constant(value) => a_minute += value,
                Layer::Gap(gap) => gaps.push(gap),
                _ => return f64::INFINITY,
            }
        }
        let (mut minute, mut sum) = (from, 0.0);
        while minute < to {
            let is_gap = gaps.iter().any(|gap| {
                let at = gap.at.resolve(self.scenario.begin, &marks);
                at.is_some_and(|at| minute >= at && minute < at + gap.r#for.0)
            });
            sum += if is_gap { 0.0 } else { a_minute };
            minute += SignedDuration::from_mins(1);
        }
        sum
    }

    /// The delay of the slowest alarm, as far as alarms have one.
    fn slowest(&self, names: &[String]) -> SignedDuration {
        let find = |name: &str| self.scenario.alarms.iter().find(|own| own.name == name);
        let watched = |alarm: &'a Alarm| -> Vec<&'a Alarm> {
            let Some(rule) = &alarm.rule else {
                return vec![alarm];
            };
            let all = self.scenario.alarms.iter();
            all.filter(|own| rule.contains(&format!("\"{}\"", own.name)))
                .collect()
        };
        let delays = names
            .iter()
            .filter_map(|name| find(name))
            .flat_map(watched)
            .filter_map(|own| {
                own.metric.as_ref()?;
                let breaching = own.datapoints.map_or(1, |datapoints| datapoints.breaching);
                let period = own
                    .period
                    .map_or(SignedDuration::from_secs(60), |period| period.0);
                Some(period * i32::try_from(breaching).unwrap_or(1) + MARGIN)
            });
        delays.max().unwrap_or_default()
    }

    /// Whether another release was deployed, or this one stopped, before the
    /// last look.
    fn still_ours(&self) -> Result<(), String> {
        let ended = self.looked.1;
        for other in self
            .seen
            .executions
            .iter()
            .filter(|own| own.id != self.release)
        {
            let deploys = other.stages.iter().flat_map(|stage| &stage.actions);
            for deploy in deploys.filter(|own| own.name == "deploy") {
                let own = self.deployed.unwrap_or(Timestamp::MIN);
                if deploy.began > own && deploy.began < ended {
                    return Err(format!(
                        "release {} was deployed at {}",
                        other.id, deploy.began
                    ));
                }
            }
        }
        let marks = self.seen.world.marks();
        for happening in &self.scenario.pipeline.happenings {
            let at = happening.at.resolve(self.scenario.begin, &marks);
            let is_first = self.seen.executions[0].id == self.release;
            if happening.stop.is_some() && is_first && at.is_some_and(|at| at < ended) {
                return Err(format!("the release was stopped at {at:?}"));
            }
        }
        Ok(())
    }

    /// The names of the alarms that a plan names.
    fn named(&self, refs: &[AlarmRef]) -> Vec<String> {
        let all = || self.scenario.alarms.iter().map(|own| own.name.clone());
        let of = |own: &AlarmRef| -> Vec<String> {
            match own {
                AlarmRef::Name(name) => vec![name.clone()],
                AlarmRef::Elsewhere(alarm) => vec![alarm.name.clone()],
                AlarmRef::Prefix(alarm) => all()
                    .filter(|name| name.starts_with(&alarm.prefix))
                    .collect(),
            }
        };
        refs.iter().flat_map(of).collect()
    }
}

/// For gates that accept nothing that is undecided.
pub(super) fn accepts_nothing(_: &GateSettings, _: &Evidence, _: &Truth<'_>) -> Result<(), String> {
    Err("such a gate accepts nothing that is undecided".to_owned())
}

/// Whether a bake may pass.
pub(super) fn bake_may_pass(
    settings: &GateSettings,
    _: &Evidence,
    truth: &Truth<'_>,
) -> Result<(), String> {
    let GateSettings::Bake(bake) = settings else {
        return Err("it is no bake".to_owned());
    };
    if bake.release_check == ReleaseCheck::On {
        truth.still_ours()?;
    }
    let (began, ended) = truth.looked;
    let names = truth.named(&bake.alarms);
    let settle = match bake.settle {
        Settle::For(length) => SignedDuration::from(length),
        Settle::Auto => truth.slowest(&names),
    };
    let took = ended.duration_since(began);
    if took < SignedDuration::from(bake.bake_for) + settle {
        return Err(format!(
            "the last look came after {took:#}, too early for {settle:#} of settling"
        ));
    }
    if let Traffic::Measured(measured) = &bake.traffic {
        let named = &measured.metric.name;
        let came = truth.requests(named, began - SignedDuration::from_mins(1), ended);
        #[expect(
            clippy::cast_precision_loss,
            reason = "requests of a simulation are few"
        )]
        let wanted = measured.at_least as f64;
        if came < wanted {
            return Err(format!("{came} requests came, of {wanted}"));
        }
    }
    names
        .iter()
        .try_for_each(|name| alarm_may_pass(name, bake, truth))
}

fn alarm_may_pass(name: &str, bake: &Bake, truth: &Truth<'_>) -> Result<(), String> {
    let (began, ended) = truth.looked;
    let rollback = truth.scenario.pipeline.rollback && bake.on_rollback != OnRollback::Full;
    // Without the check nobody asks for the release's actions.
    let deployed = truth
        .deployed
        .filter(|_| bake.since == Since::Deployment && bake.release_check == ReleaseCheck::On);
    let watched = deployed.map_or(began, |deployed| deployed.min(began));
    // What fired within the guard counts as in the bake, but for what a
    // rollback is to cure, where AWS says that it came before.
    let guard = if rollback && deployed.is_some() {
        SignedDuration::ZERO
    } else {
        GUARD
    };
    let already = truth.state_at(name, began) == AlarmState::Alarm
        && truth.firings(name, watched - guard, began).is_empty();
    let mut judged_from = watched;
    if already {
        if bake.already_in_alarm == AlreadyInAlarm::Fail && !rollback {
            return Err(format!("`{name}` was in ALARM when the bake began"));
        }
        let ok = truth
            .moves(name)
            .find(|own| own.new == AlarmState::Ok && own.at >= began);
        match ok {
            Some(ok) if ok.at <= ended => judged_from = ok.at,
            _ if bake.already_in_alarm == AlreadyInAlarm::Ignore => return Ok(()),
            _ => return Err(format!("`{name}` was in ALARM all the time")),
        }
    }
    fired(name, judged_from, bake, truth)?;
    let gaps = bake.insufficient_data == InsufficientData::Accept;
    let is_known = |state: AlarmState| match state {
        AlarmState::Ok | AlarmState::Alarm => true,
        AlarmState::InsufficientData => gaps,
    };
    let states = truth.states(name, began.max(judged_from), ended);
    let known = states.iter().filter(|(state, _)| is_known(*state));
    let known: SignedDuration = known.fold(SignedDuration::ZERO, |sum, (_, own)| sum + *own);
    if known + GUARD < SignedDuration::from(bake.bake_for) {
        return Err(format!(
            "`{name}` was known for {known:#}, of {}",
            bake.bake_for
        ));
    }
    if bake.insufficient_data == InsufficientData::Fail
        && states
            .iter()
            .any(|(state, _)| *state == AlarmState::InsufficientData)
    {
        return Err(format!("`{name}` was in INSUFFICIENT_DATA, which fails"));
    }
    match truth.state_at(name, ended) {
        AlarmState::Ok => Ok(()),
        AlarmState::InsufficientData if gaps => Ok(()),
        state => Err(format!("`{name}` was in {state} at the last look")),
    }
}

fn fired(name: &str, from: Timestamp, bake: &Bake, truth: &Truth<'_>) -> Result<(), String> {
    let ended = truth.looked.1;
    let firings = truth.firings(name, from, ended);
    let Some(last) = firings.last() else {
        return Ok(());
    };
    if bake.recovered == Recovered::Fail {
        return Err(format!("`{name}` fired at {last}"));
    }
    if firings.len() > 1 {
        return Err(format!("`{name}` fired {} times", firings.len()));
    }
    let quiet = SignedDuration::from(bake.quiet_after());
    let since = (ended - quiet + GUARD).max(*last);
    let states = truth.states(name, since, ended);
    let is_ok = states.iter().all(|(state, _)| *state == AlarmState::Ok);
    is_ok
        .then_some(())
        .ok_or_else(|| format!("`{name}` fired at {last} and was not OK for {quiet:#}"))
}

/// Whether a gate before a deployment may pass.
pub(super) fn clear_may_pass(
    settings: &GateSettings,
    _: &Evidence,
    truth: &Truth<'_>,
) -> Result<(), String> {
    let GateSettings::Clear(clear) = settings else {
        return Err("it is not `clear`".to_owned());
    };
    let ended = truth.looked.1;
    let quiet = SignedDuration::from(clear.quiet());
    for name in truth.named(&clear.alarms) {
        let states = truth.states(&name, ended - quiet, ended);
        if let Some((state, _)) = states.iter().find(|(state, _)| *state != AlarmState::Ok) {
            return Err(format!("`{name}` was in {state} within {quiet:#}"));
        }
    }
    Ok(())
}
