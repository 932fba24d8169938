//! The settings of the gate `bake`.

use super::alarms::alarms;
use super::scalars::{duration, is_name, name_like, no_twice, text, word};
use super::traffic::{TRAFFIC_HINT, traffic};
use crate::Duration;
use crate::bake::SETTLE_MARGIN;
use crate::fields::{Fields, Place, list_up_to};
use crate::problems::Problems;
use crate::settings::{
    Bake, InsufficientData, LAMBDA_ACTION_MAX, OnRollback, Recovered, Settle, Traffic,
};
use crate::tree::Value;
use crate::words::quote;

/// The latest a Lambda action answers: CodePipeline ends it after 24 h, and
/// one hour is kept for answering.
pub(super) const AT_MOST_MAX: Duration = Duration::from_hours(23);

/// More deploy actions than a pipeline has in a stage are a mistake.
const DEPLOY_ACTIONS_MAX: usize = 50;

pub(super) const LONG_BAKES_HINT: &str = "CodePipeline ends a Lambda action after 24 h; for a longer bake \
     run the gate through CodePipeline's own Step Functions action, which may take 7 days";

/// Reads the settings of `bake` and checks them against each other.
pub(crate) fn bake(place: &Place<'_>, problems: &mut Problems) -> Option<Bake> {
    let mut fields = Fields::of("`bake`", place, problems)?;
    let name = fields.optional("name", name_like);
    let alarms = fields.required_or("alarms", "write `alarms: [checkout-5xx]`", alarms);
    let bake_for = fields.required_or("for", "write `for: 1h`", duration);
    let at_most = fields.optional("at_most", duration);
    let traffic = fields.required_or("traffic", TRAFFIC_HINT, traffic);
    let quiet_for = fields.optional("quiet_for", duration);
    let already_in_alarm = fields.defaulted("already_in_alarm", word);
    let recovered = fields.optional("recovered", word);
    let quiet_after = fields.optional("quiet_after", duration);
    let insufficient_data = fields.defaulted("insufficient_data", word);
    let settle = fields.defaulted("settle", settle);
    let since = fields.defaulted("since", word);
    let deployed_by = fields.defaulted("deployed_by", deploy_actions);
    let on_rollback = fields.optional("on_rollback", word);
    let recover_within = fields.optional("recover_within", duration);
    let release_check = fields.defaulted("release_check", word);
    let mode = fields.defaulted("mode", word);
    check_lengths(&mut fields, bake_for, at_most, quiet_for, settle);
    check_conditions(&mut fields, recovered, on_rollback);
    if let Some(Traffic::NotMeasured(_)) = traffic {
        check_without_traffic(&mut fields, insufficient_data);
    }
    fields.finish();
    Some(Bake {
        name,
        alarms: alarms?,
        bake_for: bake_for?,
        at_most,
        traffic: traffic?,
        quiet_for,
        already_in_alarm,
        recovered: recovered.unwrap_or_default(),
        quiet_after,
        insufficient_data,
        settle,
        since,
        deployed_by,
        on_rollback: on_rollback.unwrap_or_default(),
        recover_within,
        release_check,
        mode,
    })
}

fn check_lengths(
    fields: &mut Fields<'_, '_>,
    bake_for: Option<Duration>,
    at_most: Option<Duration>,
    quiet_for: Option<Duration>,
    settle: Settle,
) {
    if let Some(at_most) = at_most
        && at_most > AT_MOST_MAX
    {
        let message = format!("`{at_most}` is more than `{AT_MOST_MAX}`, the longest possible");
        fields.report("at_most", message, LONG_BAKES_HINT);
    }
    if quiet_for == Some(Duration::ZERO) {
        let message = "`0s` without traffic would stop the clock for good";
        fields.report("quiet_for", message, "write `15m`, or leave it out");
    }
    let Some(bake_for) = bake_for else { return };
    if bake_for == Duration::ZERO {
        let message = "a bake of `0s` sees nothing, so it would pass every release";
        fields.report("for", message, "write `1h`");
        return;
    }
    let (needed, parts) = match settle {
        Settle::Auto if bake_for > LAMBDA_ACTION_MAX => (bake_for, "`for` takes"),
        // The alarms' own delay comes on top, and is known at the first look.
        Settle::Auto => (
            bake_for.saturating_add(Duration::from_signed(SETTLE_MARGIN)),
            "`for` and the time to settle take at least",
        ),
        Settle::For(settle) => (bake_for.saturating_add(settle), "`for` and `settle` take"),
    };
    if needed > LAMBDA_ACTION_MAX {
        let message =
            format!("{parts} `{needed}`, more than `{LAMBDA_ACTION_MAX}`, the longest possible");
        fields.report("for", message, LONG_BAKES_HINT);
    } else if let Some(at_most) = at_most
        && at_most < needed
    {
        let message = format!("`{at_most}` is too short: {parts} `{needed}`");
        let hint = format!("write at least `{needed}`, better twice that");
        fields.report("at_most", message, &hint);
    }
    if let Some(quiet_for) = quiet_for
        && quiet_for > bake_for
    {
        let message = format!("`{quiet_for}` is more than `for`, so the clock would never stop");
        let hint = format!("write at most `{bake_for}`");
        fields.report("quiet_for", message, &hint);
    }
}

/// Fields that only have an effect beside another. Where that other one could
/// not be read, there is nothing to say.
fn check_conditions(
    fields: &mut Fields<'_, '_>,
    recovered: Option<Recovered>,
    on_rollback: Option<OnRollback>,
) {
    let is_accepted = recovered == Some(Recovered::Accept);
    let is_unread = recovered.is_none() && fields.has("recovered");
    if fields.has("quiet_after") && !is_accepted && !is_unread {
        let message = "has no effect without `recovered: accept`";
        let hint = "remove it, or add `recovered: accept`";
        fields.report("quiet_after", message, hint);
    }
    if fields.has("recover_within") && on_rollback.is_some_and(|word| word != OnRollback::Wait) {
        let message = "has no effect without `on_rollback: wait`";
        let hint = "remove it, or write `on_rollback: wait`";
        fields.report("recover_within", message, hint);
    }
}

fn check_without_traffic(fields: &mut Fields<'_, '_>, insufficient_data: InsufficientData) {
    if insufficient_data == InsufficientData::Accept {
        let message = "`accept` needs measured traffic: else nothing at all may be known";
        fields.report("insufficient_data", message, TRAFFIC_HINT);
    }
    if fields.has("quiet_for") {
        let message = "has no effect with `traffic: not_measured`";
        fields.report("quiet_for", message, "remove it, or measure the traffic");
    }
}

fn settle(place: &Place<'_>, problems: &mut Problems) -> Option<Settle> {
    match &place.node.value {
        Value::String(text) if text == "auto" => Some(Settle::Auto),
        Value::String(text) if !text.contains(|c: char| c.is_ascii_digit()) => {
            let message = format!("{} is not a length of time", quote(text));
            let hint = "write `auto`, or a length such as `10m`";
            problems.push(place.error(message).hint(hint.to_owned()));
            None
        }
        _ => duration(place, problems).map(Settle::For),
    }
}

pub(super) fn deploy_actions(place: &Place<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let actions = list_up_to(DEPLOY_ACTIONS_MAX, deploy_action)(place, problems)?;
    no_twice(&actions, place, problems, |action| quote(action));
    Some(actions)
}

fn deploy_action(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = text(place, problems)?;
    if let Some((stage, action)) = text.split_once('/')
        && is_name(stage)
        && is_name(action)
    {
        return Some(text.to_owned());
    }
    let message = format!("{} is not a deploy action", quote(text));
    let hint = "write stage and action, such as `prod/deploy`";
    problems.push(place.error(message).hint(hint.to_owned()));
    None
}
