//! What a request says: who asks, and what for.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;
use sluice_core::waiver::ALL_GATES;
use sluice_core::{NAME_HINT, is_name};

use super::Refused;

/// Characters that a reason needs.
const REASON_CHARACTERS_MIN: usize = 10;
/// Characters that a reason may have.
const REASON_CHARACTERS_MAX: usize = 500;
/// How long a waiver holds where nothing is said.
const HOURS: u16 = 4;

/// An event of a Lambda function URL, as far as it is used.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct UrlEvent {
    request_context: RequestContext,
    query_string_parameters: Option<Query>,
    body: Option<String>,
    is_base64_encoded: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RequestContext {
    authorizer: Option<Authorizer>,
    http: Http,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Http {
    method: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Authorizer {
    iam: Option<Iam>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Iam {
    user_arn: Option<String>,
    account_id: Option<String>,
    caller_id: Option<String>,
}

/// Which release waivers are listed of.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    pub(super) pipeline: String,
    pub(super) release: String,
}

/// What a waiver is asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    pub(super) pipeline: String,
    pub(super) release: String,
    pub(super) stage: String,
    pub(super) gate: String,
    pub(super) reason: String,
    hours: Option<u16>,
    #[serde(default)]
    pub(super) covers_gate_errors: bool,
}

impl UrlEvent {
    /// Who asks: what Lambda says of the signature that it checked, and
    /// nothing that the request says itself.
    pub(super) fn caller(&self) -> Result<&str, Refused> {
        let iam = self.request_context.authorizer.as_ref();
        let iam = iam.and_then(|authorizer| authorizer.iam.as_ref());
        let said = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        let known = iam.filter(|iam| said(&iam.account_id) && said(&iam.caller_id));
        let arn = known.and_then(|iam| iam.user_arn.as_deref());
        arn.filter(|arn| arn.starts_with("arn:")).ok_or_else(|| {
            Refused::new(
                403,
                "nobody is known to have signed this request",
                "call the function's URL, whose AuthType has to be AWS_IAM: `sluice override` signs requests",
            )
        })
    }

    pub(super) fn method(&self) -> &str {
        &self.request_context.http.method
    }

    /// Which release waivers are wanted of.
    pub(super) fn query(&self) -> Result<Query, Refused> {
        let query = self.query_string_parameters.clone().unwrap_or_default();
        check_name("pipeline", &query.pipeline)?;
        check_release(&query.release)?;
        Ok(query)
    }

    /// What a waiver is asked for.
    pub(super) fn order(&self) -> Result<Order, Refused> {
        let text = self.text()?;
        let order: Order = serde_json::from_str(&text).map_err(|error| {
            Refused::new(
                400,
                &format!("the body is not what is expected: {error}"),
                "send {\"pipeline\":..,\"release\":..,\"stage\":..,\"gate\":..,\"reason\":..}, and, if wanted, \
                 \"hours\":4 and \"covers_gate_errors\":false",
            )
        })?;
        order.checked()
    }

    fn text(&self) -> Result<String, Refused> {
        let body = self.body.clone().unwrap_or_default();
        if !self.is_base64_encoded {
            return Ok(body);
        }
        let bytes = BASE64_STANDARD.decode(body).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        text.ok_or_else(|| Refused::new(400, "the body is no text", "send JSON"))
    }
}

impl Order {
    fn checked(self) -> Result<Order, Refused> {
        check_name("pipeline", &self.pipeline)?;
        check_release(&self.release)?;
        check_name("stage", &self.stage)?;
        if self.gate != ALL_GATES {
            check_name("gate", &self.gate)?;
        }
        let reason: Vec<&str> = self.reason.split_whitespace().collect();
        let reason = reason.join(" ");
        check_reason(&reason)?;
        Ok(Order { reason, ..self })
    }

    /// How long it is to hold.
    pub(super) fn hours(&self, most: u16) -> Result<u16, Refused> {
        let hours = self.hours.unwrap_or(HOURS.min(most));
        if (1..=most).contains(&hours) {
            return Ok(hours);
        }
        Err(Refused::new(
            400,
            &format!("`hours` is {hours}, and a waiver holds for 1 to {most} hours here"),
            "give it again when it has ended, if it is still needed then",
        ))
    }
}

fn check_reason(reason: &str) -> Result<(), Refused> {
    let characters = reason.chars().count();
    if (REASON_CHARACTERS_MIN..=REASON_CHARACTERS_MAX).contains(&characters)
        && !reason.chars().any(char::is_control)
    {
        return Ok(());
    }
    Err(Refused::new(
        400,
        &format!(
            "`reason` has {characters} characters; it needs {REASON_CHARACTERS_MIN} to \
             {REASON_CHARACTERS_MAX}, and none that cannot be seen"
        ),
        "write why this release may go on although the gate would stop it; it is kept in the evidence",
    ))
}

fn check_name(what: &str, name: &str) -> Result<(), Refused> {
    if is_name(name) {
        return Ok(());
    }
    Err(Refused::new(
        400,
        &format!("`{what}` is not the name of a {what}"),
        NAME_HINT,
    ))
}

fn check_release(release: &str) -> Result<(), Refused> {
    let lengths: Vec<usize> = release.split('-').map(str::len).collect();
    let digits = |c: char| c == '-' || c.is_ascii_digit() || ('a'..='f').contains(&c);
    if lengths == [8, 4, 4, 4, 12] && release.chars().all(digits) {
        return Ok(());
    }
    Err(Refused::new(
        400,
        "`release` is no id of a pipeline execution",
        "take it from the gate's message, from the pipeline's page, or from \
         `aws codepipeline list-pipeline-executions`",
    ))
}

impl UrlEvent {
    /// Reads an event, of whatever form it is.
    pub(super) fn read(event: &Value) -> UrlEvent {
        UrlEvent::deserialize(event).unwrap_or_default()
    }
}
