//! How a thing that a test follows is, as plain data.

use serde::{Deserialize, Serialize};
use sluice_aws::{AwsError, Refusal};
use sluice_core::GateError;
use sluice_core::error::Fault;

/// Characters of a detail, such as a `Cause`, that are kept.
const DETAIL_CHARACTERS_MAX: usize = 1000;

/// Whom it concerns that a test could not be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// Whoever wrote the test: what it names is not there, or cannot be used.
    Settings,
    /// Whoever grants rights.
    Rights,
    /// AWS.
    Service,
    /// Whoever runs what was to test: it was stopped, or never ran.
    Test,
}

impl From<Lack> for Fault {
    fn from(lack: Lack) -> Fault {
        match lack {
            Lack::Settings => Fault::Settings,
            Lack::Rights => Fault::Rights,
            Lack::Service => Fault::Service,
            Lack::Test => Fault::Gate,
        }
    }
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It goes on; look again.
    Running,
    /// It passed.
    Passed,
    /// It failed.
    Failed,
    /// It could not be evaluated.
    Unknown(Lack),
}

/// How a thing that a test follows is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    /// How it is.
    pub state: State,
    /// One line for people: how far it is, or what came of it.
    pub line: String,
    /// More of it: what failed, in AWS's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where its log or its page is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Followed {
    pub(super) fn new(state: State, line: impl Into<String>) -> Followed {
        Followed {
            state,
            line: line.into(),
            detail: None,
            link: None,
        }
    }

    pub(super) fn with_detail(self, detail: Option<String>) -> Followed {
        let detail = detail.filter(|detail| !detail.trim().is_empty());
        Followed {
            detail: detail.map(|detail| detail.chars().take(DETAIL_CHARACTERS_MAX).collect()),
            ..self
        }
    }

    pub(super) fn with_link(self, link: Option<String>) -> Followed {
        Followed { link, ..self }
    }

    /// What a call that brought nothing means for its test. What may pass is
    /// given back: the same call may bring something at the next look.
    pub fn refused(error: AwsError) -> Result<Followed, AwsError> {
        let lack = match &error.refusal {
            Refusal::Throttled | Refusal::Unavailable => return Err(error),
            Refusal::Denied => Lack::Rights,
            Refusal::Code(_) => Lack::Settings,
        };
        let line = match &error.resource {
            Some(resource) if error.is_missing() => format!("`{resource}` is not there"),
            _ => GateError::from(error.clone()).to_string(),
        };
        // Words of AWS about what it denied may name what others own.
        let detail = (lack == Lack::Settings).then_some(error.message);
        Ok(Followed::new(State::Unknown(lack), line).with_detail(detail))
    }
}

/// Where AWS's console is, in the part of the world that an ARN names.
pub(super) fn console(partition: &str, region: &str) -> String {
    let domain = match partition {
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    format!("https://{region}.{domain}")
}

/// Partition, region, account and resource of an ARN.
pub(super) fn arn_parts(arn: &str) -> Option<[&str; 4]> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts[..] {
        ["arn", partition, _, region, account, resource] => {
            Some([partition, region, account, resource])
        }
        _ => None,
    }
}
