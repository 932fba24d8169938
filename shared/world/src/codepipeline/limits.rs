//! The lengths, ranges and patterns of the API, and how AWS words a breach.

use super::settings::LengthUnit;
use crate::wire::ApiError;

/// The pattern of the ids of jobs and executions.
pub(super) const UUID_PATTERN: &str =
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/// All output variables of one action together, in bytes.
pub(super) const OUTPUT_VARIABLES_BYTES_MAX: usize = 122_880;

/// Collects what is wrong with a request, to be said in one refusal.
pub(super) struct Checks {
    lengths: LengthUnit,
    problems: Vec<String>,
}

impl Checks {
    pub(super) fn counting(lengths: LengthUnit) -> Checks {
        Checks {
            lengths,
            problems: Vec::new(),
        }
    }

    /// Notes that `member` breaks `constraint`.
    pub(super) fn refuse(&mut self, member: &str, constraint: &str) {
        self.problems.push(format!(
            "Value at '{member}' failed to satisfy constraint: {constraint}"
        ));
    }

    /// A member that must be there; an empty text stands in when it is not.
    pub(super) fn required<'a>(&mut self, member: &str, value: Option<&'a str>) -> &'a str {
        if value.is_none() {
            self.refuse(member, "Member must not be null");
        }
        value.unwrap_or_default()
    }

    /// A member that must be there and look like an id.
    pub(super) fn id<'a>(&mut self, member: &str, value: Option<&'a str>) -> &'a str {
        let value = self.required(member, value);
        if !is_uuid(value) {
            let pattern = format!("Member must satisfy regular expression pattern: {UUID_PATTERN}");
            self.refuse(member, &pattern);
        }
        value
    }

    /// A length from 1 to `most`, if the member is there.
    pub(super) fn length(&mut self, member: &str, value: Option<&str>, most: usize) {
        let Some(value) = value else { return };
        let length = self.lengths.of(value);
        if length < 1 {
            let constraint = "Member must have length greater than or equal to 1";
            self.refuse(member, constraint);
        } else if length > most {
            let constraint = format!("Member must have length less than or equal to {most}");
            self.refuse(member, &constraint);
        }
    }

    /// A number within bounds, if the member is there.
    pub(super) fn range(&mut self, member: &str, value: Option<i64>, least: i64, most: i64) {
        let Some(value) = value else { return };
        if value < least {
            let constraint = format!("Member must have value greater than or equal to {least}");
            self.refuse(member, &constraint);
        } else if value > most {
            let constraint = format!("Member must have value less than or equal to {most}");
            self.refuse(member, &constraint);
        }
    }

    /// One of a list of values.
    pub(super) fn one_of(&mut self, member: &str, value: &str, allowed: &[&str]) {
        if !allowed.contains(&value) {
            let constraint = format!(
                "Member must satisfy enum value set: [{}]",
                allowed.join(", ")
            );
            self.refuse(member, &constraint);
        }
    }

    /// The refusal, if anything was wrong.
    pub(super) fn finish(self) -> Result<(), ApiError> {
        let count = self.problems.len();
        if count == 0 {
            return Ok(());
        }
        let plural = if count == 1 { "" } else { "s" };
        Err(ApiError::client(
            "ValidationException",
            format!(
                "{count} validation error{plural} detected: {}",
                self.problems.join("; ")
            ),
        ))
    }
}

/// Whether `text` is a lowercase UUID.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// Whether `text` may name a pipeline, stage or action.
pub(super) fn is_name(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte))
}

/// Whether `text` may name an output variable or a namespace.
pub(super) fn is_variable_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"@-_".contains(&byte))
}
