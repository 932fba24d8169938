//! From a step to the request that is sent.

use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use sluice_core::settings::{HttpBody, HttpStep};
use url::Url;

use crate::validate::Variables;

/// A request before it is sent, for as often as it is.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// The secrets that were filled in.
    pub(super) used: Vec<String>,
}

/// What a test is known by to whoever is asked.
const OWN_NAME: &str = concat!("sluice/", env!("CARGO_PKG_VERSION"));

impl Prepared {
    /// The request of a step.
    ///
    /// # Errors
    ///
    /// A variable has no value, or what comes out cannot be sent.
    pub(super) fn of(step: &HttpStep, variables: &Variables) -> Result<Prepared, String> {
        let mut used = Vec::new();
        let (method, address) = step.request();
        let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes())
            .map_err(|error| error.to_string())?;
        let url = url(step, address, variables, &mut used)?;
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(OWN_NAME));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        let body = body(step, variables, &mut headers, &mut used)?;
        for (name, value) in &step.headers {
            let value = fill(variables, value, &mut used)?;
            let (name, value) = header(name, &value)?;
            headers.insert(name, value);
        }
        Ok(Prepared {
            method,
            url,
            headers,
            body,
            used,
        })
    }

    /// `GET https://checkout.example/health`
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.method, self.url)
    }

    /// All that is sent, as text.
    pub(super) fn sent(&self) -> Vec<String> {
        let mut sent = vec![self.url.to_string()];
        let values = self.headers.values();
        sent.extend(values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()));
        sent.push(String::from_utf8_lossy(&self.body).into_owned());
        sent
    }

    /// As the wire wants it.
    pub(super) fn request(&self) -> Result<http::Request<Vec<u8>>, String> {
        let mut url = self.url.clone();
        url.set_fragment(None);
        let mut request = http::Request::builder()
            .method(self.method.clone())
            .uri(url.as_str())
            .body(self.body.clone())
            .map_err(|error| error.to_string())?;
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }
}

fn fill(variables: &Variables, text: &str, used: &mut Vec<String>) -> Result<String, String> {
    let filled = variables.fill(text, used);
    filled.map_err(|error| error.to_string())
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let known = HeaderName::try_from(name).map_err(|_| format!("`{name}` is no header"))?;
    let value = HeaderValue::try_from(value.trim())
        .map_err(|_| format!("the value of header `{name}` has characters that cannot be sent"))?;
    Ok((known, value))
}

fn url(
    step: &HttpStep,
    address: &str,
    variables: &Variables,
    used: &mut Vec<String>,
) -> Result<Url, String> {
    let filled = fill(variables, address, used)?;
    let masked = variables.fill_masked(address);
    let masked = masked.map_err(|error| error.to_string())?;
    let shown = Url::parse(&masked);
    let shown = shown.map_err(|error| format!("`{masked}` is not an address: {error}"))?;
    let mut url = Url::parse(&filled).map_err(|error| error.to_string())?;
    if url.origin() != shown.origin() {
        return Err(
            "a secret stands in the host of the address, where it would be seen".to_owned(),
        );
    }
    check_url(&url)?;
    for (name, value) in &step.query {
        let value = fill(variables, value, used)?;
        url.query_pairs_mut().append_pair(name, &value);
    }
    Ok(url)
}

/// Whether a request may go to a URL, as far as its text says.
pub(super) fn check_url(url: &Url) -> Result<(), String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{url}` is neither `http` nor `https`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address has a user or a password in it".to_owned());
    }
    Ok(())
}

fn body(
    step: &HttpStep,
    variables: &Variables,
    headers: &mut HeaderMap,
    used: &mut Vec<String>,
) -> Result<Vec<u8>, String> {
    let (kind, text) = match &step.body {
        None => return Ok(Vec::new()),
        Some(HttpBody::Text(body)) => (
            "text/plain; charset=utf-8",
            fill(variables, &body.text, used)?,
        ),
        Some(HttpBody::Json(body)) => {
            let json = variables.fill_json(&body.json, used);
            let json = json.map_err(|error| error.to_string())?;
            ("application/json", json.to_string())
        }
        Some(HttpBody::Form(body)) => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in &body.form {
                form.append_pair(name, &fill(variables, value, used)?);
            }
            ("application/x-www-form-urlencoded", form.finish())
        }
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(text.into_bytes())
}
