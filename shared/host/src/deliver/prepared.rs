//! One notice as a request, with its secret: nothing here is shown.

use http::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Request, Uri};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sluice_aws::SecretText;
use sluice_core::notices::{Channel, Notice, PagerDutyRegion, SecretRef, Templates};
use sluice_report::notice::{Made, pagerduty, slack, teams, webhook_body};

use super::Delivered;
use super::signature::signature;
use super::vendors::{Vendors, is_at};

/// A request that can be sent any number of times.
pub(super) struct Prepared {
    /// Who is told, in words.
    pub(super) whom: String,
    /// Which statuses say that the secret is not known there.
    pub(super) unknown: &'static [u16],
    /// Whether a refusal may stand in an answer of status 200.
    pub(super) refuses_inside: bool,
    /// What never may be shown.
    pub(super) secret: SecretText,
    /// Told of the message.
    pub(super) remarks: Vec<String>,
    to: Uri,
    body: String,
    /// The notice's id, where the body is signed.
    signed: Option<HeaderValue>,
}

/// Answers by which a server says that it does not know an address, or who
/// asks.
const UNKNOWN: [u16; 4] = [401, 403, 404, 410];

/// PagerDuty reads the key from the body, and says 400 of one that is none.
const UNKNOWN_TO_PAGERDUTY: [u16; 5] = [400, 401, 403, 404, 410];

/// The request for a channel over HTTP.
pub(super) fn prepared(
    channel: &Channel,
    notice: &Notice,
    templates: &Templates,
    secret: &SecretText,
    vendors: &Vendors,
) -> Result<Prepared, Delivered> {
    match channel {
        Channel::Slack { webhook } => {
            let to = at_vendor("Slack", webhook, secret, &vendors.slack, vendors)?;
            Ok(Prepared::to("Slack", to, slack(notice, templates), secret))
        }
        Channel::Teams { webhook } => {
            let to = at_vendor("Teams", webhook, secret, &vendors.teams, vendors)?;
            let made = teams(notice, templates);
            Ok(Prepared {
                refuses_inside: true,
                ..Prepared::to("Teams", to, made, secret)
            })
        }
        Channel::Pagerduty { region, .. } => {
            to_pagerduty(*region, notice, templates, secret, vendors)
        }
        Channel::Webhook { url, .. } => to_webhook(url, notice, secret, vendors),
        Channel::Sns { .. } | Channel::Eventbridge { .. } => Err(Delivered::Never {
            why: "AWS is not told over a webhook".to_owned(),
        }),
    }
}

/// The address that a secret is, if it is one of the vendor's.
fn at_vendor(
    whom: &str,
    webhook: &SecretRef,
    secret: &SecretText,
    hosts: &[String],
    vendors: &Vendors,
) -> Result<Uri, Delivered> {
    let name = &webhook.secret;
    let never = |why: String| Delivered::Never { why };
    let to = vendors.address(secret.reveal());
    let to = to.map_err(|why| never(format!("secret `{name}` is no webhook of {whom}: {why}")))?;
    if is_at(&to, hosts) {
        return Ok(to);
    }
    Err(never(format!(
        "secret `{name}` is no webhook of {whom}: its host is none of {}",
        hosts.join(", ")
    )))
}

fn to_pagerduty(
    region: PagerDutyRegion,
    notice: &Notice,
    templates: &Templates,
    secret: &SecretText,
    vendors: &Vendors,
) -> Result<Prepared, Delivered> {
    let Some(made) = pagerduty(notice, templates, secret.reveal().trim()) else {
        return Err(Delivered::NotForIt {
            why: "PagerDuty has no action for it: alerts are what breaks and what is mended"
                .to_owned(),
        });
    };
    let to = vendors.address(vendors.pagerduty(region));
    let to = to.map_err(|why| Delivered::Never {
        why: format!("PagerDuty's address: {why}"),
    })?;
    Ok(Prepared {
        unknown: &UNKNOWN_TO_PAGERDUTY,
        ..Prepared::to("PagerDuty", to, made, secret)
    })
}

fn to_webhook(
    url: &str,
    notice: &Notice,
    secret: &SecretText,
    vendors: &Vendors,
) -> Result<Prepared, Delivered> {
    let to = vendors.address(url).map_err(|why| Delivered::Never {
        why: format!("the webhook's address cannot be used: {why}"),
    })?;
    let whom = format!("`{}`", to.host().unwrap_or(""));
    let made = Made {
        body: webhook_body(notice),
        remarks: Vec::new(),
    };
    Ok(Prepared {
        signed: Some(in_header(&notice.id)),
        ..Prepared::to(&whom, to, made, secret)
    })
}

/// An id as a header takes it; its digest, if it is written in other letters.
fn in_header(id: &str) -> HeaderValue {
    HeaderValue::from_str(id).unwrap_or_else(|_| {
        let digest = Sha256::digest(id.as_bytes());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        HeaderValue::from_str(&digest).expect("digits are a header's value")
    })
}

impl Prepared {
    fn to(whom: &str, to: Uri, made: Made, secret: &SecretText) -> Prepared {
        Prepared {
            whom: whom.to_owned(),
            unknown: &UNKNOWN,
            refuses_inside: false,
            secret: secret.clone(),
            remarks: made.remarks,
            to,
            body: made.body,
            signed: None,
        }
    }

    /// The request as it is sent now.
    pub(super) fn request(&self, now: Timestamp) -> Request<Vec<u8>> {
        let mut request = Request::post(self.to.clone())
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .header(USER_AGENT, "Sluice");
        if let Some(id) = &self.signed {
            let signature = signature(self.secret.reveal().as_bytes(), now, self.body.as_bytes());
            request = request
                .header("Sluice-Notice", id)
                .header("Sluice-Signature", signature);
        }
        let request = request.body(self.body.clone().into_bytes());
        request.expect("its parts were checked when it was prepared")
    }
}
