//! Where the groups of a canary come from: written out, a preset, or one group
//! before and after.

use std::collections::BTreeMap;

use super::scalars::{region, role, text, text_up_to, word};
use super::traffic::{METRIC_NAME_CHARACTERS_MAX, dimensions};
use crate::fields::{Fields, Place};
use crate::problems::Problems;
use crate::settings::{
    Alb, ApiGateway, BeforeAfter, CanaryGroup, CanaryGroups, LambdaAlias, Preset,
};
use crate::tree::Value;
use crate::words::{closest, quote, quote_all};

/// Both groups, which have to be two.
pub(super) fn groups(place: &Place<'_>, problems: &mut Problems) -> Option<CanaryGroups> {
    let mut fields = Fields::of("`groups`", place, problems)?;
    let baseline = fields.required("baseline", group);
    let canary = fields.required("canary", group);
    if let (Some(baseline), Some(canary)) = (&baseline, &canary)
        && same_place(baseline, canary)
    {
        if baseline.dimensions == canary.dimensions {
            let message = "both groups are the same series, so nothing is compared";
            let hint = "give the canary the dimensions of the new version's own series";
            fields.report("canary", message, hint);
        } else if contains(&baseline.dimensions, &canary.dimensions) {
            fields.report("baseline", PART_OF_IT, PART_HINT);
        } else if contains(&canary.dimensions, &baseline.dimensions) {
            fields.report("canary", PART_OF_IT, PART_HINT);
        }
    }
    fields.finish();
    Some(CanaryGroups {
        baseline: baseline?,
        canary: canary?,
    })
}

const PART_OF_IT: &str =
    "has only a part of the other group's dimensions, so it is the whole that the other is part of";
const PART_HINT: &str = "add the dimension that tells the two versions apart to both groups, \
     such as `TargetGroup`";

fn same_place(one: &CanaryGroup, other: &CanaryGroup) -> bool {
    (&one.region, &one.role, &one.account) == (&other.region, &other.role, &other.account)
}

/// Whether a set of dimensions is a proper part of another one.
fn contains(part: &BTreeMap<String, String>, whole: &BTreeMap<String, String>) -> bool {
    part.iter()
        .all(|(name, value)| whole.get(name) == Some(value))
}

fn group(place: &Place<'_>, problems: &mut Problems) -> Option<CanaryGroup> {
    let mut fields = Fields::of("a group", place, problems)?;
    let hint = "write the complete set: `dimensions: { LoadBalancer: app/..., TargetGroup: ... }`";
    let dimensions = fields.required_or("dimensions", hint, dimensions);
    if dimensions.as_ref().is_some_and(BTreeMap::is_empty) {
        let message = "names no dimension, so both versions would be in it";
        fields.report("dimensions", message, hint);
    }
    let region = fields.optional("region", region);
    let role = fields.optional("role", role);
    let account = fields.optional("account", account);
    // Without its place a series would be taken for another of that name.
    let is_whole = fields.has("region") == region.is_some()
        && fields.has("role") == role.is_some()
        && fields.has("account") == account.is_some();
    fields.finish();
    let dimensions = dimensions.filter(|_| is_whole)?;
    Some(CanaryGroup {
        dimensions,
        region,
        role,
        account,
    })
}

fn account(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = text(place, problems)?;
    if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(text.to_owned());
    }
    let message = format!("{} is not the number of an account", quote(text));
    let hint = "write its twelve digits in quotes: `\"111122223333\"`";
    problems.push(place.error(message).hint(hint.to_owned()));
    None
}

const PRESETS: [&str; 3] = ["alb", "lambda_alias", "api_gateway"];

const PRESET_HINT: &str = "write one of\n\
     `alb: { load_balancer: app/..., baseline: targetgroup/..., canary: targetgroup/... }`,\n\
     `lambda_alias: { function: checkout, alias: live }`,\n\
     `api_gateway: { api: checkout, stage: prod }`";

/// A map of exactly one preset to its settings.
pub(super) fn preset(place: &Place<'_>, problems: &mut Problems) -> Option<Preset> {
    let [(key, node)] = place.entries(problems)? else {
        let message = "names not exactly one preset";
        problems.push(place.error(message).hint(PRESET_HINT.to_owned()));
        return None;
    };
    let own = place.entry(key, node);
    match key.name.as_str() {
        "alb" => alb(&own, problems).map(Preset::Alb),
        "lambda_alias" => lambda_alias(&own, problems).map(Preset::LambdaAlias),
        "api_gateway" => api_gateway(&own, problems).map(Preset::ApiGateway),
        other => {
            let known = quote_all(&PRESETS);
            let hint = match closest(other, &PRESETS) {
                Some(guess) => format!("did you mean `{guess}`? known are {known}"),
                None => format!("known are {known}"),
            };
            let message = format!("{} is not a preset", quote(other));
            problems.push(place.error(message).at(key.at).hint(hint));
            None
        }
    }
}

fn alb(place: &Place<'_>, problems: &mut Problems) -> Option<Alb> {
    let mut fields = Fields::of("`alb`", place, problems)?;
    let hint = "write the end of its ARN: `load_balancer: app/checkout/9f8e7d6c5b4a3f2e`";
    let load_balancer = fields.required_or("load_balancer", hint, ends_of_arn("app/", hint));
    let hint = "write the end of its ARN: `targetgroup/stable/1a2b3c4d5e6f7a8b`";
    let baseline = fields.required_or("baseline", hint, ends_of_arn("targetgroup/", hint));
    let canary = fields.required_or("canary", hint, ends_of_arn("targetgroup/", hint));
    different(&mut fields, baseline.as_ref(), canary.as_ref());
    let (is_whole, region, role) = whereabouts(&mut fields);
    fields.finish();
    Some(Alb {
        load_balancer: load_balancer.filter(|_| is_whole)?,
        baseline: baseline?,
        canary: canary?,
        region,
        role,
    })
}

/// What CloudWatch's dimensions hold: the part of an ARN after its last colon.
fn ends_of_arn<'a>(
    beginning: &'static str,
    hint: &'static str,
) -> impl FnOnce(&Place<'a>, &mut Problems) -> Option<String> {
    move |place, problems| {
        let text = text_up_to(METRIC_NAME_CHARACTERS_MAX)(place, problems)?;
        let parts = text.split('/').filter(|part| !part.is_empty()).count();
        if text.starts_with(beginning) && parts == 3 && !text.contains(':') {
            return Some(text);
        }
        let message = format!("{} is not of the form `{beginning}NAME/ID`", quote(&text));
        problems.push(place.error(message).hint(hint.to_owned()));
        None
    }
}

fn lambda_alias(place: &Place<'_>, problems: &mut Problems) -> Option<LambdaAlias> {
    let mut fields = Fields::of("`lambda_alias`", place, problems)?;
    let function = fields.required_or("function", "write `function: checkout`", own_name);
    let alias = fields.required_or("alias", "write `alias: live`", own_name);
    if let Some(alias) = &alias
        && alias.bytes().all(|byte| byte.is_ascii_digit())
    {
        let message = "is a version, and a version divides nothing";
        fields.report(
            "alias",
            message,
            "write the alias that callers use: `alias: live`",
        );
    }
    let baseline = fields.optional("baseline", version);
    let canary = fields.optional("canary", version);
    different(&mut fields, baseline.as_ref(), canary.as_ref());
    let is_read =
        fields.has("baseline") == baseline.is_some() && fields.has("canary") == canary.is_some();
    let (is_whole, region, role) = whereabouts(&mut fields);
    fields.finish();
    Some(LambdaAlias {
        function: function.filter(|_| is_whole && is_read)?,
        alias: alias?,
        baseline,
        canary,
        region,
        role,
    })
}

/// The name of a function or alias, not an ARN or a name with a qualifier.
fn own_name(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = text(place, problems)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (1..=128).contains(&text.len()) && text.bytes().all(is_plain) {
        return Some(text.to_owned());
    }
    let message = format!(
        "{} is not a name of letters, digits, `-` and `_`",
        quote(text)
    );
    let hint = "write the name alone, without ARN, account or qualifier";
    problems.push(place.error(message).hint(hint.to_owned()));
    None
}

/// A version's number, which may be written as one.
fn version(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let written = match &place.node.value {
        Value::Number(number) => number.text.as_str(),
        Value::String(text) => text,
        _ => "",
    };
    let is_number = written.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && !written.is_empty() && !written.starts_with('0') {
        return Some(written.to_owned());
    }
    let message = "is not a published version";
    let hint = "write its number, such as `7`; `$LATEST` cannot be behind an alias with weights";
    problems.push(place.error(message).hint(hint.to_owned()));
    None
}

fn api_gateway(place: &Place<'_>, problems: &mut Problems) -> Option<ApiGateway> {
    let mut fields = Fields::of("`api_gateway`", place, problems)?;
    let api = fields.required_or(
        "api",
        "write the API's name: `api: checkout`",
        text_up_to(METRIC_NAME_CHARACTERS_MAX),
    );
    let stage = fields.required_or("stage", "write `stage: prod`", own_name);
    let (is_whole, region, role) = whereabouts(&mut fields);
    fields.finish();
    Some(ApiGateway {
        api: api.filter(|_| is_whole)?,
        stage: stage?,
        region,
        role,
    })
}

fn different(fields: &mut Fields<'_, '_>, baseline: Option<&String>, canary: Option<&String>) {
    if baseline.is_some() && baseline == canary {
        let message = "is the same as `baseline`, so nothing is compared";
        fields.report("canary", message, "write the new version's");
    }
}

/// Region and role, and whether both could be read: without them a series
/// would be taken for another of its name.
fn whereabouts(fields: &mut Fields<'_, '_>) -> (bool, Option<String>, Option<String>) {
    let region = fields.optional("region", region);
    let role = fields.optional("role", role);
    let is_whole = fields.has("region") == region.is_some() && fields.has("role") == role.is_some();
    (is_whole, region, role)
}

/// One group before and after the deployment.
pub(super) fn before_after(place: &Place<'_>, problems: &mut Problems) -> Option<BeforeAfter> {
    let mut fields = Fields::of("`before_after`", place, problems)?;
    let hint = "write the complete set: `dimensions: { FunctionName: checkout }`";
    let dimensions = fields.required_or("dimensions", hint, dimensions);
    if dimensions.as_ref().is_some_and(BTreeMap::is_empty) {
        fields.report("dimensions", "names no dimension", hint);
    }
    let baseline = fields.defaulted("baseline", word);
    let since = fields.defaulted("since", word);
    let account = fields.optional("account", account);
    let is_told = fields.has("account") == account.is_some();
    let (is_whole, region, role) = whereabouts(&mut fields);
    fields.finish();
    Some(BeforeAfter {
        dimensions: dimensions.filter(|_| is_whole && is_told)?,
        baseline,
        since,
        region,
        role,
        account,
    })
}
