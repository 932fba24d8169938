//! Reading layers: the shape of `sluice.yaml`, in which gates may be written
//! in part.

use serde_json::{Map, Value as Json};

use super::scope::{Pattern, Scope};
use crate::expression::CheckExpression;
use crate::fields::{Fields, Place, list_of, list_up_to};
use crate::notices::Notifications;
use crate::plan::{GATES_MAX, STAGES_MAX, finish, gate_settings, policies};
use crate::problems::Problems;
use crate::read::{name_like, no_twice, notifications, refuse_unknown_channels, text};
use crate::tree::{Node, Value};
use crate::words::{quote, quote_all};

/// What the plan of a release's artifact is called among layers.
pub const ARTIFACT: &str = "artifact";

/// The fields of a stage beside its gates.
pub(super) const STAGE_FIELDS: [&str; 4] =
    ["on_fail", "on_inconclusive", "on_error", "stop_others"];

const PIPELINES_MAX: usize = 100;
const LOOSENABLE_MAX: usize = 200;

/// One layer: what somebody wrote for a scope, or the artifact's plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// `organisation@3`, or `artifact`.
    pub label: String,
    /// Whom it is for; `None` for an artifact's.
    pub scope: Option<Scope>,
    /// The service that an artifact says it is of.
    pub service: Option<String>,
    /// The pipelines that a service is bound to. None: to no one.
    pub pipelines: Vec<String>,
    /// Who is told what.
    pub notifications: Option<Notifications>,
    pub(super) stages: Vec<(Pattern, Requirements)>,
}

/// What a layer requires at the stages of a pattern.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Requirements {
    pub(super) gates: Vec<GateInPart>,
    /// Policies and `stop_others`, as they were written.
    pub(super) fields: Map<String, Json>,
    /// Which of its values later layers may loosen.
    pub(super) loosenable: Vec<String>,
}

/// A gate, of whose settings other layers may give some.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GateInPart {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) settings: Map<String, Json>,
}

impl Layer {
    /// Reads the document of a scope, with its expressions checked by somebody
    /// who can.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn read(
        scope: &Scope,
        label: &str,
        text: &str,
        check: CheckExpression,
    ) -> Result<Layer, Problems> {
        let node = Node::from_yaml(text)?;
        finish(check, |problems| {
            layer(Some(scope), label, &Place::root(&node, ""), problems)
        })
    }

    /// Reads the plan of a release's artifact. It may give gates in part, too.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn artifact(plan: &Json) -> Result<Layer, Problems> {
        let node = Node::from_json(plan)?;
        finish(
            |_| Ok(()),
            |problems| layer(None, ARTIFACT, &Place::root(&node, ""), problems),
        )
    }

    /// The patterns of stages that it has something for, as they were written.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.stages.iter().map(|(pattern, _)| pattern)
    }
}

fn layer(
    scope: Option<&Scope>,
    label: &str,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<Layer> {
    let mut fields = Fields::of("a layer", place, problems)?;
    let service = match scope {
        None => fields.optional("service", name_like),
        Some(_) => None,
    };
    let pipelines = match scope {
        Some(Scope::Service(_)) => fields.defaulted("pipelines", pipelines),
        _ => Vec::new(),
    };
    let read = |place: &Place<'_>, problems: &mut Problems| stages(scope, place, problems);
    let notifications = fields.optional("notifications", |place, problems| {
        let read = notifications(place, problems)?;
        if scope == Some(&Scope::Organisation) {
            refuse_unknown_channels(&read, place, problems);
        }
        Some(read)
    });
    // A layer may be there for something else than its stages.
    let has_more = !pipelines.is_empty() || (scope.is_some() && fields.has("notifications"));
    let stages = if !has_more {
        fields.required_or(
            "stages",
            "write `stages: { PATTERN: { gates: [...] } }`",
            read,
        )
    } else {
        fields.optional("stages", read).or(Some(Vec::new()))
    };
    fields.finish();
    Some(Layer {
        label: label.to_owned(),
        scope: scope.cloned(),
        service,
        pipelines,
        notifications,
        stages: stages?,
    })
}

fn pipelines(place: &Place<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let names = list_up_to(PIPELINES_MAX, name_like)(place, problems)?;
    no_twice(&names, place, problems, |name| quote(name));
    Some(names)
}

type Stages = Vec<(Pattern, Requirements)>;

fn stages(scope: Option<&Scope>, place: &Place<'_>, problems: &mut Problems) -> Option<Stages> {
    let entries = place.entries_up_to(STAGES_MAX, "stages", problems)?;
    let mut read = Vec::new();
    for (key, node) in entries {
        let place = place.entry(key, node);
        let pattern = pattern(scope, &key.name, &place, problems);
        let requirements = requirements(scope.is_some(), &place, problems);
        read.push(pattern.zip(requirements));
    }
    read.into_iter().collect()
}

fn pattern(
    scope: Option<&Scope>,
    name: &str,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<Pattern> {
    let hint = "1 to 100 letters, digits, `.`, `@`, `_`, `-`, and `*` for any of them";
    let read = Pattern::read(name);
    let Some(pattern) = read else {
        problems.push(place.bad_key(name, hint));
        return None;
    };
    match scope {
        Some(Scope::Stage(own)) if *own != pattern => {
            let message = format!("{} is not the stage of this layer", quote(name));
            let hint = format!("write `{own}`, or push it as `stage:{name}`");
            problems.push(place.error_at_key(message).hint(hint));
            None
        }
        None if !pattern.is_one_name() => {
            problems.push(place.bad_key(name, "the plan of an artifact names its stages in full"));
            None
        }
        _ => Some(pattern),
    }
}

fn requirements(
    may_loosen: bool,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<Requirements> {
    let mut fields = Fields::of("a stage of a layer", place, problems)?;
    let gates = fields.defaulted("gates", gates);
    policies(&mut fields);
    let loosenable = if may_loosen {
        fields.defaulted("loosenable", |place, problems| {
            loosenable(&gates, place, problems)
        })
    } else {
        Vec::new()
    };
    let written = STAGE_FIELDS.iter().filter_map(|name| {
        let place = fields.find(name)?;
        Some(((*name).to_owned(), place.node.to_json()))
    });
    let written = written.collect();
    fields.finish();
    Some(Requirements {
        gates,
        fields: written,
        loosenable,
    })
}

fn gates(place: &Place<'_>, problems: &mut Problems) -> Option<Vec<GateInPart>> {
    let gates = list_up_to(GATES_MAX, gate)(place, problems)?;
    if let Value::List(items) = &place.node.value {
        for (index, (own, node)) in gates.iter().zip(items).enumerate() {
            if gates.iter().take(index).any(|other| other.name == own.name) {
                let message = format!(
                    "a second gate of this stage has the name {}",
                    quote(&own.name)
                );
                let hint = format!("give one of them another: `name: {}-2`", own.name);
                problems.push(place.item(index, node).error(message).hint(hint));
            }
        }
    }
    Some(gates)
}

fn gate(place: &Place<'_>, problems: &mut Problems) -> Option<GateInPart> {
    let before = problems.len();
    problems.in_part(|problems| gate_settings(place, problems));
    let Value::Map(entries) = &place.node.value else {
        return None;
    };
    let (kind, Json::Object(mut settings)) =
        entries.first().map(|(key, node)| (key, node.to_json()))?
    else {
        return None;
    };
    let name = settings.remove("name");
    let name = name.as_ref().and_then(Json::as_str).unwrap_or(&kind.name);
    if STAGE_FIELDS.contains(&name) {
        let message = format!(
            "{} is a field of stages, and no name for a gate",
            quote(name)
        );
        problems.push(
            place
                .error(message)
                .hint("give it another `name`".to_owned()),
        );
    }
    (problems.len() == before).then(|| GateInPart {
        name: name.to_owned(),
        kind: kind.name.clone(),
        settings,
    })
}

/// Paths that begin with a gate of this layer, or a field of the stage.
fn loosenable(
    gates: &[GateInPart],
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let names: Vec<&str> = gates
        .iter()
        .map(|gate| gate.name.as_str())
        .chain(STAGE_FIELDS)
        .collect();
    let one = |place: &Place<'_>, problems: &mut Problems| {
        let written = text(place, problems)?;
        let is_own = |name: &&str| {
            let rest = written.strip_prefix(*name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if names.iter().any(is_own) {
            return Some(written.to_owned());
        }
        let message = format!(
            "{} begins with no gate that this layer has here",
            quote(written)
        );
        let hint = format!(
            "a layer lets later ones loosen what it wrote itself, such as `bake.for`; it has {}",
            quote_all(&names)
        );
        problems.push(place.error(message).hint(hint));
        None
    };
    if let Value::List(items) = &place.node.value
        && items.len() > LOOSENABLE_MAX
    {
        let message = format!(
            "has {} items, and at most {LOOSENABLE_MAX} are read",
            items.len()
        );
        problems.push(place.error(message));
        return None;
    }
    list_of(one)(place, problems)
}
