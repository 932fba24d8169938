//! Sends one request, and follows redirects where the step says so.
//!
//! Every hop is held to the same rules: no secret goes to a host that is not
//! named beside it, and none leaves TLS once it was sent over it.

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, LOCATION};
use http::{HeaderMap, Method};
use sluice_aws::{Answer, Outside, Unanswered};
use sluice_core::settings::HttpStep;
use tokio::time::{Instant, timeout};
use url::Url;

use super::BODY_BYTES_MAX;
use super::request::{Prepared, check_url};
use crate::validate::Variables;

/// An answer, and what it answers.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) answer: Answer,
    pub(super) took: Duration,
    /// Where it redirects to, made absolute.
    pub(super) redirects_to: Option<String>,
}

/// Why there is nothing to check.
#[derive(Debug, Clone)]
pub(super) enum Unseen {
    /// No answer in the time of one request.
    TimedOut,
    /// No answer.
    Unanswered(Unanswered),
    /// More redirects than are followed.
    TooManyRedirects(String),
    /// It may not be sent.
    NotSent(String),
}

/// Sends a request, redirects included, in the time of one request.
pub(super) async fn exchange(
    step: &HttpStep,
    prepared: &Prepared,
    outside: &Outside,
    variables: &Variables,
) -> Result<Seen, Unseen> {
    let began = Instant::now();
    let hops = hops(step, prepared, outside, variables);
    let (answer, url) = timeout(step.timeout().into(), hops)
        .await
        .map_err(|_| Unseen::TimedOut)??;
    Ok(Seen {
        took: began.elapsed(),
        redirects_to: location(&answer.headers, &url).map(|url| url.to_string()),
        answer,
    })
}

async fn hops(
    step: &HttpStep,
    prepared: &Prepared,
    outside: &Outside,
    variables: &Variables,
) -> Result<(Answer, Url), Unseen> {
    let follow = step.follow_redirects.unwrap_or(0);
    let mut hop = prepared.clone();
    for followed in 0..=follow {
        check_secrets(prepared, &hop, variables).map_err(Unseen::NotSent)?;
        let request = hop.request().map_err(Unseen::NotSent)?;
        let answer = outside.send(request, BODY_BYTES_MAX).await;
        let answer = answer.map_err(Unseen::Unanswered)?;
        let is_redirect = matches!(answer.status, 301 | 302 | 303 | 307 | 308);
        let next = location(&answer.headers, &hop.url).filter(|_| is_redirect);
        match next {
            Some(next) if follow > 0 => {
                if followed == follow {
                    return Err(Unseen::TooManyRedirects(next.to_string()));
                }
                check_url(&next).map_err(Unseen::NotSent)?;
                hop = redirected(hop, answer.status, next);
            }
            _ => return Ok((answer, hop.url)),
        }
    }
    Err(Unseen::TooManyRedirects(hop.url.to_string()))
}

fn location(headers: &HeaderMap, url: &Url) -> Option<Url> {
    let location = headers.get(LOCATION)?.to_str().ok()?;
    url.join(location).ok()
}

/// The request that follows from a redirect, as browsers do it.
fn redirected(hop: Prepared, status: u16, next: Url) -> Prepared {
    let mut hop = hop;
    let becomes_get = match status {
        303 => hop.method != Method::HEAD,
        301 | 302 => hop.method == Method::POST,
        _ => false,
    };
    if becomes_get {
        hop.method = Method::GET;
        hop.body = Vec::new();
        hop.headers.remove(CONTENT_TYPE);
        hop.headers.remove(CONTENT_LENGTH);
    }
    if hop.url.origin() != next.origin() {
        hop.headers.remove(AUTHORIZATION);
        hop.headers.remove(COOKIE);
    }
    hop.url = next;
    hop
}

fn check_secrets(first: &Prepared, hop: &Prepared, variables: &Variables) -> Result<(), String> {
    let is_first = first.url == hop.url;
    let sent = hop.sent();
    let sent: Vec<&str> = sent.iter().map(String::as_str).collect();
    let host = hop.url.host_str().unwrap_or("");
    let used: &[String] = if is_first { &hop.used } else { &[] };
    if let Some(refused) = variables.refused(host, used, &sent) {
        return Err(refused);
    }
    let leaves_tls = first.url.scheme() == "https" && hop.url.scheme() == "http";
    let leaves_host = first.url.host_str() != hop.url.host_str();
    let unlisted = leaves_host && !variables.all_listed_for(host, &sent);
    if unlisted || (leaves_tls && variables.any_secret_in(&sent)) {
        return Err(format!(
            "a redirect to `{}` would take a secret along",
            hop.url
        ));
    }
    Ok(())
}
