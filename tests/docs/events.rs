//! The shapes of events in `docs/events` are those of the types.

use std::path::Path;

use serde_json::Value;
use sluice_core::schema::{gate_verdict_schema, notice_schema};

/// `cargo test` says what to write into a file that is no longer right.
#[track_caller]
fn check(file: &str, expected: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/events")
        .join(file);
    let written = std::fs::read_to_string(path).unwrap_or_default();
    let expected = format!("{expected:#}\n");
    assert!(written == expected, "{file} has to be:\n{expected}");
}

#[test]
fn what_a_gate_says_is_documented_as_it_is() {
    check("gate-verdict.schema.json", &gate_verdict_schema());
}

#[test]
fn what_people_are_told_is_documented_as_it_is() {
    check("notice.schema.json", &notice_schema());
}
