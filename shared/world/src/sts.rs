//! STS: roles that may be assumed, and whose keys an access key id is.
//!
//! Speaks the query protocol: a form goes in, XML comes out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{Request, Response, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use quick_xml::escape::escape;

use crate::clock::Clock;
use crate::wire::{ApiError, read_form};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// STS of the whole world. Copies are the same one.
#[derive(Debug, Clone)]
pub struct Sts {
    clock: Clock,
    home_account: String,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    roles: HashMap<String, Trust>,
    sessions: HashMap<String, Session>,
    requests: u64,
}

/// Whom a role lets assume it.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The external id that it asks for, if any.
    pub external_id: Option<String>,
    /// Whether sessions may be tagged (`sts:TagSession`).
    pub tags: bool,
}

#[derive(Debug)]
struct Session {
    account: String,
    arn: String,
    id: String,
    until: Timestamp,
}

impl Sts {
    /// An STS without roles. Keys that it did not issue are taken for those
    /// of `home_account`.
    pub fn new(clock: Clock, home_account: &str) -> Sts {
        Sts {
            clock,
            home_account: home_account.to_owned(),
            inner: Arc::default(),
        }
    }

    /// Lets everybody assume a role, given its ARN; those who know its
    /// external id, if there is one.
    pub fn allow(&self, role_arn: &str, external_id: Option<&str>) {
        let external_id = external_id.map(str::to_owned);
        let trust = Trust {
            external_id,
            tags: false,
        };
        self.trust(role_arn, trust);
    }

    /// Lets whom a trust policy names assume a role.
    pub fn trust(&self, role_arn: &str, trust: Trust) {
        self.inner().roles.insert(role_arn.to_owned(), trust);
    }

    /// The account whose role an access key id was issued for; nothing for
    /// keys that were not issued here or have expired.
    pub fn account_of(&self, access_key_id: &str) -> Option<String> {
        let now = self.clock.now();
        let inner = self.inner();
        let session = inner.sessions.get(access_key_id);
        let session = session.filter(|session| now < session.until)?;
        Some(session.account.clone())
    }

    /// The ARN of the assumed role's session, also after it expired.
    pub fn session_of(&self, access_key_id: &str) -> Option<String> {
        let inner = self.inner();
        let session = inner.sessions.get(access_key_id)?;
        Some(session.arn.clone())
    }

    /// Whether keys were issued here and hold no more.
    pub fn has_expired(&self, access_key_id: &str) -> bool {
        let session_until = self.inner().sessions.get(access_key_id).map(|s| s.until);
        session_until.is_some_and(|until| until <= self.clock.now())
    }

    /// Answers one call. `credentials` is the caller's access key id.
    pub fn answer(&self, request: &Request<Vec<u8>>, credentials: &str) -> Response<Vec<u8>> {
        let form = read_form(&String::from_utf8_lossy(request.body()));
        let action = form.get("Action").map_or("", String::as_str);
        let id = {
            let mut inner = self.inner();
            inner.requests += 1;
            format!("00000000-0000-4000-8000-{:012x}", inner.requests)
        };
        let result = if self.has_expired(credentials) {
            let message = "The security token included in the request is expired";
            Err(denied("ExpiredTokenException", message))
        } else {
            match action {
                "AssumeRole" => self.assume_role(&form),
                "GetCallerIdentity" => Ok(self.caller_identity(credentials)),
                _ => Err(ApiError::client(
                    "InvalidAction",
                    format!("Could not find operation {action} for version 2011-06-15"),
                )),
            }
        };
        let (status, body) = match result {
            Ok(result) => (
                200,
                format!(
                    "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}\
                     </{action}Result><ResponseMetadata><RequestId>{id}</RequestId>\
                     </ResponseMetadata></{action}Response>"
                ),
            ),
            Err(error) => (
                error.status,
                format!(
                    "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type>\
                     <Code>{}</Code><Message>{}</Message></Error>\
                     <RequestId>{id}</RequestId></ErrorResponse>",
                    error.code,
                    escape(&error.message)
                ),
            ),
        };
        let response = Response::builder()
            .status(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST))
            .header(header::CONTENT_TYPE, "text/xml")
            .header("x-amzn-requestid", id)
            .body(body.into_bytes());
        response.expect("the headers are fixed or digits")
    }

    fn assume_role(&self, form: &HashMap<String, String>) -> Result<String, ApiError> {
        let role = form.get("RoleArn").map_or("", String::as_str);
        let session = form.get("RoleSessionName").map_or("", String::as_str);
        let seconds = form
            .get("DurationSeconds")
            .map_or(Ok(3600), |text| text.parse());
        let seconds: i64 = seconds.unwrap_or_default();
        let parts: Vec<&str> = role.splitn(6, ':').collect();
        let ["arn", _, "iam", "", account, resource] = parts[..] else {
            return Err(invalid(&format!("{role} is invalid")));
        };
        let named = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        if !(2..=64).contains(&session.len()) || !session.chars().all(named) {
            return Err(invalid(
                "1 validation error detected: Value at 'roleSessionName' failed to satisfy \
                 constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
            ));
        }
        if !(900..=43_200).contains(&seconds) {
            return Err(invalid(
                "1 validation error detected: Value at 'durationSeconds' failed to satisfy \
                 constraint: Member must have value between 900 and 43200",
            ));
        }
        let until = self
            .clock
            .now()
            .saturating_add(SignedDuration::from_secs(seconds));
        let until = until.unwrap_or(Timestamp::MAX);
        let mut inner = self.inner();
        let external_id = form.get("ExternalId");
        let trust = inner.roles.get(role).filter(|trust| {
            trust.external_id.is_none() || trust.external_id.as_ref() == external_id
        });
        let is_tagged = form.keys().any(|key| key.starts_with("Tags.member."));
        let refused = match trust {
            None => Some("sts:AssumeRole"),
            Some(trust) => (is_tagged && !trust.tags).then_some("sts:TagSession"),
        };
        if let Some(action) = refused {
            let message = format!(
                "User: arn:aws:sts::{}:assumed-role/caller is not authorized to perform: \
                 {action} on resource: {role}",
                self.home_account
            );
            return Err(denied("AccessDenied", &message));
        }
        // Paths are no part of a session's ARN.
        let name = resource.rsplit('/').next().unwrap_or(resource);
        let arn = format!("arn:aws:sts::{account}:assumed-role/{name}/{session}");
        let number = inner.sessions.len() + 1;
        let key = format!("ASIASTS{number:013}");
        let id = format!("AROAWORLD{:012}:{session}", name.len());
        let session = Session {
            account: account.to_owned(),
            arn: arn.clone(),
            id: id.clone(),
            until,
        };
        inner.sessions.insert(key.clone(), session);
        Ok(format!(
            "<Credentials><AccessKeyId>{key}</AccessKeyId>\
             <SecretAccessKey>RoleSecretKey{number:027}</SecretAccessKey>\
             <SessionToken>RoleSessionToken{number:020}</SessionToken>\
             <Expiration>{}</Expiration></Credentials>\
             <AssumedRoleUser><AssumedRoleId>{id}</AssumedRoleId><Arn>{}</Arn></AssumedRoleUser>",
            until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            escape(&arn),
        ))
    }

    fn caller_identity(&self, credentials: &str) -> String {
        let inner = self.inner();
        let (account, arn, id) = match inner.sessions.get(credentials) {
            Some(session) => (&session.account, session.arn.clone(), session.id.clone()),
            None => {
                let arn = format!(
                    "arn:aws:sts::{}:assumed-role/caller/caller",
                    self.home_account
                );
                (&self.home_account, arn, "AROACALLER:caller".to_owned())
            }
        };
        format!(
            "<Arn>{}</Arn><UserId>{}</UserId><Account>{account}</Account>",
            escape(&arn),
            escape(&id)
        )
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn invalid(message: &str) -> ApiError {
    ApiError::client("ValidationError", message)
}

fn denied(code: &str, message: &str) -> ApiError {
    ApiError {
        status: 403,
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests;
