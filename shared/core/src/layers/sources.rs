//! Where each value of a resolved plan comes from.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::plan::StagePlan;

/// What stands for a layer where nobody wrote a value.
pub const DEFAULT: &str = "default";

/// Settings that others bring where they are not written themselves.
const BROUGHT: [&str; 2] = ["kayenta", "preset"];

/// All values of a stage, with their paths: `bake.alarms[0]`, `on_fail.notify[1]`.
pub fn values(stage: &StagePlan) -> Vec<(String, Json)> {
    let mut found = Vec::new();
    for (name, json, _) in blocks(stage) {
        collect(&name, &json, &mut found);
    }
    found
}

/// The layer of each value, from the layers in the shape of what was merged.
pub(super) fn sources(stage: &StagePlan, layers: &Json) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, json, index) in blocks(stage) {
        let layers = match index {
            Some(index) => settings_of(&layers["gates"][index]),
            None => Some(layers),
        };
        let mut own = Vec::new();
        note(&name, &json, layers, DEFAULT, &mut own);
        found.extend(own);
    }
    found
}

/// The gates and the stage's own fields, by what their paths begin with.
fn blocks(stage: &StagePlan) -> Vec<(String, Json, Option<usize>)> {
    let gates = stage.gates.iter().enumerate().map(|(index, gate)| {
        let settings = settings_of(&gate.settings.to_json()).cloned();
        (gate.name.clone(), settings.unwrap_or_default(), Some(index))
    });
    let mut blocks: Vec<(String, Json, Option<usize>)> = gates.collect();
    let mut own = serde_json::to_value(stage).expect("a stage is JSON");
    if let Some(fields) = own.as_object_mut() {
        fields.remove("gates");
    }
    blocks.push((String::new(), own, None));
    blocks
}

/// The settings behind a gate's kind.
fn settings_of(gate: &Json) -> Option<&Json> {
    gate.as_object()?.values().next()
}

fn step(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn collect(path: &str, json: &Json, found: &mut Vec<(String, Json)>) {
    match json {
        Json::Object(fields) if !fields.is_empty() => fields
            .iter()
            .for_each(|(key, value)| collect(&step(path, key), value, found)),
        Json::Array(items) if !items.is_empty() => items
            .iter()
            .enumerate()
            .for_each(|(index, item)| collect(&format!("{path}[{index}]"), item, found)),
        _ => found.push((path.to_owned(), json.clone())),
    }
}

/// Follows values and layers side by side. Where what was read has more than
/// what was written, it comes from whoever wrote what it is in.
fn note(
    path: &str,
    json: &Json,
    layers: Option<&Json>,
    around: &str,
    found: &mut Vec<(String, String)>,
) {
    let around = match layers {
        Some(Json::String(layer)) => layer,
        _ => around,
    };
    match json {
        Json::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                let below = layers.and_then(|layers| layers.get(key));
                let around = match below {
                    None => layers
                        .and_then(|layers| bringing(key, layers))
                        .unwrap_or(around),
                    Some(below) => first_layer(below).unwrap_or(around),
                };
                note(&step(path, key), value, below, around, found);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                let below = layers.and_then(|layers| layers.get(index));
                let around = below.and_then(first_layer).unwrap_or(around);
                note(&format!("{path}[{index}]"), item, below, around, found);
            }
        }
        _ => found.push((path.to_owned(), around.to_owned())),
    }
}

/// The layer of the setting that brings this one.
fn bringing<'a>(key: &str, layers: &'a Json) -> Option<&'a str> {
    let is_brought = matches!(key, "metrics" | "namespace" | "traffic");
    let mut names = BROUGHT.iter().filter(|_| is_brought);
    names.find_map(|name| first_layer(layers.get(name)?))
}

fn first_layer(layers: &Json) -> Option<&str> {
    match layers {
        Json::String(layer) => Some(layer),
        Json::Array(items) => items.iter().find_map(first_layer),
        Json::Object(fields) => fields.values().find_map(first_layer),
        _ => None,
    }
}
