//! The seam for what is not AWS: requests to services of the user.
//!
//! Either the network, or a simulated world that answers for hosts by name.
//! How much of a body is read and which addresses may be reached is decided
//! here, so that both are held to it; redirects are the caller's matter, and
//! each hop comes through here again.

mod network;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use jiff::Timestamp;
use sluice_core::address::AddressRule;

use network::Network;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The name leads nowhere, as far as can be told from here.
    #[error("the host's name cannot be resolved: {0}")]
    NoSuchHost(String),
    /// It leads where no test may go.
    #[error("`{host}` is at {address}, which may not be reached: {why}")]
    Forbidden {
        /// As it stands in the address.
        host: String,
        /// What it leads to.
        address: IpAddr,
        /// What is there.
        why: &'static str,
    },
    /// Nobody listens there.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// TLS could not be agreed on, or the certificate does not hold.
    #[error("no TLS connection: {0}")]
    NoTls(String),
    /// It ended before there was a whole answer.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// What came is no HTTP.
    #[error("the answer is not HTTP: {0}")]
    NotHttp(String),
    /// It cannot be sent.
    #[error("the request cannot be sent: {0}")]
    Unsendable(String),
    /// A simulated world does not know the host.
    #[error("the scenario names no host `{0}`: write what it answers under `hosts:`")]
    NotInScenario(String),
}

impl Unanswered {
    /// Whether the request never was on its way to what was deployed, so that
    /// nothing is known about it.
    pub fn says_nothing(&self) -> bool {
        matches!(
            self,
            Unanswered::NoSuchHost(_)
                | Unanswered::Forbidden { .. }
                | Unanswered::Unsendable(_)
                | Unanswered::NotInScenario(_)
        )
    }

    /// Whether the same request may be answered a little later.
    pub fn may_pass(&self) -> bool {
        !matches!(
            self,
            Unanswered::Forbidden { .. } | Unanswered::Unsendable(_) | Unanswered::NotInScenario(_)
        )
    }
}

/// Answers requests in the place of the network.
pub type OutsideHandler = Arc<
    dyn Fn(Request<Vec<u8>>) -> BoxFuture<'static, Result<Response<Vec<u8>>, Unanswered>>
        + Send
        + Sync,
>;

/// An answer, with as much of its body as was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, or its beginning.
    pub body: Vec<u8>,
    /// Whether there was more of it.
    pub cut: bool,
    /// Until when the certificate is valid, if there was one.
    pub certificate_ends: Option<Timestamp>,
}

/// The way to what is not AWS.
#[derive(Clone)]
pub struct Outside {
    rule: AddressRule,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Network(Box<Network>),
    Simulated(OutsideHandler),
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside")
            .field("rule", &self.rule)
            .finish_non_exhaustive()
    }
}

impl Outside {
    /// The network. Certificates are checked against the machine's roots, and
    /// against those given here in DER.
    pub fn network(rule: AddressRule, more_roots: &[Vec<u8>]) -> Outside {
        let network = Network::new(rule.clone(), more_roots);
        Outside {
            rule,
            way: Way::Network(Box::new(network)),
        }
    }

    /// A simulated world.
    pub fn simulated(rule: AddressRule, handler: OutsideHandler) -> Outside {
        Outside {
            rule,
            way: Way::Simulated(handler),
        }
    }

    /// Sends a request, and reads at most so many bytes of the answer's body.
    /// It takes as long as it takes: whoever waits sets the limit.
    ///
    /// # Errors
    ///
    /// There is no answer, or it broke off.
    pub async fn send(
        &self,
        request: Request<Vec<u8>>,
        body_bytes_max: usize,
    ) -> Result<Answer, Unanswered> {
        let host = request.uri().host().unwrap_or("");
        check_literal(&self.rule, host)?;
        match &self.way {
            Way::Network(network) => network.send(request, body_bytes_max).await,
            Way::Simulated(handler) => {
                let response = handler(request).await?;
                Ok(simulated_answer(response, body_bytes_max))
            }
        }
    }
}

fn simulated_answer(response: Response<Vec<u8>>, body_bytes_max: usize) -> Answer {
    let (parts, mut body) = response.into_parts();
    let cut = body.len() > body_bytes_max;
    body.truncate(body_bytes_max);
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
        cut,
        certificate_ends: None,
    }
}

/// The address that a host's name is itself.
fn literal(host: &str) -> Option<IpAddr> {
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}

fn check_literal(rule: &AddressRule, host: &str) -> Result<(), Unanswered> {
    literal(host).map_or(Ok(()), |address| check(rule, host, address))
}

fn check(rule: &AddressRule, host: &str, address: IpAddr) -> Result<(), Unanswered> {
    match rule.refuses(address) {
        None => Ok(()),
        Some(why) => Err(Unanswered::Forbidden {
            host: host.to_owned(),
            address,
            why,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody() -> OutsideHandler {
        Arc::new(|_| panic!("it was reached"))
    }

    #[tokio::test]
    async fn a_simulated_world_is_held_to_the_rule_of_addresses() {
        let outside = Outside::simulated(AddressRule::default(), nobody());
        for host in ["169.254.169.254", "[::1]", "[::ffff:127.0.0.1]"] {
            let request = Request::get(format!("http://{host}/")).body(Vec::new());
            let answer = outside.send(request.unwrap(), 10).await;
            assert!(
                matches!(answer, Err(Unanswered::Forbidden { .. })),
                "{host}: {answer:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_simulated_body_is_cut_where_a_real_one_is() {
        let handler: OutsideHandler =
            Arc::new(|_| Box::pin(async { Ok(Response::new(b"0123456789".to_vec())) }));
        let outside = Outside::simulated(AddressRule::default(), handler);
        for (most, expected, cut) in [(4, "0123", true), (10, "0123456789", false)] {
            let request = Request::get("http://a.example/").body(Vec::new()).unwrap();
            let answer = outside.send(request, most).await.unwrap();
            assert_eq!((answer.body, answer.cut), (expected.into(), cut));
        }
    }
}
