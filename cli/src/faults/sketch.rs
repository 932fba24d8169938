//! A case as a sketch: lines of a plan and of a scenario, each of which can be
//! left out, and what goes wrong beside them.

use std::path::Path;

use sluice_core::plan::Plan;
use sluice_world::Scenario;
use sluice_world::faults::FaultPlan;

use super::subjects::{HOSTS, Host};

/// The stage that all cases are about.
const STAGE: &str = "prod";

/// A plan and a scenario with one gate, in lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    /// The gate's kind.
    pub kind: &'static str,
    /// Settings that it cannot be without.
    pub needed: Vec<String>,
    /// Its other settings.
    pub settings: Vec<String>,
    /// What stands beside the stage's gates.
    pub policies: Vec<String>,
    /// The layers of the metric of requests.
    pub requests: Vec<String>,
    /// Other metrics.
    pub metrics: Vec<String>,
    /// Alarms that nothing depends on, by name; the last one cannot be left
    /// out. A gate that reads none has none.
    pub alarms: Vec<(String, String)>,
    /// Alarms that the plan does not name.
    pub extra_alarms: Vec<String>,
    /// What is true of the pipeline.
    pub pipeline: Vec<String>,
    /// What happens to it.
    pub happenings: Vec<String>,
    /// When AWS says no.
    pub refusals: Vec<String>,
    /// What tests start and reach, each a part of the scenario.
    pub tested: Vec<String>,
}

impl Sketch {
    fn plan(&self) -> String {
        let names: Vec<&str> = self.alarms.iter().map(|(name, _)| name.as_str()).collect();
        let mut settings = self.needed.clone();
        if !names.is_empty() {
            settings.push(format!("alarms: [{}]", names.join(", ")));
        }
        settings.extend(self.settings.iter().cloned());
        let mut text = format!(
            "service: checkout\nstages:\n  {STAGE}:\n    gates:\n      - {}: {{ {} }}\n",
            self.kind,
            settings.join(", ")
        );
        for policy in &self.policies {
            text.push_str(&format!("    {policy}\n"));
        }
        text
    }

    fn scenario(&self, seed: u64) -> String {
        let mut text = format!("about: drawn from seed {seed}\nseed: {seed}\nmetrics:\n");
        let layers: Vec<String> = self
            .requests
            .iter()
            .map(|own| format!("{{ {own} }}"))
            .collect();
        let layers = layers.join(", ");
        text.push_str(&format!(
            "  requests: {{ namespace: Shop, name: Requests, values: [ {layers} ] }}\n"
        ));
        push_all(&mut text, "  ", &self.metrics);
        if !self.alarms.is_empty() {
            text.push_str("alarms:\n");
        }
        let alarms: Vec<String> = self.alarms.iter().map(|(_, own)| own.clone()).collect();
        push_all(&mut text, "  - ", &alarms);
        push_all(&mut text, "  - ", &self.extra_alarms);
        push_all(&mut text, "", &self.tested);
        if !self.refusals.is_empty() {
            text.push_str("refusals:\n");
            push_all(&mut text, "  - ", &self.refusals);
        }
        text.push_str("pipeline:\n");
        push_all(&mut text, "  ", &self.pipeline);
        if !self.happenings.is_empty() {
            text.push_str("  happenings:\n");
            push_all(&mut text, "    - ", &self.happenings);
        }
        text
    }
}

fn push_all(text: &mut String, before: &str, lines: &[String]) {
    for line in lines {
        text.push_str(&format!("{before}{line}\n"));
    }
}

/// One release to run, and what goes wrong in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What everything random in the world is drawn from.
    pub seed: u64,
    /// What it was made from; nothing where plan and scenario came from files.
    pub sketch: Option<Sketch>,
    /// Who asks.
    pub host: Host,
    /// The plan.
    pub plan: String,
    /// The scenario.
    pub scenario: String,
    /// Whether there is a bucket for records and evidence.
    pub with_bucket: bool,
    /// What goes wrong.
    pub faults: FaultPlan,
}

impl Case {
    /// A case of this sketch.
    pub fn of(seed: u64, sketch: Sketch, with_bucket: bool, faults: FaultPlan) -> Case {
        Case {
            seed,
            host: HOSTS[0],
            plan: sketch.plan(),
            scenario: sketch.scenario(seed),
            sketch: Some(sketch),
            with_bucket,
            faults,
        }
    }

    /// Plan and scenario, as the rehearsal takes them; what is wrong with them
    /// otherwise.
    ///
    /// # Errors
    ///
    /// Where one of the two cannot be read.
    pub fn read(&self) -> Result<(Plan, Scenario), String> {
        let plan = Plan::read_yaml(&self.plan)
            .map_err(|problems| problems.render("the plan", Some(&self.plan)))?;
        let scenario = Scenario::parse(&self.scenario, Path::new("."))
            .map_err(|error| format!("{error}\n{}", self.scenario))?;
        Ok((plan, scenario))
    }

    /// Everything in it, for people who look for what went wrong.
    pub fn told(&self) -> String {
        let faults = serde_json::to_string(&self.faults).unwrap_or_default();
        let bucket = if self.with_bucket {
            ""
        } else {
            "without a bucket\n"
        };
        format!(
            "{}\n{}\n{bucket}faults: {faults}\n",
            self.plan, self.scenario
        )
    }
}
