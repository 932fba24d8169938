//! Reading one layer.

use serde_json::json;

use crate::layers::{Layer, Scope};

#[track_caller]
fn check_refused(scope: &str, text: &str, expected: &str) {
    let scope: Scope = scope.parse().unwrap();
    let problems = Layer::read(&scope, "x", text, |_| Ok(())).expect_err(text);
    assert_eq!(problems.lines("layer").trim_end(), expected);
}

#[test]
fn mistakes_in_a_layer_are_named_with_line_and_column() {
    check_refused(
        "organisation",
        "stages:\n  prod:\n    gates: [{ bake: { for: 30 } }]\n",
        "layer:3:28: stages.prod.gates[0].bake.for: `30` has no unit",
    );
    check_refused(
        "organisation",
        "stages:\n  prod:\n    gates: [{ bake: { fro: 30m } }]\n",
        "layer:3:23: stages.prod.gates[0].bake: `fro` is not a field of `bake`",
    );
    check_refused(
        "organisation",
        "stages: { prod: { gates: [], loosenable: [bake.for] } }",
        "layer:1:43: stages.prod.loosenable[0]: `bake.for` begins with no gate that this layer has here",
    );
    check_refused(
        "stage:prod*",
        "stages: { prod: { gates: [] } }",
        "layer:1:11: stages.prod: `prod` is not the stage of this layer",
    );
    check_refused(
        "organisation",
        "pipelines: [a]\nstages: { prod: {} }",
        "layer:1:1: `pipelines` is not a field of a layer",
    );
    check_refused(
        "organisation",
        "",
        "layer:1:1: is empty, and a map is wanted",
    );
    let artifact = Layer::artifact(&json!({ "service": "a", "stages": { "p*": {} } })).unwrap_err();
    assert!(
        artifact.lines("plan").contains("is not a name"),
        "{artifact}"
    );
}
