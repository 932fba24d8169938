//! The values of a gate's variables, secrets read for each look.

use sluice_aws::{Aws, AwsError};
use sluice_core::reading::Place;
use sluice_core::settings::{SecretVariable, Validate, Variable};
use sluice_core::validate::Begun;

use super::{Variables, followed};
use crate::Ask;

/// The values, and whether a secret could not be read that may be at the next
/// look.
pub(super) async fn variables(
    ask: &Ask,
    begun: &Begun,
    settings: &Validate,
    aws: &Aws,
) -> (Variables, bool) {
    let mut variables = Variables::of(settings);
    variables.set("release.pipeline", &ask.pipeline);
    variables.set("release.id", &ask.release);
    variables.set("release.stage", &ask.stage);
    match &begun.service {
        Some(service) => variables.set("release.service", service),
        None => variables.lacks(
            "release.service",
            "the action's `UserParameters` do not name `service`",
        ),
    }
    let mut unread = false;
    for (name, variable) in &settings.vars {
        let Variable::Secret(secret) = variable else {
            continue;
        };
        match value(secret, aws).await {
            Ok(Ok(value)) => variables.set_secret(name, &value, &secret.hosts),
            Ok(Err(why)) => variables.lacks(name, &why),
            Err(error) => {
                unread |= error.is_passing();
                let error = sluice_core::GateError::from(error);
                variables.lacks(name, &error.to_string());
            }
        }
    }
    (variables, unread)
}

async fn value(own: &SecretVariable, aws: &Aws) -> Result<Result<String, String>, AwsError> {
    let region = followed::arn_parts(&own.secret).map(|[_, region, _, _]| region.to_owned());
    let place = Place { region, role: None };
    let secret = aws.secret(&place, &own.secret).await?;
    let text = match &own.key {
        None => secret.whole().clone(),
        Some(key) => match secret.key(key) {
            Ok(text) => text,
            Err(why) => return Ok(Err(format!("key `{key}`: {why}"))),
        },
    };
    if text.reveal().is_empty() {
        return Ok(Err("the secret is empty".to_owned()));
    }
    Ok(Ok(text.reveal().to_owned()))
}
