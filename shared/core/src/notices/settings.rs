//! Settings of who is told what, where and when: `notifications` in plans.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hours::{ClockTime, Day, Hours};
use super::notice::{Kind, Result, Severity};
use super::{Channel, Templates};
use crate::layers::Pattern;

/// Channels that one section may have.
pub const CHANNELS_MAX: usize = 30;
/// Routes that one section may have.
pub const ROUTES_MAX: usize = 50;
/// Items of a list of a route.
pub const LIST_MAX: usize = 30;
/// The stages that are production where nobody says which are.
pub const PRODUCTION: &str = "prod*";

/// Who is told what, where and when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notifications {
    /// Where people are told, by name. A later layer adds names, and changes
    /// none of an earlier one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<String, Channel>,
    /// Who is told what. Every route that matches is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub routes: Vec<Route>,
    /// When people are left alone. What would be told then is told after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Quiet>,
    /// Which stages are production. Default: `prod*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 30))]
    pub production: Vec<Pattern>,
    /// Whether further failures of a broken stage are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeats>,
    /// In place of a notice's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub templates: Option<Templates>,
}

/// Whether further failures of a broken stage are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Repeats {
    /// They are held back.
    #[default]
    Hold,
    /// They are told, each.
    Tell,
}

/// Who is told what. What is left out does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The channels, by name.
    #[schemars(length(min = 1, max = 30))]
    pub to: Vec<String>,
    /// What is told. Default: `broken`, `mended`, `rollback` and `said`, and
    /// with `repeats: tell` also `failed_again`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 30))]
    pub about: Vec<Kind>,
    /// Of which stages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 30))]
    pub stages: Vec<Pattern>,
    /// What stopped the release; of what has no result, this is not asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 30))]
    pub results: Vec<Result>,
    /// Only what is so urgent, or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Only what happens in these hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<Hours>,
}

/// When people are left alone: the fields of [`Hours`], and one more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quiet {
    /// When it begins.
    pub from: ClockTime,
    /// When it ends, on the next day if that is not after `from`.
    pub to: ClockTime,
    /// The days on which it begins. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 30))]
    pub days: Vec<Day>,
    /// The place, as in the IANA time zone database: `Europe/Berlin`.
    pub zone: String,
    /// Whether failures in production are held back, too. Default: false.
    #[serde(default, skip_serializing_if = "is_no")]
    pub silence_production: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_no(flag: &bool) -> bool {
    !*flag
}

impl Quiet {
    /// Quiet in these hours.
    pub fn new(hours: Hours, silence_production: bool) -> Quiet {
        let Hours {
            from,
            to,
            days,
            zone,
        } = hours;
        Quiet {
            from,
            to,
            days,
            zone,
            silence_production,
        }
    }

    /// The hours.
    pub fn hours(&self) -> Hours {
        Hours {
            from: self.from,
            to: self.to,
            days: self.days.clone(),
            zone: self.zone.clone(),
        }
    }
}

impl Notifications {
    /// Whether one of its stages is production; `None` if it does not say.
    pub fn is_production(&self, stage: &str) -> Option<bool> {
        let says = !self.production.is_empty();
        says.then(|| self.production.iter().any(|own| own.matches(stage)))
    }
}
