//! Whole releases with tests: what is stopped with them, what is handed on,
//! and that no secret is in anything that was written.

use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::{Arc, Mutex};

use sluice::rehearsal::{
    EVIDENCE_BUCKET, Line, OnLine, Rehearsed, in_virtual_time, pipeline, run_in, world_of,
};
use sluice_core::plan::Plan;
use sluice_world::faults::FaultPlan;
use sluice_world::{Scenario, World};
use zip::ZipArchive;

/// A release through a plan with one gate of tests, which has an output
/// artifact.
struct Done {
    rehearsed: Rehearsed,
    world: World,
    lines: String,
}

fn released(settings: &str, scenario: &str) -> Done {
    let text = format!("service: checkout\nstages:\n  prod:\n    gates:\n      - {settings}\n");
    let plan = Plan::read_yaml(&text).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    let scenario = Scenario::parse(scenario, Path::new(".")).unwrap();
    let mut pipeline = pipeline(&plan, &text, &scenario);
    for action in pipeline
        .stages
        .iter_mut()
        .flat_map(|stage| &mut stage.actions)
    {
        if action.name == "validate" {
            action.output_artifacts = vec!["results".to_owned()];
        }
    }
    let lines: Arc<Mutex<Vec<Line>>> = Arc::default();
    let told = Arc::clone(&lines);
    let on_line: OnLine = Arc::new(move |line| told.lock().unwrap().push(line.clone()));
    let (world, rehearsed) = in_virtual_time(async {
        let world = world_of(scenario, FaultPlan::default());
        let rehearsed = run_in(&world, pipeline, true, on_line).await;
        (world, rehearsed.unwrap())
    })
    .unwrap();
    let lines = format!("{:?}", lines.lock().unwrap());
    Done {
        rehearsed,
        world,
        lines,
    }
}

impl Done {
    /// The files in the output artifact.
    fn artifact(&self) -> Vec<(String, String)> {
        let actions = self.rehearsed.execution.stages.iter();
        let mut actions = actions.flat_map(|stage| &stage.actions);
        let gate = actions.find(|action| action.name == "validate").unwrap();
        let place = &gate.output_artifacts[0];
        let archive = self.world.s3().get(&place.bucket, &place.key).unwrap();
        let mut archive = ZipArchive::new(Cursor::new(archive)).unwrap();
        let names: Vec<String> = archive
            .file_names()
            .map(|name| name.unwrap().into_owned())
            .collect();
        let read = |name: String| {
            let mut text = String::new();
            let mut file = archive.by_name(&name).unwrap();
            file.read_to_string(&mut text).unwrap();
            (name, text)
        };
        names.into_iter().map(read).collect()
    }

    /// Whatever was written anywhere, in one text.
    fn all_that_was_written(&self) -> String {
        let s3 = self.world.s3();
        let objects = s3.list(EVIDENCE_BUCKET, "");
        let mut texts: Vec<String> = objects
            .iter()
            .map(|(key, _)| s3.get(EVIDENCE_BUCKET, key).unwrap())
            .map(|body| String::from_utf8(body).unwrap())
            .collect();
        assert_eq!(texts.len(), 3, "record, evidence and page");
        texts.extend(self.artifact().into_iter().map(|(_, text)| text));
        texts.push(self.lines.clone());
        texts.push(format!("{:?}", self.rehearsed.log));
        texts.push(format!("{:?}", self.rehearsed.gates));
        // Tokens, summaries and messages as CodePipeline has them.
        texts.push(format!("{:?}", self.rehearsed.execution));
        texts.join("\n")
    }
}

const STOPPED: &str = "
about: the release is stopped in the middle
alarms: []
projects: { smoke: { phases: { BUILD: 1h } }, other: { phases: { BUILD: 1h } } }
machines: { smoke: { takes: 1h } }
pipeline: { look_every: 1m, happenings: [ { at: prod + 5m, stop: { abandon: false } } ] }
";

#[test]
fn a_stopped_release_stops_what_the_plan_says() {
    let done = released(
        "validate: { codebuild: [ { project: smoke, stop_on_abort: true, at_most: 2h }, { project: other, at_most: 2h } ], \
         state_machine: [ { machine: \"arn:aws:states:us-east-1:111122223333:stateMachine:smoke\", stop_on_abort: true, at_most: 2h } ] }",
        STOPPED,
    );
    let builds = done.world.builds();
    let stopped = |project: &str| {
        let build = builds.iter().find(|build| build.project == project);
        build.unwrap().stopped.is_some()
    };
    assert!(stopped("smoke"));
    assert!(!stopped("other"));
    let executions = done.world.executions();
    assert!(executions[0].stopped.is_some());
    let remarks = &done.rehearsed.gates[0].evidence.remarks;
    let said = remarks
        .iter()
        .filter(|remark| remark.contains("was stopped: arn:"));
    assert_eq!(said.count(), 2, "{remarks:?}");
}

#[test]
fn the_output_artifact_has_evidence_page_and_results_for_other_tools() {
    let done = released(
        "validate: { http: [ { name: health, get: \"https://shop.example/\" }, { name: other, get: \"https://shop.example/other\" } ] }",
        "about: one of two fails\nalarms: []\nhosts: { shop.example: [ { path: /, body: ok }, { path: /other, status: 500, body: 'no <db>' } ] }\n",
    );
    let files = done.artifact();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["evidence.json", "evidence.html", "junit.xml"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let (_, junit) = files.iter().find(|(name, _)| name == "junit.xml").unwrap();
    assert!(
        junit.contains("tests=\"2\" failures=\"1\" errors=\"0\""),
        "{junit}"
    );
    assert!(junit.contains("got 500"), "{junit}");
    let message = &done.rehearsed.gates[0].message;
    assert!(
        message.contains(
            "\ntest other: failed after 0.0 s: GET https://shop.example/other: status: got 500"
        ),
        "{message}"
    );
    assert!(message.contains("\ntest health: passed after"), "{message}");
}

/// Nowhere in whatever is written, in no form.
const VALUE: &str = "hunter2-not-a-real-one";

#[test]
fn no_secret_is_in_anything_that_is_written() {
    let done = released(
        "validate: { vars: { token: { secret: \"arn:aws:secretsmanager:us-east-1:111122223333:secret:shop-AbCdEf\", hosts: [shop.example] } }, \
         http: [ { name: header, get: \"https://shop.example/status\", headers: { authorization: \"Bearer ${token}\" } }, \
         { name: address, get: \"https://shop.example/body?token=${token}\", expect: { body: x } }, \
         { name: redirect, get: \"https://shop.example/away\" }, \
         { name: captured, steps: [ { get: \"https://shop.example/login\", capture: { session: { json: $.session } } }, { get: \"https://shop.example/${session}\" } ] }, \
         { name: down, get: \"https://shop.example/down?${token}\" } ], \
         lambda: [ { name: function, function: smoke } ], \
         state_machine: [ { name: machine, machine: \"arn:aws:states:us-east-1:111122223333:stateMachine:smoke\" } ] }",
        &format!(
            "about: everything says the secret\nalarms: []\nsecrets: {{ shop: {{ value: {VALUE} }} }}\n\
             hosts:\n  shop.example:\n    - {{ path: /status, status: 500, body: 'no {VALUE}' }}\n    \
             - {{ path: /body, body: 'you sent {VALUE}' }}\n    \
             - {{ path: /away, status: 302, headers: {{ location: 'https://other.example/?{VALUE}' }} }}\n    \
             - {{ path: /login, body: '{{\"session\":\"{VALUE}\"}}' }}\n    - {{ path: /down, down: true }}\n\
             functions: {{ smoke: {{ fails: {{ type: KeyError, message: 'no {VALUE}' }} }} }}\n\
             machines: {{ smoke: {{ takes: 0s, fails: {{ error: Lost, cause: 'no {VALUE}' }} }} }}\n"
        ),
    );
    let evidence = &done.rehearsed.gates[0].evidence;
    let tests = evidence.facts["tests"].as_array().unwrap();
    assert_eq!(tests.len(), 7);
    let failed = tests.iter().filter(|test| test["state"] == "failed");
    assert!(failed.count() >= 6, "{tests:#?}");
    let written = done.all_that_was_written();
    for form in [VALUE.to_owned(), VALUE.to_uppercase()] {
        let at = written.find(&form);
        let around = at.map(|at| &written[at.saturating_sub(200)..at + 60]);
        assert_eq!(around, None);
    }
    assert!(
        written.contains("[secret]"),
        "nothing was hidden: nothing is shown by this test"
    );
}
