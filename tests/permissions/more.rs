//! Rows that the table of semantics has no use for: calls with a role, a
//! waiver that is looked for, and what tests of a release leave running.

use sluice_world::World;

use crate::semantics::{CANARY, Case, VALIDATE};

const WAIVERS: &str = "tables: { sluice-waivers: { key: release, sort: gate } }";
const OURS: &str = "arn:aws:iam::111122223333:role/sluice/checkout";

fn trusts(world: &World) {
    world.sts().allow(OURS, None);
}

/// What comes out is not what they are for.
pub(super) const CASES: [Case; 7] = [
    Case {
        name: "a canary with a role, and nobody comes",
        settings: "groups: { baseline: { dimensions: { Version: old }, role: \"arn:aws:iam::111122223333:role/sluice/checkout\" }, \
             canary: { dimensions: { Version: new }, role: \"arn:aws:iam::111122223333:role/sluice/checkout\" } }",
        tested: &[WAIVERS],
        prepare: Some(trusts),
        ..CANARY
    },
    Case {
        name: "a canary without data, whose waivers are read",
        tested: &[WAIVERS],
        ..CANARY
    },
    Case {
        name: "a function with a role",
        settings: "lambda: [ { function: smoke, role: \"arn:aws:iam::111122223333:role/sluice/checkout\" } ]",
        tested: &[
            "functions: { smoke: { takes: 2s, fails: { type: KeyError, message: no order } } }",
            WAIVERS,
        ],
        prepare: Some(trusts),
        ..VALIDATE
    },
    Case {
        name: "an execution that takes too long",
        settings: "state_machine: [ { machine: \"arn:aws:states:us-east-1:111122223333:stateMachine:smoke\", at_most: 5m } ]",
        tested: &["machines: { smoke: { takes: 2h } }"],
        ..VALIDATE
    },
    Case {
        name: "a build and an execution, which are stopped with the release",
        settings: "codebuild: [ { project: smoke, stop_on_abort: true, at_most: 2h } ], \
             state_machine: [ { machine: \"arn:aws:states:us-east-1:111122223333:stateMachine:smoke\", \
             stop_on_abort: true, at_most: 2h } ]",
        tested: &[
            "projects: { smoke: { phases: { BUILD: 1h } } }",
            "machines: { smoke: { takes: 1h } }",
        ],
        pipeline: "happenings: [ { at: prod + 5m, stop: {} } ]",
        ..VALIDATE
    },
    Case {
        name: "a build that may have begun, and is looked for",
        settings: "codebuild: [ { project: smoke } ]",
        tested: &["projects: { smoke: { phases: { BUILD: 1m } } }"],
        refusals: &["{ call: codebuild:StartBuild, error: InternalError, at: prod, for: 6m }"],
        ..VALIDATE
    },
    Case {
        name: "tests of a release that the next one may overtake",
        settings: "lambda: [ { function: smoke } ]",
        tested: &["functions: { smoke: { takes: 2s } }"],
        pipeline: "mode: PARALLEL",
        ..VALIDATE
    },
];
