//! JSON Schemas: of `sluice.yaml`, for editors, and of evidence, for programs.
//!
//! That of the plan comes from the same types that the reader fills; a test holds its fields
//! to those that the reader asks for. It says less than the reader: what
//! fields mean for each other is only checked there.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use serde_json::json;

use crate::evidence::Evidence;
use crate::notices::{GateVerdict, Notice};
use crate::plan::Plan;
use crate::settings::{Bake, Clear};
use crate::{bake, clear};

/// JSON Schema (2020-12) of a plan.
pub fn plan_schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12()
        .with_transform(RecursiveTransform(refuse_null))
        .into_generator();
    let mut schema = generator.into_root_schema_for::<Plan>();
    schema.insert("title".to_owned(), "sluice.yaml".into());
    schema.to_value()
}

/// JSON Schema (2020-12) of what a gate says on the bus.
pub fn gate_verdict_schema() -> serde_json::Value {
    event_schema::<GateVerdict>("Detail of `Sluice Gate Verdict`, version 1")
}

/// JSON Schema (2020-12) of what is told, the same to every channel.
pub fn notice_schema() -> serde_json::Value {
    event_schema::<Notice>("What people are told, form 1")
}

/// As it is written: every field is there, and new ones may come.
fn event_schema<T: JsonSchema>(title: &str) -> serde_json::Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    schema.to_value()
}

/// Adds what evidence of one kind of gate holds, and gives the condition.
pub type Kind = fn(&mut SchemaGenerator) -> serde_json::Value;

/// JSON Schema (2020-12) of evidence, for the kinds of gates that this crate
/// judges and for others.
pub fn evidence_schema(others: &[Kind]) -> serde_json::Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut kinds = vec![
        kind::<Bake, bake::Begun, bake::Memory, bake::Facts>(&mut generator, "bake"),
        kind::<Clear, clear::Begun, (), clear::Facts>(&mut generator, "clear"),
    ];
    kinds.extend(others.iter().map(|kind| kind(&mut generator)));
    let mut schema = generator.into_root_schema_for::<Evidence>();
    schema.insert("title".to_owned(), "Sluice evidence".into());
    schema.insert("allOf".to_owned(), kinds.into());
    schema.to_value()
}

/// What settings, `begun`, `memory` and `facts` are in evidence of this kind.
/// A gate that ended before it had them has none.
pub fn kind<Settings: JsonSchema, Begun: JsonSchema, Memory: JsonSchema, Facts: JsonSchema>(
    generator: &mut SchemaGenerator,
    kind: &str,
) -> serde_json::Value {
    let part = |schema: Schema| json!({ "anyOf": [schema, { "type": "null" }] });
    let settings = json!({
        "anyOf": [
            { "type": "object", "properties": { kind: generator.subschema_for::<Settings>() }, "required": [kind] },
            { "type": "null" },
        ],
    });
    let begun = generator.subschema_for::<Begun>();
    let memory = generator.subschema_for::<Memory>();
    let facts = generator.subschema_for::<Facts>();
    json!({
        "if": { "properties": { "kind": { "const": kind } }, "required": ["kind"] },
        "then": { "properties": {
            "settings": settings, "begun": part(begun), "memory": part(memory), "facts": part(facts),
        } },
    })
}

/// A field that may be left out may not be written as `null`: the reader takes
/// that for a forgotten value.
fn refuse_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if let Some(serde_json::Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(serde_json::Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [serde_json::Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            object.extend(only);
        }
    }
}

#[cfg(test)]
mod tests;
