//! Gates that run tests, drawn from a seed: hosts that answer well, badly or
//! late, builds, executions, functions and canaries that succeed or do not.

use sluice_world::random::Random;

use super::draw::{around, empty};
use super::sketch::Sketch;
use super::subjects::Ends;

const MACHINE: &str = "arn:aws:states:us-east-1:111122223333:stateMachine:smoke";

/// One of these; the first of them where all is well.
fn one_of(well: bool, random: &mut Random, all: &[&'static str]) -> &'static str {
    match well {
        true => all[0],
        false => random.one_of(all),
    }
}

/// Settings of one kind of test, and the part of the scenario that it meets.
fn test(kind: &str, well: bool, random: &mut Random) -> (String, String) {
    let required = match random.percent(15) {
        true => ", required: false",
        false => "",
    };
    let minutes = 1 + random.below(9);
    match kind {
        "http" => {
            let host = one_of(
                well,
                random,
                &[
                    "{}",
                    "{}",
                    "{ status: 503, times: 2 }, {}",
                    "{ status: 503, times: 40 }, {}",
                    "{ status: 503 }",
                    "{ down: true }",
                    "{ delay: 1h }",
                ],
            );
            let retry = random.one_of(&[
                "",
                ", retry: { for: 50s }",
                ", retry: { for: 4m }, at_most: 5m",
            ]);
            let settings =
                format!("http: [ {{ get: \"https://shop.example/\"{retry}{required} }} ]");
            (settings, format!("hosts: {{ shop.example: [ {host} ] }}"))
        }
        "codebuild" => {
            let fails = one_of(
                well,
                random,
                &[
                    "",
                    "",
                    "",
                    ", fails: { phase: BUILD, message: exit status 2 }",
                    ", fails: { phase: PROVISIONING, message: no machine }",
                ],
            );
            let settings = format!("codebuild: [ {{ project: smoke, at_most: 12m{required} }} ]");
            let world =
                format!("projects: {{ smoke: {{ phases: {{ BUILD: {minutes}m }}{fails} }} }}");
            (settings, world)
        }
        "state_machine" => {
            let fails = one_of(
                well,
                random,
                &["", "", ", fails: { error: OrderLost, cause: none came }"],
            );
            let settings =
                format!("state_machine: [ {{ machine: \"{MACHINE}\", at_most: 12m{required} }} ]");
            let world = format!("machines: {{ smoke: {{ takes: {minutes}m{fails} }} }}");
            (settings, world)
        }
        "lambda" => {
            let fails = one_of(
                well,
                random,
                &["", "", ", fails: { type: KeyError, message: none }"],
            );
            let settings = format!("lambda: [ {{ function: smoke{required} }} ]");
            (
                settings,
                format!("functions: {{ smoke: {{ takes: 2s{fails} }} }}"),
            )
        }
        _ => {
            let fails = one_of(
                well,
                random,
                &[
                    "",
                    "",
                    ", failures: [ { at: prod, for: 1h, reason: no button } ]",
                    ", stopped: [ { at: prod } ]",
                ],
            );
            let settings = format!("synthetics: [ {{ canary: page, at_most: 12m{required} }} ]");
            let world = format!("canaries: {{ page: {{ every: 4m, takes: 20s{fails} }} }}");
            (settings, world)
        }
    }
}

pub(super) fn validate(random: &mut Random) -> Sketch {
    let mut sketch = empty("validate");
    let well = random.percent(40);
    let always = random.one_of(&["http", "codebuild", "state_machine", "synthetics"]);
    for kind in ["http", "codebuild", "state_machine", "lambda", "synthetics"] {
        if kind != always && !random.percent(30) {
            continue;
        }
        let (settings, world) = test(kind, well, random);
        // Where no test decides the plan is a mistake.
        let settings = match kind == always {
            true => settings.replace(", required: false", ""),
            false => settings,
        };
        sketch.needed.push(settings);
        sketch.tested.push(world);
    }
    around(random, &mut sketch);
    for (chance, words) in [
        (20, "at_once: 1"),
        (5, "release_check: off"),
        (4, "mode: watch_only"),
    ] {
        let name = words.split(':').next().unwrap_or(words);
        let known = |own: &String| own.starts_with(name);
        if random.percent(chance) && !sketch.settings.iter().any(known) {
            sketch.settings.push(words.to_owned());
        }
    }
    sketch
}

/// A host, an execution and a build of a quarter of an hour, which ends as the
/// gate has to. No function: one that is waited for in vain has failed.
pub(super) fn validate_of_six_looks(ends: Ends) -> Sketch {
    let fails = match ends {
        Ends::Pass => "",
        Ends::NoPass => ", fails: { phase: BUILD, message: exit status 2 }",
    };
    let needed = [
        "http: [ { get: \"https://shop.example/\" } ]",
        "state_machine: [ { machine: \"arn:aws:states:us-east-1:111122223333:stateMachine:smoke\" } ]",
        "codebuild: [ { project: smoke } ]",
    ];
    let tested = [
        "hosts: { shop.example: [ {} ] }".to_owned(),
        "machines: { smoke: { takes: 5m } }".to_owned(),
        format!("projects: {{ smoke: {{ phases: {{ BUILD: 14m }}{fails} }} }}"),
    ];
    Sketch {
        needed: needed.map(str::to_owned).to_vec(),
        tested: tested.to_vec(),
        pipeline: vec!["look_every: 3m".to_owned()],
        ..empty("validate")
    }
}
