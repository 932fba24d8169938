//! Whether tests may have passed: what the scenario says of what they met, and
//! what the world really started.

use jiff::{SignedDuration, Timestamp};
use sluice_core::evidence::Evidence;
use sluice_core::plan::GateSettings;
use sluice_core::settings::{Test, TestKind};
use sluice_world::scenario::Scenario;

use super::{GUARD, Truth};

/// Whether tests may have passed.
pub(in crate::faults) fn validate_may_pass(
    settings: &GateSettings,
    _: &Evidence,
    truth: &Truth<'_>,
) -> Result<(), String> {
    let GateSettings::Validate(settings) = settings else {
        return Err("it is no gate with tests".to_owned());
    };
    let tests = settings.tests();
    for test in tests.iter().filter(|test| test.required) {
        if let Err(why) = may_pass(test, truth) {
            return Err(format!("test `{}`: {why}", test.name));
        }
    }
    Ok(())
}

fn may_pass(test: &Test<'_>, truth: &Truth<'_>) -> Result<(), String> {
    let (world, ends) = (&truth.seen.world, truth.looked.1 + GUARD);
    match test.kind {
        TestKind::Http(_) => answers(truth.scenario),
        TestKind::Lambda(own) => {
            let function = truth.scenario.functions.get(&own.function);
            let is_well = function.is_some_and(|function| function.fails.is_none());
            let invoked = world
                .invoked()
                .iter()
                .any(|one| one.function == own.function);
            held(
                is_well && invoked,
                "the function was not invoked, or failed",
            )
        }
        TestKind::CodeBuild(own) => {
            let project = truth.scenario.projects.get(&own.project);
            let project = project.ok_or("there is no such project")?;
            held(project.fails.is_none(), "the project's builds fail")?;
            let takes: SignedDuration = project.phases.values().map(|length| length.0).sum();
            let builds = world.builds().into_iter();
            let mut own = builds.filter(|build| build.project == own.project);
            held(
                own.any(|build| ended(build.at, takes, ends)),
                "no build had ended by the last look",
            )
        }
        TestKind::StateMachine(own) => {
            let name = own.machine.rsplit(':').next().unwrap_or_default();
            let machine = truth.scenario.machines.get(name);
            let machine = machine.ok_or("there is no such machine")?;
            held(machine.fails.is_none(), "the machine's executions fail")?;
            let takes = machine.takes.0;
            let executions = world.executions().into_iter();
            let mut own = executions.filter(|execution| execution.machine == name);
            held(
                own.any(|execution| ended(execution.at, takes, ends)),
                "no execution had ended by the last look",
            )
        }
        TestKind::Synthetics(own) => {
            let canary = truth.scenario.canaries.get(&own.canary);
            let canary = canary.ok_or("there is no such canary")?;
            held(
                canary.failures.is_empty() && canary.stopped.is_empty(),
                "the canary fails, or does not run",
            )
        }
    }
}

fn held(is_so: bool, otherwise: &str) -> Result<(), String> {
    is_so.then_some(()).ok_or_else(|| otherwise.to_owned())
}

fn ended(started: Timestamp, takes: SignedDuration, by: Timestamp) -> bool {
    started.saturating_add(takes).is_ok_and(|end| end <= by)
}

/// Whether the host of all drawn tests ever answers well.
fn answers(scenario: &Scenario) -> Result<(), String> {
    let mut all = scenario.hosts.values().flatten();
    let well = all.any(|answer| {
        let status = answer.status.unwrap_or(200);
        !answer.down && answer.delay.is_none() && (200..300).contains(&status)
    });
    held(well, "the host never answers well")
}
