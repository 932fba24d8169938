//! What a plan may say, and somebody should have looked at.

use super::{GatePlan, GateSettings, Plan, RollBack, StagePlan};
use crate::Duration;
use crate::fields::path_step;
use crate::notices::Notifications;
use crate::problems::{Problem, Problems};
use crate::settings::{Canary, Metric, Mode, ReleaseCheck, Traffic, WhenUndecided};
use crate::words::{closest, quote};

impl Plan {
    /// What is allowed but worth a look, each named by its path.
    pub fn warnings(&self) -> Problems {
        let mut warnings = Problems::new();
        for stage in &self.stages {
            if stage.policies.on_inconclusive.proceed {
                let stage = path_step("stages", &stage.name);
                let path = format!("{stage}.on_inconclusive.proceed");
                warn(
                    &mut warnings,
                    path,
                    "releases go on when a gate could not tell",
                    "remove it once the gates have what they need to tell",
                );
            }
            if matches!(
                stage.policies.on_fail.roll_back,
                RollBack::Stage
                    | RollBack::CodeDeploy
                    | RollBack::StateMachine(_)
                    | RollBack::Lambda(_)
            ) {
                let stage = path_step("stages", &stage.name);
                warn(
                    &mut warnings,
                    format!("{stage}.on_fail.roll_back"),
                    "done where the state machine `stage-checks` runs the stage's gates; a gate's own action only fails",
                    "docs/stage-checks.md says how a pipeline starts it; `sluice check --pipeline` sees whether it does",
                );
            }
            for (index, gate) in stage.gates.iter().enumerate() {
                warn_of_gate(stage, index, gate, &mut warnings);
            }
        }
        if let Some(notifications) = &self.notifications {
            self.warn_of_channels(notifications, &mut warnings);
        }
        warnings
    }

    /// Names of channels that an earlier layer has to have, or nobody.
    fn warn_of_channels(&self, section: &Notifications, warnings: &mut Problems) {
        for stage in &self.stages {
            let policies = &stage.policies;
            for (field, policy) in [
                ("on_fail", &policies.on_fail),
                ("on_inconclusive", &policies.on_inconclusive),
                ("on_error", &policies.on_error),
            ] {
                let path = format!("{}.{field}.notify", path_step("stages", &stage.name));
                warn_of_names(&policy.notify, &path, section, warnings);
            }
        }
        for (index, route) in section.routes.iter().enumerate() {
            let path = format!("notifications.routes[{index}].to");
            warn_of_names(&route.to, &path, section, warnings);
        }
    }
}

fn warn_of_names(names: &[String], path: &str, section: &Notifications, warnings: &mut Problems) {
    let known: Vec<&str> = section.channels.keys().map(String::as_str).collect();
    for (index, name) in names.iter().enumerate() {
        if known.contains(&name.as_str()) {
            continue;
        }
        const EARLIER: &str = "an earlier layer has to have it";
        let hint = match closest(name, &known) {
            Some(guess) => format!("did you mean `{guess}`? else {EARLIER}"),
            None => EARLIER.to_owned(),
        };
        let message = format!("no channel of this document is called {}", quote(name));
        warn(warnings, format!("{path}[{index}]"), &message, &hint);
    }
}

fn warn_of_gate(stage: &StagePlan, index: usize, gate: &GatePlan, warnings: &mut Problems) {
    let in_stage = path_step("stages", &stage.name);
    let path = format!("{in_stage}.gates[{index}].{}", gate.settings.kind());
    if gate.settings.mode() == Mode::WatchOnly {
        warn(
            warnings,
            format!("{path}.mode"),
            "the gate judges, and stops no release",
            "remove `watch_only` once its verdicts are trusted",
        );
    }
    if gate.settings.release_check() == ReleaseCheck::Off {
        warn(
            warnings,
            format!("{path}.release_check"),
            "a release that was replaced or stopped is judged all the same",
            "remove it, and give the action `pipeline` and `release`",
        );
    }
    let bake = match &gate.settings {
        GateSettings::Bake(bake) => bake,
        GateSettings::Canary(canary) => return warn_of_canary(canary, &path, warnings),
        GateSettings::Clear(_) | GateSettings::Validate(_) => return,
    };
    match &bake.traffic {
        Traffic::NotMeasured(_) => warn(
            warnings,
            format!("{path}.traffic"),
            "OK may mean that nobody came",
            "name the metric that counts the requests: `traffic: { metric: {...}, at_least: 100 }`",
        ),
        Traffic::Measured(traffic)
            if is_first_step(&stage.name) && is_whole_load_balancer(&traffic.metric) =>
        {
            warn(
                warnings,
                format!("{path}.traffic.metric.dimensions"),
                "the whole load balancer counts as traffic of a stage that gets a part of it",
                "add the stage's own `TargetGroup` to the dimensions",
            );
        }
        Traffic::Measured(_) => {}
    }
}

fn warn_of_canary(canary: &Canary, path: &str, warnings: &mut Problems) {
    if canary.when_undecided == WhenUndecided::Accept {
        warn(
            warnings,
            format!("{path}.when_undecided"),
            "releases go on that are proven neither harmful nor safe",
            "give the comparison a longer `horizon` or a larger `tolerance` instead",
        );
    }
    if canary.period() >= A_MINUTE && canary.closed_after() < A_MINUTE {
        warn(
            warnings,
            format!("{path}.closed_after"),
            "AWS's own metrics come one to three minutes late, and what comes later is judged as missing",
            "write `closed_after: 2m`, or leave it out",
        );
    }
}

const A_MINUTE: Duration = Duration::from_minutes(1);

fn warn(warnings: &mut Problems, path: String, message: &str, hint: &str) {
    let warning = Problem::warning(message.to_owned());
    warnings.push(warning.path(path).hint(hint.to_owned()));
}

/// Whether a stage, by its name, gets only a part of the traffic.
fn is_first_step(stage: &str) -> bool {
    let plain: String = stage
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    plain.contains("onebox") || plain.contains("canary")
}

fn is_whole_load_balancer(metric: &Metric) -> bool {
    metric.dimensions.contains_key("LoadBalancer") && !metric.dimensions.contains_key("TargetGroup")
}
