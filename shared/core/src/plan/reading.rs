//! From documents to plans.

use serde_json::Value as Json;

use super::rollback::roll_back;
use super::{
    GATES_MAX, GatePlan, GateSettings, Plan, Policies, Policy, RollBack, STAGES_MAX, StagePlan,
};
use crate::expression::CheckExpression;
use crate::fields::{Fields, Place, list_of, list_up_to, locate};
use crate::problems::Problems;
use crate::read::{
    NAME_HINT, bake, canary, clear, flag, is_name, name_like, no_twice, notifications, validate,
};
use crate::tree::{Key, Node, Value};
use crate::words::{closest, quote, quote_all};

/// The kinds of gates.
pub(crate) const KINDS: [&str; 4] = ["bake", "canary", "clear", "validate"];

const EXAMPLE_GATE: &str =
    "write `- bake: { for: 1h, alarms: [checkout-5xx], traffic: not_measured }`";

impl Plan {
    /// Reads `sluice.yaml`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn read_yaml(text: &str) -> Result<Plan, Problems> {
        Plan::read_yaml_with_warnings(text).map(|(plan, _)| plan)
    }

    /// Reads `sluice.yaml`, and says what is allowed but worth a look.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn read_yaml_with_warnings(text: &str) -> Result<(Plan, Problems), Problems> {
        Plan::read_yaml_checked(text, UNCHECKED)
    }

    /// The same, with the expressions in it checked by somebody who can.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn read_yaml_checked(
        text: &str,
        check: CheckExpression,
    ) -> Result<(Plan, Problems), Problems> {
        let node = Node::from_yaml(text)?;
        let place = Place::root(&node, "");
        let plan = finish(check, |problems| plan(&place, problems))?;
        let warnings = locate(plan.warnings(), &node);
        Ok((plan, warnings))
    }

    /// Reads a plan from parsed JSON, as the plan store keeps it. Its stages
    /// come in the order in which `json` holds them.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn read_json(json: &Json) -> Result<Plan, Problems> {
        read_plan(&Node::from_json(json)?)
    }
}

impl StagePlan {
    /// Reads one stage from parsed JSON.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, with paths that begin at its name.
    pub fn read_json(name: &str, json: &Json) -> Result<StagePlan, Problems> {
        let node = Node::from_json(json)?;
        let key = Key {
            name: name.to_owned(),
            at: None,
        };
        finish(UNCHECKED, |problems| {
            stage(&key, &Place::root(&node, name), problems)
        })
    }
}

impl GateSettings {
    /// Reads the settings of one gate of a known kind, without the kind around
    /// them: `settings` in the parameters of an action.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them, with paths that begin in `settings`.
    pub fn read_json(kind: &str, json: &Json) -> Result<GateSettings, Problems> {
        let node = Node::from_json(json)?;
        let place = Place::root(&node, "settings");
        finish(UNCHECKED, |problems| {
            settings_of(kind, &place, &place, problems)
        })
    }

    /// Reads what [`GateSettings::to_json`] wrote: `{"bake": {...}}`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn from_json(json: &Json) -> Result<GateSettings, Problems> {
        let node = Node::from_json(json)?;
        finish(UNCHECKED, |problems| {
            gate_settings(&Place::root(&node, ""), problems)
        })
    }
}

/// Expressions are checked by those who use them.
const UNCHECKED: CheckExpression = |_| Ok(());

/// Runs a reader. What it gives counts only if it found no problem.
pub(crate) fn finish<T>(
    check: CheckExpression,
    read: impl FnOnce(&mut Problems) -> Option<T>,
) -> Result<T, Problems> {
    let mut problems = Problems::new();
    let read = read(&mut problems);
    problems.settle(check);
    match read {
        Some(value) if problems.is_empty() => Ok(value),
        _ => {
            assert!(!problems.is_empty(), "a reader gave up without a problem");
            Err(problems)
        }
    }
}

fn read_plan(node: &Node) -> Result<Plan, Problems> {
    finish(UNCHECKED, |problems| plan(&Place::root(node, ""), problems))
}

fn plan(place: &Place<'_>, problems: &mut Problems) -> Option<Plan> {
    if place.node.value == Value::Null {
        let hint = "write `service: NAME` and `stages:` with at least one gate";
        let message = "the document is empty, and an empty plan would pass every release";
        problems.push(place.error(message).hint(hint.to_owned()));
        return None;
    }
    let mut fields = Fields::of("a plan", place, problems)?;
    let service = fields.required_or("service", "write `service: NAME`", name_like);
    let stages = fields.required_or(
        "stages",
        "a plan without stages would pass every release: write `stages: { NAME: { gates: [...] } }`",
        stages,
    );
    let notifications = fields.optional("notifications", notifications);
    fields.finish();
    Some(Plan {
        service: service?,
        stages: stages?,
        notifications,
    })
}

fn stages(place: &Place<'_>, problems: &mut Problems) -> Option<Vec<StagePlan>> {
    let entries = place.entries(problems)?;
    if entries.is_empty() {
        let message = "names no stage, and an empty plan would pass every release";
        problems.push(place.error(message));
        return None;
    }
    if entries.len() > STAGES_MAX {
        let message = format!(
            "has {} stages, and at most {STAGES_MAX} are read",
            entries.len()
        );
        problems.push(place.error(message));
        return None;
    }
    let read: Vec<Option<StagePlan>> = entries
        .iter()
        .map(|(key, node)| stage(key, &place.entry(key, node), problems))
        .collect();
    read.into_iter().collect()
}

fn stage(key: &Key, place: &Place<'_>, problems: &mut Problems) -> Option<StagePlan> {
    if !is_name(&key.name) {
        problems.push(place.bad_key(&key.name, NAME_HINT));
    }
    let mut fields = Fields::of("a stage", place, problems)?;
    let gates = fields.required_or("gates", EXAMPLE_GATE, gates);
    let (policies, stop_others) = policies(&mut fields);
    fields.finish();
    Some(StagePlan {
        name: key.name.clone(),
        gates: gates?,
        policies,
        stop_others,
    })
}

/// What a stage says beside its gates: policies, and `stop_others`.
pub(crate) fn policies(fields: &mut Fields<'_, '_>) -> (Policies, bool) {
    let on_fail = fields.defaulted("on_fail", |place, problems| {
        policy(Answer::Fail, place, problems)
    });
    let on_inconclusive = fields.defaulted("on_inconclusive", |place, problems| {
        policy(Answer::Inconclusive, place, problems)
    });
    let on_error = fields.defaulted("on_error", |place, problems| {
        policy(Answer::Error, place, problems)
    });
    let stop_others = fields.defaulted("stop_others", flag);
    let policies = Policies {
        on_fail,
        on_inconclusive,
        on_error,
    };
    (policies, stop_others)
}

fn gates(place: &Place<'_>, problems: &mut Problems) -> Option<Vec<GatePlan>> {
    if let Value::List(items) = &place.node.value {
        if items.is_empty() {
            let message = "has no gate, so it would pass every release";
            problems.push(place.error(message).hint(EXAMPLE_GATE.to_owned()));
            return None;
        }
        if items.len() > GATES_MAX {
            let message = format!(
                "has {} gates, and at most {GATES_MAX} are read",
                items.len()
            );
            problems.push(place.error(message));
            return None;
        }
    }
    let gates = list_of(gate)(place, problems)?;
    let names: Vec<&str> = gates.iter().map(|gate| gate.name.as_str()).collect();
    if let Value::List(items) = &place.node.value {
        for (index, (name, node)) in names.iter().zip(items).enumerate() {
            if names.iter().take(index).any(|earlier| earlier == name) {
                let message = format!("a second gate of this stage has the name {}", quote(name));
                let hint = format!("give one of them another: `name: {name}-2`");
                problems.push(place.item(index, node).error(message).hint(hint));
            }
        }
    }
    Some(gates)
}

fn gate(place: &Place<'_>, problems: &mut Problems) -> Option<GatePlan> {
    let settings = gate_settings(place, problems)?;
    Some(GatePlan {
        name: settings.name().to_owned(),
        settings,
    })
}

/// A map of exactly one kind of gate to its settings.
pub(crate) fn gate_settings(place: &Place<'_>, problems: &mut Problems) -> Option<GateSettings> {
    let entries = match &place.node.value {
        Value::Map(entries) => entries,
        _ => {
            let problem = place.wrong_kind("a gate with its settings");
            problems.push(problem.hint(EXAMPLE_GATE.to_owned()));
            return None;
        }
    };
    match entries.as_slice() {
        [(key, node)] => settings_of(&key.name, &place.entry(key, node), place, problems),
        [(key, node), ..] if node.value == Value::Null => {
            let hint = format!(
                "indent the settings by two spaces more than `{}:`",
                key.name
            );
            let message = format!("the settings of {} stand beside it", quote(&key.name));
            problems.push(place.error(message).hint(hint));
            None
        }
        _ => {
            let message = format!("{} keys where one kind of gate is wanted", entries.len());
            problems.push(place.error(message).hint(EXAMPLE_GATE.to_owned()));
            None
        }
    }
}

/// The settings of a gate of some kind. A wrong kind is a problem of `gate`.
fn settings_of(
    kind: &str,
    place: &Place<'_>,
    gate: &Place<'_>,
    problems: &mut Problems,
) -> Option<GateSettings> {
    match kind {
        "bake" => bake(place, problems).map(GateSettings::Bake),
        "canary" => canary(place, problems).map(GateSettings::Canary),
        "clear" => clear(place, problems).map(GateSettings::Clear),
        "validate" => validate(place, problems).map(GateSettings::Validate),
        _ => {
            let known = quote_all(&KINDS);
            let message = format!("{} is not a kind of gate", quote(kind));
            let hint = match closest(kind, &KINDS) {
                Some(guess) => format!("did you mean `{guess}`? known are {known}"),
                None => format!("known are {known}"),
            };
            problems.push(gate.error(message).hint(hint));
            None
        }
    }
}

/// Which answer of a gate a policy is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Fail,
    Inconclusive,
    Error,
}

fn policy(answer: Answer, place: &Place<'_>, problems: &mut Problems) -> Option<Policy> {
    let mut fields = Fields::of("a policy", place, problems)?;
    let roll_back = fields.defaulted("roll_back", roll_back);
    let notify = fields.defaulted("notify", notify);
    let proceed = fields.defaulted("proceed", flag);
    if roll_back != RollBack::No && answer != Answer::Fail {
        fields.report(
            "roll_back",
            "only `on_fail` rolls back: an outage of what the gate reads would roll back good releases",
            "write `roll_back: no`, or leave it out: the release is held until somebody decides",
        );
    }
    if proceed && answer != Answer::Inconclusive {
        fields.report(
            "proceed",
            "only `on_inconclusive` takes `proceed`",
            "to let releases go on whatever a gate says, write `mode: watch_only` in its settings",
        );
    }
    fields.finish();
    Some(Policy {
        roll_back,
        notify,
        proceed,
    })
}

/// More targets than this are a mistake.
const NOTIFY_MAX: usize = 50;

fn notify(place: &Place<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let names = list_up_to(NOTIFY_MAX, name_like)(place, problems)?;
    no_twice(&names, place, problems, |name| quote(name));
    Some(names)
}
