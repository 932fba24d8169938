//! STS: roles that may be assumed, and whose account a key belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use http::Response;
use jiff::{SignedDuration, Timestamp};

use crate::Clock;
use crate::s3::percent_decoded;
use crate::wire::ApiError;

/// How long an assumed role's credentials hold.
const EXPIRES_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// An in-memory STS. Copies share what was issued.
#[derive(Clone)]
pub struct Sts {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    accounts: BTreeMap<String, (String, Option<Timestamp>)>,
    roles: BTreeSet<String>,
}

impl Sts {
    /// An STS that knows the access keys of these accounts: (key, account).
    pub fn new(clock: Clock, keys: &[(&str, &str)]) -> Sts {
        let accounts = keys
            .iter()
            .map(|(key, account)| ((*key).to_owned(), ((*account).to_owned(), None)))
            .collect();
        Sts {
            clock,
            state: Arc::new(Mutex::new(State {
                accounts,
                roles: BTreeSet::new(),
            })),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nothing panics while it holds this lock")
    }

    /// Lets everybody assume this role.
    pub fn allow(&self, role: &str) {
        self.state().roles.insert(role.to_owned());
    }

    /// The account that an access key belongs to, as long as it holds.
    pub fn account_of(&self, access_key: &str) -> Option<String> {
        let state = self.state();
        let (account, expires) = state.accounts.get(access_key)?;
        expires
            .is_none_or(|moment| self.clock.now() < moment)
            .then(|| account.clone())
    }

    /// Answers a request in the query protocol.
    pub fn answer(&self, body: &[u8]) -> Response<Vec<u8>> {
        let (status, body) = match self.assume_role(body) {
            Ok(body) => (200, body),
            Err(error) => (error.status, error_document(&error)),
        };
        Response::builder()
            .status(status)
            .header("content-type", "text/xml")
            .body(body.into_bytes())
            .expect("the status is one of HTTP's")
    }

    fn assume_role(&self, body: &[u8]) -> Result<String, ApiError> {
        let form: BTreeMap<String, String> = String::from_utf8_lossy(body)
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), percent_decoded(&value.replace('+', " "))))
            .collect();
        if form.get("Action").map(String::as_str) != Some("AssumeRole") {
            return Err(ApiError::client(
                "InvalidAction",
                "The action is not one that this service has.",
            ));
        }
        let role = form.get("RoleArn").cloned().unwrap_or_default();
        let mut state = self.state();
        let account = role
            .split(':')
            .nth(4)
            .filter(|_| state.roles.contains(&role))
            .map(str::to_owned);
        let Some(account) = account else {
            return Err(ApiError {
                status: 403,
                code: "AccessDenied".to_owned(),
                message: format!(
                    "User is not authorized to perform: sts:AssumeRole on resource: {role}"
                ),
            });
        };
        let expires = self.clock.now() + EXPIRES_AFTER;
        let key = format!("ASIA{:016}", state.accounts.len());
        state.accounts.insert(key.clone(), (account, Some(expires)));
        Ok(format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
             <AssumedRoleUser><AssumedRoleId>AROA:sluice</AssumedRoleId><Arn>{role}</Arn></AssumedRoleUser>\
             <Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>simulated</SecretAccessKey>\
             <SessionToken>simulated</SessionToken><Expiration>{expires}</Expiration></Credentials>\
             </AssumeRoleResult></AssumeRoleResponse>"
        ))
    }
}

/// An error as the query protocol writes it.
pub(crate) fn error_document(error: &ApiError) -> String {
    let kind = if error.status >= 500 {
        "Receiver"
    } else {
        "Sender"
    };
    format!(
        "<ErrorResponse><Error><Type>{kind}</Type><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>",
        quick_xml::escape::escape(error.code.as_str()),
        quick_xml::escape::escape(error.message.as_str())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_assumed_role_belongs_to_its_account_until_it_expires() {
        let sts = Sts::new(
            Clock::starting_at(Timestamp::UNIX_EPOCH),
            &[("AKIA", "111122223333")],
        );
        let role = "arn:aws:iam::444455556666:role/sluice-read";
        let body =
            b"Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Fsluice-read";
        assert_eq!(sts.answer(body).status(), 403);
        sts.allow(role);
        assert_eq!(sts.answer(body).status(), 200);
        let key = "ASIA0000000000000001";
        assert_eq!(sts.account_of(key), Some("444455556666".to_owned()));
        tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
        assert_eq!(sts.account_of(key), None);
        assert_eq!(sts.account_of("AKIA"), Some("111122223333".to_owned()));
    }
}
