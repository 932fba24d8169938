//! Lambda's `GetAlias`.

use http::Request;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::s3::percent_decoded;
use crate::scenario::{Alias, Marks, Scenario};
use crate::wire::ApiError;

/// What an alias points to at a moment.
pub(crate) fn get_alias(
    scenario: &Scenario,
    region: &str,
    request: &Request<Vec<u8>>,
    now: Timestamp,
    marks: &Marks,
) -> Result<Vec<u8>, ApiError> {
    let path = request.uri().path();
    let named = path.strip_prefix("/2015-03-31/functions/");
    let named = named.and_then(|rest| rest.split_once("/aliases/"));
    let (function, name) = named.unwrap_or_default();
    let (function, name) = (percent_decoded(function), percent_decoded(name));
    let home = |alias: &&Alias| alias.region.as_ref().unwrap_or(&scenario.region) == region;
    let mut here = scenario.aliases.iter().filter(home);
    let Some(alias) = here.find(|own| own.function == function && own.name == name) else {
        let message = format!("Cannot find alias arn: {function}:{name}");
        return Err(ApiError {
            status: 404,
            code: "ResourceNotFoundException".to_owned(),
            message,
        });
    };
    let (account, version) = (&scenario.account, &alias.version);
    let arn = format!("arn:aws:lambda:{region}:{account}:function:{function}:{name}");
    let mut answer = json!({
        "AliasArn": arn,
        "Name": name,
        "FunctionVersion": version,
        "Description": "",
        "RevisionId": "00000000-0000-4000-8002-000000000000",
    });
    let ended = alias.until.as_ref();
    let ended = ended.and_then(|until| until.resolve(scenario.begin, marks));
    let is_shifting = ended.is_none_or(|ended| now < ended);
    if is_shifting && !alias.weights.is_empty() {
        answer["RoutingConfig"] = json!({ "AdditionalVersionWeights": alias.weights });
    } else if !alias.weights.is_empty() {
        let last = alias.weights.keys().next_back();
        answer["FunctionVersion"] = last.map_or(Value::Null, |last| json!(last));
    }
    Ok(answer.to_string().into_bytes())
}
