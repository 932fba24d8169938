//! A test that invokes a function of the user.
//!
//! It is invoked at least once: an invocation whose answer is lost may have
//! run, and the next look invokes again, with the same id in the payload.

use jiff::SignedDuration;
use serde_json::{Map, Value};
use sluice_aws::{Aws, AwsError, Invocation, Invoked};
use sluice_core::reading::Place;

use super::{Followed, Lack, State};

/// Where the function finds the test's id in its payload.
pub const ID_FIELD: &str = "sluice_test_id";

/// A function to be invoked.
#[derive(Debug, Clone, PartialEq)]
pub struct Call<'a> {
    /// Where.
    pub place: &'a Place,
    /// Its name or ARN, with or without a qualifier.
    pub function: &'a str,
    /// What it is invoked with.
    pub payload: Map<String, Value>,
    /// The test's id.
    pub id: String,
    /// How long the test says that it may take.
    pub at_most: SignedDuration,
    /// How long this look can wait.
    pub left: SignedDuration,
}

/// What an invocation gave.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// The function returned this; whether it is what was expected is not yet
    /// known.
    Returned(Value),
    /// The function returned something that is no JSON: a runtime that Lambda
    /// does not bring may do so.
    NoJson(String),
    /// The test has its result.
    Told(Followed),
}

/// Invokes it once.
pub async fn invoke(aws: &Aws, call: Call<'_>) -> Result<Ended, AwsError> {
    let within = call.at_most.min(call.left);
    let invocation = Invocation {
        place: call.place,
        function: call.function,
        payload: payload(call.payload, &call.id),
        within,
    };
    match aws.invoke(invocation).await {
        Ok(invoked) => Ok(ended(call.function, invoked, within, within < call.at_most)),
        Err(error) => Followed::refused(error).map(Ended::Told),
    }
}

fn payload(mut payload: Map<String, Value>, id: &str) -> String {
    payload.insert(ID_FIELD.to_owned(), Value::from(id));
    Value::Object(payload).to_string()
}

/// What an invocation means for its test. `cut_short`: the look could not wait
/// as long as the test allows.
pub fn ended(function: &str, invoked: Invoked, within: SignedDuration, cut_short: bool) -> Ended {
    let told = match invoked {
        Invoked::Returned { payload, .. } if payload.is_empty() => {
            return Ended::Returned(Value::Null);
        }
        Invoked::Returned { payload, .. } => match serde_json::from_slice(&payload) {
            Ok(value) => return Ended::Returned(value),
            Err(error) => {
                return Ended::NoJson(format!("`{function}` returned what is no JSON: {error}"));
            }
        },
        Invoked::Failed {
            error_type,
            message,
        } => Followed::new(
            State::Failed,
            format!("`{function}` ended with the error `{error_type}`"),
        )
        .with_detail(Some(message)),
        Invoked::Late if cut_short => Followed::new(
            State::Unknown(Lack::Service),
            format!(
                "`{function}` did not return in the {} s that were left to wait",
                within.as_secs()
            ),
        ),
        Invoked::Late => Followed::new(
            State::Failed,
            format!("`{function}` did not return within {} s", within.as_secs()),
        ),
    };
    Ended::Told(told)
}
