//! Functions that were invoked, and calls that were refused.

use jiff::SignedDuration;
use serde_json::{Value, json};
use sluice_aws::{AwsError, Invoked, Refusal};
use sluice_core::reading::Place;

use super::super::lambda::{Ended, ended};
use super::super::{Followed, Lack};
use super::{SERVICE, State, check};

fn returned(payload: &str) -> Invoked {
    Invoked::Returned {
        payload: payload.as_bytes().to_vec(),
        version: None,
    }
}

fn told(invoked: Invoked, cut_short: bool) -> Followed {
    match ended("smoke", invoked, SignedDuration::from_secs(60), cut_short) {
        Ended::Told(followed) => followed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_function_returns_is_handed_on() {
    let within = SignedDuration::from_secs(60);
    let value = ended("smoke", returned("{\"ok\":true}"), within, false);
    assert_eq!(value, Ended::Returned(json!({ "ok": true })));
    let nothing = ended("smoke", returned(""), within, false);
    assert_eq!(nothing, Ended::Returned(Value::Null));
}

#[test]
fn an_error_of_the_function_fails_with_its_type_and_message() {
    let failed = Invoked::Failed {
        error_type: "KeyError".to_owned(),
        message: "'id'".to_owned(),
    };
    let followed = told(failed, false);
    check(
        &followed,
        State::Failed,
        "`smoke` ended with the error `KeyError`",
    );
    assert_eq!(followed.detail.as_deref(), Some("'id'"));
}

#[test]
fn what_is_no_json_is_told_from_what_is() {
    let within = SignedDuration::from_secs(60);
    let ended = ended("smoke", returned("no"), within, false);
    assert!(matches!(ended, Ended::NoJson(why) if why.starts_with("`smoke` returned what is no")));
}

#[test]
fn a_function_that_is_late_fails_unless_only_we_could_not_wait() {
    let line = "`smoke` did not return within 60 s";
    check(&told(Invoked::Late, false), State::Failed, line);
    let line = "`smoke` did not return in the 60 s that were left to wait";
    check(&told(Invoked::Late, true), SERVICE, line);
}

fn refused(refusal: Refusal) -> Result<Followed, AwsError> {
    Followed::refused(AwsError {
        operation: "lambda:InvokeFunction".to_owned(),
        refusal,
        message: "said by AWS".to_owned(),
        place: Place::default(),
        resource: Some("smoke".to_owned()),
    })
}

#[test]
fn what_may_pass_is_no_result() {
    assert!(refused(Refusal::Throttled).is_err());
    assert!(refused(Refusal::Unavailable).is_err());
}

#[test]
fn a_lack_of_rights_is_said_as_such_and_without_what_aws_says_of_others() {
    let followed = refused(Refusal::Denied).unwrap();
    let line = "no permission for `lambda:InvokeFunction` on `smoke` with the function's role";
    check(&followed, State::Unknown(Lack::Rights), line);
    assert_eq!(followed.detail, None);
}

#[test]
fn what_is_not_there_is_a_mistake_of_the_settings() {
    let missing = Refusal::Code("ResourceNotFoundException".to_owned());
    let followed = refused(missing).unwrap();
    let settings = State::Unknown(Lack::Settings);
    check(&followed, settings, "`smoke` is not there");
}
