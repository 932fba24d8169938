//! Who calls, where and when: what the services have in common that a test of
//! a release starts things in.

use jiff::Timestamp;

use crate::scenario::{Marks, Scenario};
use crate::wire::ApiError;

/// Who calls, where and when.
pub(crate) struct Caller<'a> {
    /// The account of the role that calls.
    pub(crate) account: &'a str,
    /// The region that is called.
    pub(crate) region: &'a str,
    /// The session's ARN, where a role was assumed.
    pub(crate) session: Option<&'a str>,
    pub(crate) now: Timestamp,
    pub(crate) scenario: &'a Scenario,
    pub(crate) marks: &'a Marks,
}

/// Where a thing of the scenario is, and who may use it.
pub(crate) trait Owned {
    /// Its own account, where it names one.
    fn account(&self) -> Option<&str>;
    /// Its own region, where it names one.
    fn region(&self) -> Option<&str>;
    /// The roles that may use it; nothing: all of its account.
    fn callers(&self) -> Option<&[String]>;
}

impl Caller<'_> {
    /// The ARN of something of this account and region.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        let (region, account) = (self.region, self.account);
        format!("arn:aws:{service}:{region}:{account}:{resource}")
    }

    /// Whether a thing is in this account and region.
    pub(crate) fn is_home_of(&self, thing: &impl Owned) -> bool {
        let account = thing.account().unwrap_or(&self.scenario.account);
        let region = thing.region().unwrap_or(&self.scenario.region);
        (account, region) == (self.account, self.region)
    }

    /// Refuses a call for something that others may use, as IAM does.
    pub(crate) fn may(&self, action: &str, thing: &impl Owned, arn: &str) -> Result<(), ApiError> {
        let Some(callers) = thing.callers() else {
            return Ok(());
        };
        let is_one = |role: &String| self.session.is_some_and(|own| is_session_of(own, role));
        if callers.iter().any(is_one) {
            return Ok(());
        }
        let who = self.session.map_or_else(
            || format!("arn:aws:sts::{}:assumed-role/caller/caller", self.account),
            str::to_owned,
        );
        let message = format!(
            "User: {who} is not authorized to perform: {action} on resource: {arn} because no \
             identity-based policy allows the {action} action"
        );
        Err(ApiError::client("AccessDeniedException", message))
    }
}

/// Whether `arn:aws:sts::1:assumed-role/name/session` is a session of
/// `arn:aws:iam::1:role/path/name`.
fn is_session_of(session: &str, role: &str) -> bool {
    let named = |arn: &str| {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, _, _, _, account, resource] = parts[..] else {
            return None;
        };
        Some((account.to_owned(), resource.to_owned()))
    };
    let (Some((own, assumed)), Some((other, resource))) = (named(session), named(role)) else {
        return false;
    };
    let assumed = assumed.split('/').nth(1);
    own == other && assumed == resource.rsplit('/').next()
}

/// A UUID that is the same for the same number.
pub(crate) fn uuid(kind: u16, number: u64) -> String {
    format!("00000000-0000-4000-{kind:04x}-{number:012x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_belongs_to_its_role_whatever_the_roles_path() {
        let session = "arn:aws:sts::444455556666:assumed-role/checkout/sluice";
        for (role, expected) in [
            ("arn:aws:iam::444455556666:role/sluice/checkout", true),
            ("arn:aws:iam::444455556666:role/checkout", true),
            ("arn:aws:iam::444455556666:role/sluice/payments", false),
            ("arn:aws:iam::111122223333:role/sluice/checkout", false),
            ("checkout", false),
        ] {
            assert_eq!(is_session_of(session, role), expected, "{role}");
        }
    }
}
