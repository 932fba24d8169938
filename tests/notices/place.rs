//! A pipeline with a plan store, and what its events look like.

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};
use sluice_world::Scenario;
use sluice_world::World;
use sluice_world::codepipeline::{Action, Mode, Pipeline, Stage, Work};
use sluice_world::wire::Protocol;

/// The pipeline's name.
pub(super) const PIPELINE: &str = "checkout";

/// Tables, a key to sign with, and a plan store with these `notifications` of
/// the organisation; `more` stands in the scenario besides.
pub(super) fn scenario(notifications: &str, more: &str) -> Scenario {
    let document = format!("notifications: {notifications}\n");
    let sha256 = sluice_core::token::sha256(document.as_bytes());
    let text = |text: &str| json!({ "S": text });
    let plans = json!([{
        "scope": text("organisation"), "version": { "N": "1" }, "form": { "N": "1" }, "by": text("test"),
        "at": text("2026-01-01T00:00:00Z"), "why": text("test"), "document": text(&document), "sha256": text(&sha256),
    }]);
    let written = format!(
        "about: releases fail and are mended\ntables:\n  sluice-notices: {{ key: id, sort: part }}\n  \
         sluice-plans: {{ key: scope, sort: version, items: {plans} }}\n\
         secrets: {{ sluice/notify/key: {{ value: \"a key that nobody knows\" }} }}\n{more}\n"
    );
    Scenario::parse(&written, Path::new(".")).unwrap()
}

/// Stages with one action each, which the function `check` decides.
pub(super) fn pipeline(stages: &[&str]) -> Pipeline {
    let stage = |name: &&str| Stage {
        name: (*name).to_owned(),
        actions: vec![Action {
            name: "check".to_owned(),
            run_order: 1,
            work: Work::Lambda {
                function: "check".to_owned(),
                user_parameters: None,
            },
            input_artifacts: Vec::new(),
            output_artifacts: Vec::new(),
            namespace: None,
        }],
    };
    Pipeline {
        name: PIPELINE.to_owned(),
        mode: Mode::Queued,
        version: 1,
        artifact_bucket: "artifacts".to_owned(),
        stages: stages.iter().map(stage).collect(),
    }
}

/// Tries a stage's failed actions again; says whether CodePipeline took that.
pub(super) fn retry(world: &World, release: &str, stage: &str) -> bool {
    let body = json!({
        "pipelineName": PIPELINE, "pipelineExecutionId": release, "stageName": stage,
        "retryMode": "FAILED_ACTIONS",
    });
    let body = body.to_string().into_bytes();
    let codepipeline = world.codepipeline();
    let called = codepipeline.call("RetryStageExecution", Protocol::Json, &body, "AKIA");
    called.is_ok()
}

/// An event of EventBridge.
pub(super) fn event(source: &str, detail_type: &str, time: Timestamp, detail: &Value) -> Value {
    json!({
        "source": source, "detail-type": detail_type, "time": time, "region": "us-east-1", "detail": detail,
    })
}

/// What CodePipeline says of a stage; its events tell whole seconds.
pub(super) fn stage_event(release: &str, stage: &str, state: &str, at: Timestamp) -> Value {
    let time = Timestamp::from_second(at.as_second()).unwrap();
    let detail = json!({
        "pipeline": PIPELINE, "execution-id": release, "version": "1", "state": state, "stage": stage,
    });
    let detail_type = "CodePipeline Stage Execution State Change";
    event("aws.codepipeline", detail_type, time, &detail)
}

/// What a gate says of a release, with some of it otherwise.
pub(super) fn verdict(release: &str, stage: &str, at: Timestamp, more: &Value) -> Value {
    let mut detail = json!({
        "version": "1", "pipeline": PIPELINE, "release": release, "stage": stage, "service": null, "gate": "bake",
        "kind": "bake", "host": "lambda_action", "attempt": release, "verdict": "fail", "outcome": "stop",
        "decided_by": "verdict", "error": null, "code": null, "reason": REASON,
        "readings": ["5xx: OK to ALARM"], "evidence": "s3://evidence/1.json", "page": null, "began": at,
        "ended": at, "looks": 3, "rollback": false, "release_over": false, "notify": [],
    });
    let more = more.as_object().cloned().unwrap_or_default();
    detail.as_object_mut().unwrap().extend(more);
    event("sluice", "Sluice Gate Verdict", at, &detail)
}

/// Why the gate stopped the release.
pub(super) const REASON: &str = "alarm `5xx` fired";
