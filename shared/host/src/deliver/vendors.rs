//! Where vendors are: the only hosts that their secrets are sent to.

use http::Uri;
use http::uri::Scheme;
use sluice_aws::{Aws, Outside};
use sluice_core::address::AddressRule;
use sluice_core::notices::PagerDutyRegion;

/// Hosts and addresses of vendors.
#[derive(Debug, Clone)]
pub struct Vendors {
    /// Hosts of Slack's webhooks, with a port if it is not 443; `*.` stands for
    /// one or more parts of a name.
    pub slack: Vec<String>,
    /// Hosts of webhooks of Teams' workflows.
    pub teams: Vec<String>,
    /// Where PagerDuty takes events, in its regions US and EU.
    pub pagerduty: [String; 2],
    /// Which addresses may be reached at all. Where it allows loopback, that
    /// may be spoken to without TLS.
    pub addresses: AddressRule,
    /// Certificates of authorities, in DER, that are believed besides the
    /// machine's.
    pub more_roots: Vec<Vec<u8>>,
}

impl Default for Vendors {
    fn default() -> Vendors {
        let owned = |hosts: &[&str]| hosts.iter().map(|host| (*host).to_owned()).collect();
        Vendors {
            slack: owned(&["hooks.slack.com", "hooks.slack-gov.com"]),
            teams: owned(&[
                "*.logic.azure.com",
                "*.webhook.office.com",
                "*.api.powerplatform.com",
            ]),
            pagerduty: [
                "https://events.pagerduty.com/v2/enqueue".to_owned(),
                "https://events.eu.pagerduty.com/v2/enqueue".to_owned(),
            ],
            addresses: AddressRule::default(),
            more_roots: Vec::new(),
        }
    }
}

impl Vendors {
    /// Where PagerDuty takes events in a region.
    pub(super) fn pagerduty(&self, region: PagerDutyRegion) -> &str {
        let [us, eu] = &self.pagerduty;
        match region {
            PagerDutyRegion::Us => us,
            PagerDutyRegion::Eu => eu,
        }
    }

    /// The way to them.
    pub(super) fn way(&self, aws: &Aws) -> Outside {
        if self.more_roots.is_empty() {
            return aws.outside(self.addresses.clone());
        }
        Outside::network(self.addresses.clone(), &self.more_roots)
    }

    /// An address that may be sent to. What is wrong with it is said without
    /// the address.
    pub(super) fn address(&self, text: &str) -> Result<Uri, &'static str> {
        let uri: Uri = text.trim().parse().map_err(|_| "it is no address")?;
        let authority = uri.authority().ok_or("it names no host")?;
        if authority.as_str().contains('@') {
            return Err("it holds a user name or a password");
        }
        let is_plain = uri.scheme() == Some(&Scheme::HTTP);
        match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => Ok(uri),
            Some(_) if is_plain && self.is_loopback(&uri) => Ok(uri),
            _ => Err("it does not begin with `https://`"),
        }
    }

    fn is_loopback(&self, uri: &Uri) -> bool {
        let host = uri.host().unwrap_or("");
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let address: Option<std::net::IpAddr> = bare.parse().ok();
        address.is_some_and(|own| own.is_loopback() && self.addresses.refuses(own).is_none())
    }
}

/// Whether an address is at one of these hosts.
pub(super) fn is_at(uri: &Uri, hosts: &[String]) -> bool {
    let host = uri.host().unwrap_or("").to_ascii_lowercase();
    let port = uri.port_u16().unwrap_or(443);
    hosts.iter().any(|pattern| {
        let (own, own_port) = match pattern.rsplit_once(':') {
            Some((own, own_port)) => (own, own_port.parse().ok()),
            None => (pattern.as_str(), Some(443)),
        };
        let named = match own.strip_prefix('*') {
            Some(end) => host.len() > end.len() && host.ends_with(end),
            None => host == own,
        };
        named && own_port == Some(port)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, at_slack: bool, at_teams: bool) {
        let vendors = Vendors::default();
        let uri = vendors.address(address);
        let at = |hosts| uri.as_ref().is_ok_and(|uri| is_at(uri, hosts));
        let found = (at(&vendors.slack), at(&vendors.teams));
        assert_eq!(found, (at_slack, at_teams), "{address}");
    }

    #[test]
    fn an_address_is_held_to_the_vendors_hosts() {
        check("https://hooks.slack.com/services/T/B/x", true, false);
        check(" https://HOOKS.slack.com:443/services/T/B/x\n", true, false);
        check("https://hooks.slack-gov.com/services/T/B/x", true, false);
        check(
            "https://prod-1.westeurope.logic.azure.com:443/w?sig=x",
            false,
            true,
        );
        check(
            "https://a.09.environment.api.powerplatform.com/x",
            false,
            true,
        );
        check("https://acme.webhook.office.com/webhookb2/x", false, true);
    }

    #[test]
    fn what_only_looks_like_a_vendor_is_refused() {
        check("http://hooks.slack.com/services/T/B/x", false, false);
        check("https://hooks.slack.com:8443/services/T/B/x", false, false);
        check("https://hooks.slack.com@evil.example/x", false, false);
        check("https://evil.example/hooks.slack.com", false, false);
        check("https://hooks.slack.com.evil.example/x", false, false);
        check("https://xhooks.slack.com/x", false, false);
        check("https://hooks.slack.com./x", false, false);
        check("https://logic.azure.com/x", false, false);
        check("https://.logic.azure.com/x", false, false);
        check("https://evil-logic.azure.com/x", false, false);
        check("hooks.slack.com", false, false);
        check("//hooks.slack.com/x", false, false);
        check("", false, false);
    }

    #[test]
    fn without_tls_only_loopback_is_spoken_to_and_only_where_a_rule_allows_it() {
        let mut vendors = Vendors::default();
        assert!(vendors.address("http://127.0.0.1:80/").is_err());
        let range = sluice_core::address::AddressRange::read("127.0.0.1").unwrap();
        vendors.addresses.allowed.push(range);
        assert!(vendors.address("http://127.0.0.1:80/").is_ok());
        assert!(vendors.address("http://[::1]:80/").is_err());
        assert!(vendors.address("http://localhost/").is_err());
        assert!(vendors.address("http://10.0.0.1/").is_err());
    }
}
