//! Keeps what functions ask of AWS, and holds them to their policies.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sluice_world::rights::{Guard, Policy, Wanted, access_key_of};

use super::path;

/// The functions, as the template calls them.
pub(super) const FUNCTIONS: [&str; 10] = [
    "bake", "canary", "checks", "hook", "notify", "override", "plan", "reaper", "validate",
    "worker",
];

/// A right that a function made use of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Used {
    function: String,
    /// The role of a plan with which it called, where it was not its own.
    with: Option<String>,
    action: String,
    resource: String,
}

impl Used {
    /// As it is written down.
    pub(super) fn line(&self) -> String {
        let (function, with) = (&self.function, &self.with);
        let (action, resource) = (&self.action, &self.resource);
        json!({ "function": function, "with": with, "action": action, "resource": resource })
            .to_string()
    }
}

/// Shared with the guard of the worlds.
#[derive(Clone, Default)]
pub(super) struct Recorder {
    /// What each function may do. Not there: everything.
    policies: Arc<BTreeMap<String, Policy>>,
    used: Arc<Mutex<BTreeSet<Used>>>,
    refused: Arc<Mutex<BTreeSet<(String, String)>>>,
}

impl Recorder {
    /// One that lets functions do what the template allows, or everything.
    pub(super) fn new(holds: bool) -> Recorder {
        let policies = if holds { policies() } else { BTreeMap::new() };
        Recorder {
            policies: Arc::new(policies),
            ..Recorder::default()
        }
    }

    /// For worlds that are made.
    pub(super) fn guard(&self) -> Guard {
        let own = self.clone();
        let functions: BTreeMap<String, &str> = FUNCTIONS
            .into_iter()
            .map(|name| (access_key_of(&format!("sluice-{name}")), name))
            .collect();
        Arc::new(move |wanted: &Wanted| {
            let assumed = wanted.assumed.as_ref();
            let by = assumed.map_or(&wanted.access_key, |assumed| &assumed.by);
            // Others are people, state machines, and who looks in a test.
            let Some(function) = functions.get(by) else {
                return true;
            };
            own.heard(function, wanted)
        })
    }

    fn heard(&self, function: &str, wanted: &Wanted) -> bool {
        let assumed = wanted.assumed.as_ref();
        self.used.lock().unwrap().insert(Used {
            function: function.to_owned(),
            with: assumed.map(|assumed| assumed.role.clone()),
            action: wanted.action.clone(),
            resource: kind_of(&wanted.resource),
        });
        // What a plan's role may do is not up to the template.
        let policy = self.policies.get(function).filter(|_| assumed.is_none());
        let allowed = policy.is_none_or(|own| own.allows(&wanted.action, &wanted.resource));
        if !allowed {
            let refused = (function.to_owned(), wanted.action.clone());
            self.refused.lock().unwrap().insert(refused);
        }
        allowed
    }

    pub(super) fn calls(&self) -> BTreeSet<Used> {
        self.used.lock().unwrap().clone()
    }

    /// Function and action of what was not allowed.
    pub(super) fn refused(&self) -> BTreeSet<(String, String)> {
        self.refused.lock().unwrap().clone()
    }
}

/// What the template allows each function.
fn policies() -> BTreeMap<String, Policy> {
    let text = fs::read_to_string(path("policies.json")).unwrap();
    let all: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    let all = all.into_iter();
    all.map(|(function, policy)| (function, Policy::parse(&policy.to_string()).unwrap()))
        .collect()
}

/// A resource without what is another one in each release: the key of an
/// object below its first folder, the name of an execution.
fn kind_of(resource: &str) -> String {
    if let Some(object) = resource.strip_prefix("arn:aws:s3:::") {
        let parts: Vec<&str> = object.splitn(3, '/').collect();
        return match parts[..] {
            [bucket, folder, _] => format!("arn:aws:s3:::{bucket}/{folder}/*"),
            _ => resource.to_owned(),
        };
    }
    match resource.rsplit_once(':') {
        Some((machine, _)) if machine.contains(":execution:") => format!("{machine}:*"),
        _ => resource.to_owned(),
    }
}

#[test]
fn resources_lose_what_is_another_one_in_each_release() {
    for (resource, expected) in [
        (
            "arn:aws:s3:::b/begun/1/prod/bake.json",
            "arn:aws:s3:::b/begun/*",
        ),
        ("arn:aws:s3:::b/alone", "arn:aws:s3:::b/alone"),
        ("arn:aws:s3:::b", "arn:aws:s3:::b"),
        (
            "arn:aws:states:r:1:execution:gate:one",
            "arn:aws:states:r:1:execution:gate:*",
        ),
        (
            "arn:aws:states:r:1:stateMachine:gate",
            "arn:aws:states:r:1:stateMachine:gate",
        ),
        ("*", "*"),
    ] {
        assert_eq!(kind_of(resource), expected);
    }
}
