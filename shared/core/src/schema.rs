//! The JSON Schema of `sluice.yaml`, for editors.
//!
//! It comes from the same types that the reader fills; a test holds its fields
//! to those that the reader asks for. It says less than the reader: what
//! fields mean for each other is only checked there.

use schemars::generate::SchemaSettings;

use crate::plan::Plan;

/// JSON Schema (2020-12) of a plan.
pub fn plan_schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Plan>();
    schema.insert("title".to_owned(), "sluice.yaml".into());
    schema.to_value()
}

#[cfg(test)]
mod tests;
