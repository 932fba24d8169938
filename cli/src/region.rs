//! Asking the AWS of the environment, and saying why it could not be asked.

use std::future::Future;
use std::io::{self, Write};

use jiff::{SignedDuration, Timestamp};
use sluice_aws::{Aws, AwsError, Refusal};

use crate::exit;

/// Why a command ends without what was asked for.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) code: u8,
    pub(crate) error: String,
    pub(crate) hint: String,
}

impl Stopped {
    pub(crate) fn usage(error: String, hint: &str) -> Stopped {
        let hint = hint.to_owned();
        let code = exit::USAGE;
        Stopped { code, error, hint }
    }

    pub(crate) fn unread(error: String, hint: &str) -> Stopped {
        let hint = hint.to_owned();
        let code = exit::GATE_ERROR;
        Stopped { code, error, hint }
    }

    /// Tells it, and gives the exit code.
    pub(crate) fn tell(&self) -> io::Result<u8> {
        let Stopped { code, error, hint } = self;
        writeln!(anstream::stderr(), "error: {error}\n\n  hint: {hint}")?;
        Ok(*code)
    }
}

impl From<AwsError> for Stopped {
    fn from(error: AwsError) -> Stopped {
        let hint = match &error.refusal {
            Refusal::Denied => format!(
                "allow `{}`, or sign in as somebody who may; `aws sts get-caller-identity` says \
                 who you are",
                error.operation
            ),
            Refusal::Throttled => "ask again in a minute, or name fewer pipelines".to_owned(),
            Refusal::Unavailable if error.message.contains("credentials") => {
                "sign in, for instance with `aws sso login`, and export the credentials: \
                 `eval \"$(aws configure export-credentials --format env)\"`"
                    .to_owned()
            }
            Refusal::Unavailable => {
                "look at the network, the region and `AWS_ENDPOINT_URL`, if it is set".to_owned()
            }
            Refusal::Code(_) => "is it the right account, region and name?".to_owned(),
        };
        let about = error.resource.as_ref();
        let about = about.map_or_else(String::new, |name| format!("`{name}`: "));
        let code = exit::GATE_ERROR;
        let error = format!("{about}{error}");
        Stopped { code, error, hint }
    }
}

/// Does something with the AWS of the environment.
pub(crate) fn with_aws<T, F: Future<Output = Result<T, Stopped>>>(
    work: impl FnOnce(Aws) -> F,
) -> Result<T, Stopped> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Stopped::unread(format!("cannot start: {error}"), "try again"))?;
    runtime.block_on(async {
        let aws = Aws::from_environment().await.map_err(|error| {
            Stopped::unread(error.to_string(), "for instance `AWS_REGION=eu-central-1`")
        })?;
        work(aws).await
    })
}

/// The pipelines that were named, or all there are; and whether a bound cut them.
pub(crate) async fn pipelines(aws: &Aws, named: &[String]) -> Result<(Vec<String>, bool), Stopped> {
    if !named.is_empty() {
        return Ok((named.to_vec(), false));
    }
    Ok(aws.pipelines().await?)
}

/// The two greatest units of a length: `3h 12min`.
pub(crate) fn length(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let units = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let at = units.iter().position(|(size, _)| seconds >= *size);
    let at = at.unwrap_or(units.len() - 1);
    let (size, name) = units[at];
    let first = format!("{}{name}", seconds / size);
    let rest = units.get(at + 1).filter(|_| size > 60);
    match rest.map(|(size, name)| ((seconds % units[at].0) / size, name)) {
        Some((count, name)) if count > 0 => format!("{first} {count}{name}"),
        _ => first,
    }
}

/// How long ago.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    length(SignedDuration::as_secs(&now.duration_since(at)))
}

/// As much of an execution's id as tells it from others.
pub(crate) fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn a_length_shows_its_two_greatest_units() {
        for (seconds, expected) in [
            (0, "0s"),
            (59, "59s"),
            (61, "1min"),
            (11_520, "3h 12min"),
            (7200, "2h"),
            (93_600, "1d 2h"),
            (-5, "0s"),
        ] {
            assert_eq!(length(seconds), expected);
        }
    }
}
