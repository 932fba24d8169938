//! `sluice override`: lets one release pass a gate that would stop it, through
//! the function that gives waivers.

mod show;

use std::io::{self, Write};

use clap::Args;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sluice_aws::{Answer, Aws, UrlError};

use crate::exit;

/// The environment variable with the URL of the function.
const URL: &str = "SLUICE_OVERRIDE_URL";

/// What AWS encodes in a query that is signed.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Let one release pass a gate that would stop it, for a reason and for hours
///
/// The gate judges all the same, and says that it would have stopped the
/// release, and who let it go. Signs the request with the AWS credentials of
/// the environment: they are who gives the waiver.
#[derive(Debug, Args)]
pub struct OverrideArguments {
    /// The pipeline
    #[arg(long, value_name = "NAME")]
    pipeline: String,
    /// The id of the pipeline execution
    #[arg(long, value_name = "ID")]
    release: String,
    /// The stage
    #[arg(long, value_name = "NAME", required_unless_present = "list")]
    stage: Option<String>,
    /// The gate's name; `*` for all gates of the stage
    #[arg(long, value_name = "NAME", required_unless_present = "list")]
    gate: Option<String>,
    /// Why, in at least ten characters; it is kept in the evidence
    #[arg(long, value_name = "TEXT", required_unless_present = "list")]
    reason: Option<String>,
    /// For how many hours. Default 4; the installation says how many at most
    #[arg(long, value_name = "HOURS")]
    hours: Option<u16>,
    /// Also if the gate cannot answer
    #[arg(long)]
    covers_gate_errors: bool,
    /// Show the waivers of the release, and give none
    #[arg(long, conflicts_with_all = ["stage", "gate", "reason", "hours", "covers_gate_errors"])]
    list: bool,
    /// The function's URL. Default: what SLUICE_OVERRIDE_URL says
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

/// What stopped the command, and what to do.
struct Stopped {
    code: u8,
    error: String,
    hint: String,
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &OverrideArguments) -> io::Result<u8> {
    match asked(arguments) {
        Ok(document) if arguments.json => writeln!(io::stdout(), "{document:#}")?,
        Ok(document) => {
            let text = show::text(&document, arguments.list);
            anstream::stdout().write_all(text.as_bytes())?;
        }
        Err(Stopped { code, error, hint }) => {
            writeln!(anstream::stderr(), "error: {error}\n\n  hint: {hint}")?;
            return Ok(code);
        }
    }
    Ok(exit::PASS)
}

fn asked(arguments: &OverrideArguments) -> Result<Value, Stopped> {
    let url = arguments.url.clone().or_else(url_of_environment);
    let url = url.ok_or_else(|| Stopped {
        code: exit::USAGE,
        error: "the URL of the function that gives waivers is not known".to_owned(),
        hint: format!("give it with --url or {URL}; it is the output `OverrideUrl` of the installation's stack"),
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| stopped(format!("cannot start: {error}"), "try again"))?;
    let answer = runtime.block_on(call(arguments, &url))?;
    read(&answer)
}

fn stopped(error: String, hint: &str) -> Stopped {
    Stopped {
        code: exit::GATE_ERROR,
        error,
        hint: hint.to_owned(),
    }
}

fn url_of_environment() -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where this command asks the environment"
    )]
    let url = std::env::var(URL).ok();
    url.filter(|url| !url.is_empty())
}

async fn call(arguments: &OverrideArguments, url: &str) -> Result<Answer, Stopped> {
    let aws = Aws::from_environment().await;
    let aws =
        aws.map_err(|error| stopped(error.to_string(), "for instance `AWS_REGION=eu-central-1`"))?;
    let answer = if arguments.list {
        let url = format!("{}?{}", url.trim_end_matches('?'), query(arguments));
        aws.call_function_url(Method::GET, &url, Vec::new()).await
    } else {
        let body = order(arguments).to_string().into_bytes();
        aws.call_function_url(Method::POST, url, body).await
    };
    answer.map_err(|error| {
        let hint = match &error {
            UrlError::Url { .. } => "it looks like `https://ID.lambda-url.REGION.on.aws/`",
            UrlError::NoCredentials(_) => {
                "sign in, for instance with `aws sso login`, and export the credentials: \
                 `eval \"$(aws configure export-credentials --format env)\"`"
            }
            _ => "look at the URL and the network; doing it twice does no harm",
        };
        stopped(error.to_string(), hint)
    })
}

fn order(arguments: &OverrideArguments) -> Value {
    let mut order = json!({
        "pipeline": arguments.pipeline,
        "release": arguments.release,
        "stage": arguments.stage,
        "gate": arguments.gate,
        "reason": arguments.reason,
        "covers_gate_errors": arguments.covers_gate_errors,
    });
    if let Some(hours) = arguments.hours {
        order["hours"] = json!(hours);
    }
    order
}

fn query(arguments: &OverrideArguments) -> String {
    let encoded = |text| utf8_percent_encode(text, RESERVED);
    let (pipeline, release) = (&arguments.pipeline, &arguments.release);
    format!(
        "pipeline={}&release={}",
        encoded(pipeline),
        encoded(release)
    )
}

/// What the function says, or what stood in the way of asking it.
fn read(answer: &Answer) -> Result<Value, Stopped> {
    let text = String::from_utf8_lossy(&answer.body);
    let document: Option<Value> = serde_json::from_str(&text).ok();
    let said = |field: &str| -> Option<&str> { document.as_ref()?.get(field)?.as_str() };
    if answer.status == 200
        && let Some(document) = document
    {
        return Ok(document);
    }
    if let (Some(error), Some(hint)) = (said("error"), said("hint")) {
        return Err(stopped(error.to_owned(), hint));
    }
    let shown: String = text.chars().take(300).collect();
    let error = format!("the function's URL answered {}: {shown}", answer.status);
    Err(stopped(error, hint(answer.status, &text)))
}

/// What to do about an answer that is Lambda's own.
fn hint(status: u16, text: &str) -> &'static str {
    match status {
        403 if text.to_lowercase().contains("expired") => {
            "the credentials have expired, or this machine's clock is wrong: sign in again, for instance with `aws sso login`"
        }
        403 => {
            "whoever gives waivers needs `lambda:InvokeFunctionUrl` and `lambda:InvokeFunction` on the function \
             sluice-override; `aws sts get-caller-identity` says who you are"
        }
        200..300 => "is this the URL of the function sluice-override?",
        _ => {
            "look at the log of the function sluice-override, then try again: doing it twice does no harm"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, body: &str) -> (String, String) {
        let answer = Answer {
            status,
            headers: http::HeaderMap::new(),
            body: body.as_bytes().to_vec(),
            cut: false,
            certificate_ends: None,
        };
        let stopped = read(&answer).expect_err("it is no success");
        assert_eq!(stopped.code, exit::GATE_ERROR);
        (stopped.error, stopped.hint)
    }

    #[test]
    fn what_the_function_says_is_passed_on() {
        let (error, hint) = told(404, r#"{"error":"no such release","hint":"look again"}"#);
        assert_eq!(
            (error.as_str(), hint.as_str()),
            ("no such release", "look again")
        );
    }

    #[test]
    fn what_lambda_itself_says_is_told_with_what_to_do() {
        for (status, body, expected) in [
            (
                403,
                r#"{"Message":"Forbidden"}"#,
                "lambda:InvokeFunctionUrl",
            ),
            (
                403,
                r#"{"message":"Signature expired: 1 is now earlier than 2"}"#,
                "sign in again",
            ),
            (
                403,
                r#"{"Message":"The security token included in the request is expired"}"#,
                "sign in again",
            ),
            (502, "Internal Server Error", "log of the function"),
            (200, "<html>", "is this the URL"),
        ] {
            let (error, hint) = told(status, body);
            assert!(error.contains(&status.to_string()), "{error}");
            assert!(hint.contains(expected), "{body}: {hint}");
        }
    }
}
