//! The settings of the gate `clear`.

use super::alarms::alarms;
use super::scalars::{duration, name_like, word};
use crate::fields::{Fields, Place};
use crate::problems::Problems;
use crate::settings::{Clear, LAMBDA_ACTION_MAX};

/// Reads the settings of `clear` and checks them.
pub(crate) fn clear(place: &Place<'_>, problems: &mut Problems) -> Option<Clear> {
    let mut fields = Fields::of("`clear`", place, problems)?;
    let name = fields.optional("name", name_like);
    let alarms = fields.required_or("alarms", "write `alarms: [checkout-5xx]`", alarms);
    let quiet = fields.optional("quiet", duration);
    let within = fields.optional("within", duration);
    let release_check = fields.defaulted("release_check", word);
    let mode = fields.defaulted("mode", word);
    if let Some(within) = within
        && within > LAMBDA_ACTION_MAX
    {
        let message =
            format!("`{within}` is more than `{LAMBDA_ACTION_MAX}`, the longest possible");
        let hint = "CodePipeline ends a Lambda action after 24 h: write less";
        fields.report("within", message, hint);
    }
    fields.finish();
    Some(Clear {
        name,
        alarms: alarms?,
        quiet,
        within,
        release_check,
        mode,
    })
}
