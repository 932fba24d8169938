//! Secrets Manager: `GetSecretValue`, of secrets that the scenario holds.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::caller::{Caller, uuid};
use crate::scenario::SecretPlan;
use crate::wire::{ApiError, Protocol, Time};

/// What stands at the end of each secret's ARN.
const SUFFIX: &str = "-a1B2c3";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get {
    secret_id: String,
    version_id: Option<String>,
    version_stage: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Got {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    version_id: String,
    secret_string: String,
    version_stages: [&'static str; 1],
    created_date: Time,
}

pub(crate) fn call(
    caller: &Caller<'_>,
    operation: &str,
    protocol: Protocol,
    body: &[u8],
) -> Result<Vec<u8>, ApiError> {
    match operation {
        "GetSecretValue" => protocol.run(body, |input| get(caller, &input)),
        other => {
            let message = format!("this world's Secrets Manager has no operation {other}");
            Err(ApiError::client("UnknownOperationException", message))
        }
    }
}

/// The ARN that a policy is asked about. Nobody knows the end of one that is
/// not there, unless it was named.
pub(crate) fn resource(caller: &Caller<'_>, id: &str) -> String {
    match find(caller, id) {
        Some((name, _)) => caller.arn("secretsmanager", &format!("secret:{name}{SUFFIX}")),
        None if id.starts_with("arn:") => id.to_owned(),
        None => caller.arn("secretsmanager", &format!("secret:{id}")),
    }
}

fn get(caller: &Caller<'_>, input: &Get) -> Result<Got, ApiError> {
    let missing = || {
        let message = "Secrets Manager can't find the specified secret.";
        ApiError::client("ResourceNotFoundException", message)
    };
    let (name, plan) = find(caller, &input.secret_id).ok_or_else(missing)?;
    let arn = caller.arn("secretsmanager", &format!("secret:{name}{SUFFIX}"));
    caller.may("secretsmanager:GetSecretValue", plan, &arn)?;
    let version = uuid(0x8009, 1);
    let asked = input.version_id.as_ref().unwrap_or(&version);
    let stage = input.version_stage.as_deref().unwrap_or("AWSCURRENT");
    if *asked != version || stage != "AWSCURRENT" {
        return Err(missing());
    }
    Ok(Got {
        arn,
        name: name.to_owned(),
        version_id: version,
        secret_string: match &plan.value {
            Value::String(text) => text.clone(),
            object => object.to_string(),
        },
        version_stages: ["AWSCURRENT"],
        created_date: Time(caller.scenario.begin),
    })
}

/// A secret by its name, or by its ARN with or without six characters at its
/// end. Which they are, nobody knows before AWS drew them: any will do.
fn find<'a>(caller: &'a Caller<'_>, id: &str) -> Option<(&'a str, &'a SecretPlan)> {
    let home = caller.arn("secretsmanager", "secret:");
    let name = match id.strip_prefix(&home) {
        Some(name) if !caller.scenario.secrets.contains_key(name) => without_suffix(name),
        Some(name) => name,
        None => id,
    };
    let (name, plan) = caller.scenario.secrets.get_key_value(name)?;
    caller.is_home_of(plan).then_some((name.as_str(), plan))
}

fn without_suffix(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((name, end)) if end.len() == 6 && end.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            name
        }
        _ => name,
    }
}
