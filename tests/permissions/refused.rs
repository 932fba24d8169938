//! A plan reaches what its installation and its service's role may reach, and
//! nothing of another service: IAM refuses it, the answer says so, and the
//! release does not go on.

use std::sync::Arc;

use sluice::rehearsal::{in_virtual_time, run_in};
use sluice_world::World;
use sluice_world::codepipeline::{Pipeline, Work};
use sluice_world::rights::guarding;

use super::recorder::Recorder;
use crate::semantics::{BAKE, Case, VALIDATE, run};

const HOSTS: &str = "hosts: { shop.example: [ {} ] }";
const THEIR_SECRET: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:payments-AbCdEf";
const OUR_ROLE: &str = "arn:aws:iam::111122223333:role/sluice/checkout";

/// What is told by a gate whose function may do what the template allows. It
/// never lets the release go on.
#[track_caller]
fn refused(case: &Case) -> String {
    let guard = Recorder::new(true).guard();
    let gave = guarding(guard, || run::run_anew(case));
    let (verdict, message) = (gave.verdict.as_str(), gave.message);
    assert_eq!(gave.outcome, "stop", "{message}");
    assert!(
        ["gate error", "inconclusive"].contains(&verdict),
        "{verdict}: {message}"
    );
    message
}

/// The call that was refused, what it was about, and what to do.
#[track_caller]
fn check(case: &Case, told: &[&str]) {
    let message = refused(case);
    for text in ["no permission for"].iter().chain(told) {
        assert!(message.contains(text), "no `{text}` in: {message}");
    }
}

#[test]
fn a_role_that_is_none_of_sluice_is_not_assumed_although_it_trusts_everybody() {
    let case = Case {
        name: "a role of another path",
        alarms: "[{ name: errors, role: 'arn:aws:iam::111122223333:role/admin' }]",
        prepare: Some(|world: &World| {
            world
                .sts()
                .allow("arn:aws:iam::111122223333:role/admin", None);
        }),
        history: "not read",
        ..BAKE
    };
    check(&case, &["`sts:AssumeRole`", "role/admin", "hint: "]);
}

#[test]
fn a_role_that_trusts_others_only_is_not_assumed() {
    let case = Case {
        name: "a role of another service",
        alarms: "[{ name: errors, role: 'arn:aws:iam::111122223333:role/sluice/payments' }]",
        history: "not read",
        ..BAKE
    };
    check(
        &case,
        &["`sts:AssumeRole`", "role/sluice/payments", "hint: "],
    );
}

#[test]
fn a_secret_of_another_service_is_not_read() {
    let settings = "vars: { token: { secret: \"arn:aws:secretsmanager:us-east-1:111122223333:secret:payments-AbCdEf\", \
         hosts: [shop.example] } }, http: [ { get: \"https://shop.example/\", headers: { authorization: \"${token}\" } } ]";
    let case = Case {
        name: "a secret of another service",
        settings,
        tested: &[HOSTS, "secrets: { payments: { value: theirs } }"],
        ..VALIDATE
    };
    check(&case, &["`secretsmanager:GetSecretValue`", THEIR_SECRET]);
    assert!(!refused(&case).contains("theirs"));
}

#[test]
fn functions_projects_and_machines_of_another_service_are_not_started() {
    for (settings, tested, told) in [
        (
            "lambda: [ { function: payments-smoke } ]",
            "functions: { payments-smoke: { returns: 1 } }",
            ["`lambda:InvokeFunction`", "payments-smoke"],
        ),
        (
            "codebuild: [ { project: payments-smoke } ]",
            "projects: { payments-smoke: {} }",
            ["`codebuild:StartBuild`", "payments-smoke"],
        ),
        (
            "state_machine: [ { machine: \"arn:aws:states:us-east-1:111122223333:stateMachine:payments-smoke\" } ]",
            "machines: { payments-smoke: {} }",
            ["`states:StartExecution`", "stateMachine:payments-smoke"],
        ),
    ] {
        let tested: &'static [&'static str] = Box::leak(Box::new([tested]));
        let case = Case {
            name: "something of another service",
            settings,
            tested,
            ..VALIDATE
        };
        check(&case, &told);
    }
}

/// With the role of their own service, which may reach what is its own.
#[test]
fn nor_with_the_role_of_the_service_that_the_plan_is_of() {
    fn trusts(world: &World) {
        world.sts().allow(OUR_ROLE, None);
    }
    for (settings, tested, operation) in [
        (
            "lambda: [ { function: payments-smoke, role: \"arn:aws:iam::111122223333:role/sluice/checkout\" } ]",
            "functions: { payments-smoke: { returns: 1, callers: [\"arn:aws:iam::111122223333:role/sluice/payments\"] } }",
            "`lambda:InvokeFunction`",
        ),
        (
            "codebuild: [ { project: payments-smoke, role: \"arn:aws:iam::111122223333:role/sluice/checkout\" } ]",
            "projects: { payments-smoke: { callers: [\"arn:aws:iam::111122223333:role/sluice/payments\"] } }",
            "`codebuild:StartBuild`",
        ),
        (
            "state_machine: [ { machine: \"arn:aws:states:us-east-1:111122223333:stateMachine:payments-smoke\", \
             role: \"arn:aws:iam::111122223333:role/sluice/checkout\" } ]",
            "machines: { payments-smoke: { callers: [\"arn:aws:iam::111122223333:role/sluice/payments\"] } }",
            "`states:StartExecution`",
        ),
    ] {
        let tested: &'static [&'static str] = Box::leak(Box::new([tested]));
        let case = Case {
            name: "something of another service, with a role",
            settings,
            tested,
            prepare: Some(trusts),
            ..VALIDATE
        };
        check(&case, &[operation, OUR_ROLE]);
    }
}

/// The same pipeline under the name of another service.
fn of_payments(mut pipeline: Pipeline) -> Pipeline {
    pipeline.name = "payments".to_owned();
    let stages = pipeline.stages.iter_mut();
    for action in stages.flat_map(|stage| &mut stage.actions) {
        if let Work::Lambda {
            user_parameters: Some(parameters),
            ..
        } = &mut action.work
        {
            *parameters =
                parameters.replace(r#""pipeline":"checkout""#, r#""pipeline":"payments""#);
        }
    }
    pipeline
}

#[test]
fn a_pipeline_that_the_installation_does_not_look_at_is_not_judged() {
    let case = Case {
        name: "a pipeline of others",
        history: "not read",
        ..BAKE
    };
    let guard = Recorder::new(true).guard();
    let done = guarding(guard, || {
        in_virtual_time(async {
            let (world, pipeline) = run::prepared(&case);
            run_in(&world, of_payments(pipeline), true, Arc::new(|_| {})).await
        })
    });
    let done = done.unwrap().unwrap();
    let [end] = &done.gates[..] else {
        panic!("one gate answers: {:?}", done.log);
    };
    assert_eq!(end.evidence.decision.outcome.to_string(), "stop");
    for text in [
        "AccessDenied",
        "no permission for",
        "codepipeline:",
        "hint: ",
    ] {
        assert!(
            end.message.contains(text),
            "no `{text}` in: {}",
            end.message
        );
    }
}
