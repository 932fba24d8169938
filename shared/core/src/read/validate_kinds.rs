//! Tests that start or read something in AWS.

use super::scalars::{duration, flag, name_like, number_with, region, role, text, text_up_to};
use super::validate_expect::json_expectations;
use super::validate_values::{Known, json, json_schema, number_up_to, templates};
use crate::Duration;
use crate::decimal::{Decimal, Percent};
use crate::fields::{Fields, Place};
use crate::problems::Problems;
use crate::settings::{
    CodeBuildTest, LAMBDA_ACTION_MAX, LambdaTest, ResultExpectation, StateMachineTest,
    SyntheticsTest,
};
use crate::tree::Value;
use crate::words::quote;

/// So many runs of a canary are read at most.
const RUNS_MAX: u32 = 100;

/// What every test has.
pub(super) struct Common {
    pub(super) name: Option<String>,
    pub(super) required: bool,
    pub(super) at_most: Option<Duration>,
}

/// Reads what every test has.
pub(super) fn common(fields: &mut Fields<'_, '_>) -> Common {
    Common {
        name: fields.optional("name", name_like),
        required: fields.optional("required", flag).unwrap_or(true),
        at_most: fields.optional("at_most", test_length),
    }
}

fn test_length(place: &Place<'_>, problems: &mut Problems) -> Option<Duration> {
    let length = duration(place, problems)?;
    let (message, hint) = if length == Duration::ZERO {
        ("gives the test no time".to_owned(), "write `1m`".to_owned())
    } else if length > LAMBDA_ACTION_MAX {
        let message = format!("is more than `{LAMBDA_ACTION_MAX}`, the longest possible");
        (message, format!("write at most `{LAMBDA_ACTION_MAX}`"))
    } else {
        return Some(length);
    };
    problems.push(place.error(message).hint(hint));
    None
}

/// Reads a test that invokes a function.
pub(super) fn lambda(
    known: &Known,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<LambdaTest> {
    let mut fields = Fields::of("a test of a function", place, problems)?;
    let Common {
        name,
        required,
        at_most,
    } = common(&mut fields);
    let function = fields.required("function", text_up_to(170));
    let payload = fields.optional("payload", |place, problems| map(known, place, problems));
    let expect = fields.optional("expect", |place, problems| result(known, place, problems));
    let region = fields.optional("region", region);
    let role = fields.optional("role", role);
    fields.finish();
    Some(LambdaTest {
        name,
        function: function?,
        payload,
        expect,
        at_most,
        required,
        region,
        role,
    })
}

/// A map of JSON: what we start puts an id of ours beside its keys.
fn map(known: &Known, place: &Place<'_>, problems: &mut Problems) -> Option<serde_json::Value> {
    match &place.node.value {
        Value::Map(_) => json(known, place, problems),
        _ => {
            problems.push(place.wrong_kind("a map"));
            None
        }
    }
}

fn result(known: &Known, place: &Place<'_>, problems: &mut Problems) -> Option<ResultExpectation> {
    let mut fields = Fields::of("`expect` of a function", place, problems)?;
    let json = fields.defaulted("json", |place, problems| {
        json_expectations(known, place, problems)
    });
    let schema = fields.optional("schema", json_schema);
    fields.finish();
    Some(ResultExpectation { json, schema })
}

/// Reads a test that starts a build.
pub(super) fn codebuild(
    known: &Known,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<CodeBuildTest> {
    let mut fields = Fields::of("a test by CodeBuild", place, problems)?;
    let Common {
        name,
        required,
        at_most,
    } = common(&mut fields);
    let project = fields.required("project", text_up_to(255));
    let source_version = fields.optional("source_version", |place, problems| {
        super::validate_values::template(known, place, problems)
    });
    let variables = fields.defaulted("variables", |place, problems| {
        templates(known, place, problems)
    });
    let stop_on_abort = fields.defaulted("stop_on_abort", flag);
    let region = fields.optional("region", region);
    let role = fields.optional("role", role);
    fields.finish();
    Some(CodeBuildTest {
        name,
        project: project?,
        source_version,
        variables,
        stop_on_abort,
        at_most,
        required,
        region,
        role,
    })
}

/// Reads a test that starts an execution.
pub(super) fn state_machine(
    known: &Known,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<StateMachineTest> {
    let mut fields = Fields::of("a test by a state machine", place, problems)?;
    let Common {
        name,
        required,
        at_most,
    } = common(&mut fields);
    let machine = fields.required("machine", machine);
    let input = fields.optional("input", |place, problems| map(known, place, problems));
    let stop_on_abort = fields.defaulted("stop_on_abort", flag);
    let role = fields.optional("role", role);
    fields.finish();
    Some(StateMachineTest {
        name,
        machine: machine?,
        input,
        stop_on_abort,
        at_most,
        required,
        role,
    })
}

fn machine(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = text(place, problems)?;
    if text.starts_with("arn:aws") && text.contains(":states:") && text.contains(":stateMachine:") {
        return Some(text.to_owned());
    }
    let message = format!("{} is not the ARN of a state machine", quote(text));
    let hint = "write one such as \
         `\"arn:aws:states:us-east-1:111122223333:stateMachine:smoke\"`";
    problems.push(place.error(message).hint(hint.to_owned()));
    None
}

/// Reads a test by runs of a canary.
pub(super) fn synthetics(place: &Place<'_>, problems: &mut Problems) -> Option<SyntheticsTest> {
    let mut fields = Fields::of("a test by Synthetics", place, problems)?;
    let Common {
        name,
        required,
        at_most,
    } = common(&mut fields);
    let canary = fields.required("canary", text_up_to(255));
    let runs = fields.optional("runs", number_up_to(RUNS_MAX));
    let passed = fields.optional("passed", share);
    let region = fields.optional("region", region);
    let role = fields.optional("role", role);
    fields.finish();
    Some(SyntheticsTest {
        name,
        canary: canary?,
        runs,
        passed,
        at_most,
        required,
        region,
        role,
    })
}

/// A share of more than nothing and at most all.
pub(super) fn share(place: &Place<'_>, problems: &mut Problems) -> Option<Percent> {
    let hint = "write a share with its sign, such as `99%`";
    let share = number_with("a share", hint, Percent::read)(place, problems)?;
    if share.0 > Decimal::whole(100) || share.0 == Decimal::whole(0) {
        let message = format!("`{share}` is not more than `0%` and at most `100%`");
        problems.push(place.error(message).hint(hint.to_owned()));
        return None;
    }
    Some(share)
}
