//! The JSON Schema of `sluice.yaml`, for editors.
//!
//! It comes from the same types that the reader fills; a test holds its fields
//! to those that the reader asks for. It says less than the reader: what
//! fields mean for each other is only checked there.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;

use crate::plan::Plan;

/// JSON Schema (2020-12) of a plan.
pub fn plan_schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12()
        .with_transform(RecursiveTransform(refuse_null))
        .into_generator();
    let mut schema = generator.into_root_schema_for::<Plan>();
    schema.insert("title".to_owned(), "sluice.yaml".into());
    schema.to_value()
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
