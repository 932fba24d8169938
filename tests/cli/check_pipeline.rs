//! `sluice check --pipeline`: the built binary, what it prints and how it ends.

use serde_json::{Value, json};

use super::{root, sluice, sluice_with};

const PLAN: &str = "examples/checkout/sluice.yaml";
const PIPELINE: &str = "examples/checkout/pipeline.json";

const OK: &str = "\
examples/checkout/pipeline.json: ok: pipeline checkout, V2, SUPERSEDED, 4
  stages; 0 mistakes, 0 warnings
  beta: `roll_back: no`; possible here: stage
  prod-one-box: `roll_back: no`; possible here: stage
  prod: `roll_back: no`; possible here: stage
";

/// The pipeline of the example, changed.
fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let text = std::fs::read_to_string(root().join(PIPELINE)).unwrap();
    let mut document = serde_json::from_str(&text).unwrap();
    change(&mut document);
    serde_json::to_vec(&document).unwrap()
}

#[test]
fn the_pipeline_of_the_example_has_what_its_plan_needs() {
    let ran = sluice(&["check", PLAN, "--pipeline", PIPELINE]);
    assert_eq!(ran.code, 0, "{}", ran.output);
    assert!(ran.output.ends_with(OK), "{}", ran.output);
    let quiet = sluice(&["check", "--quiet", PLAN, "--pipeline", PIPELINE]);
    assert_eq!((quiet.code, quiet.output.as_str()), (0, ""));
}

const NOT_OK: &str = "\
<stdin>: warning: stages.beta.on_fail.roll_back: the stage has
    `onFailure.result: ROLLBACK`: CodePipeline rolls it back for every failed
    action, also where a gate is inconclusive or could not answer
  hint: an outage of CloudWatch then rolls good releases back; `roll_back:
        stage` without `onFailure` does not
<stdin>: stages.prod-one-box.bake: the action `prod-one-box/bake` has runOrder
    1: the deployment has 1, and has not ended by then
  hint: put it into the stage of the deployment, with a higher runOrder than
        that has
<stdin>: stages.prod: the pipeline has no stage `prod`, which the plan names
  hint: its stages are `source`, `beta`, `prod-one-box`, `live`
";

#[test]
fn what_is_wrong_is_told_in_80_columns_and_ends_as_mistakes_of_plans_do() {
    let pipeline = changed(|document| {
        let stages = &mut document["pipeline"]["stages"];
        stages[1]["onFailure"] = json!({ "result": "ROLLBACK" });
        stages[2]["actions"][1]["runOrder"] = json!(1);
        stages[3]["name"] = json!("live");
    });
    let ran = sluice_with(&pipeline, &["check", "--quiet", PLAN, "--pipeline", "-"]);
    assert_eq!(ran.code, 3);
    assert_eq!(ran.output, NOT_OK);
    assert!(ran.output.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn the_document_says_it_too() {
    let pipeline = changed(|document| document["pipeline"]["executionMode"] = json!("PARALLEL"));
    let ran = sluice_with(&pipeline, &["check", "--json", PLAN, "--pipeline", "-"]);
    assert_eq!(ran.code, 0, "{}", ran.output);
    let document: Value = serde_json::from_str(&ran.output).unwrap();
    let pipeline = &document["plans"][0]["pipeline"];
    assert_eq!(pipeline["status"], "ok");
    let beta = json!({ "stage": "beta", "roll_back": "no", "possible": [] });
    assert_eq!(pipeline["ways_back"][0], beta);
}

#[test]
fn a_file_that_is_no_pipeline_is_told_with_how_to_get_one() {
    for (text, said) in [
        ("{", "is not JSON"),
        ("{}", "is no pipeline"),
        ("[1]", "is no pipeline"),
    ] {
        let ran = sluice_with(
            text.as_bytes(),
            &["check", "--quiet", PLAN, "--pipeline", "-"],
        );
        assert_eq!(ran.code, 3);
        assert!(ran.output.contains(said), "{}", ran.output);
        assert!(
            ran.output.contains("aws codepipeline get-pipeline"),
            "{}",
            ran.output
        );
    }
    let ran = sluice(&["check", "--quiet", PLAN, "--pipeline", "no/such.json"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.output.contains("there is no such file"),
        "{}",
        ran.output
    );
}
