//! What a check found.

use serde::Serialize;
use sluice_aws::{AwsError, Refusal};

use crate::exit;
use crate::lines::folded;

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Ok,
    Warning,
    Problem,
    /// It could not be looked at.
    Unknown,
}

impl Status {
    /// The exit code that it stands for.
    pub(super) fn code(self) -> u8 {
        match self {
            Status::Ok | Status::Warning => exit::PASS,
            Status::Problem => exit::FAIL,
            Status::Unknown => exit::GATE_ERROR,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Warning => "warning",
            Status::Problem => "problem",
            Status::Unknown => "not known",
        }
    }
}

/// What a check found about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) about: String,
    pub(super) status: Status,
    pub(super) says: String,
    pub(super) mend: Option<String>,
}

impl Finding {
    pub(super) fn new(status: Status, check: &'static str, about: &str, says: &str) -> Finding {
        Finding {
            check,
            about: about.to_owned(),
            status,
            says: says.to_owned(),
            mend: None,
        }
    }

    pub(super) fn ok(check: &'static str, about: &str, says: &str) -> Finding {
        Finding::new(Status::Ok, check, about, says)
    }

    pub(super) fn problem(check: &'static str, about: &str, says: &str, mend: &str) -> Finding {
        Finding::new(Status::Problem, check, about, says).mend(mend)
    }

    pub(super) fn mend(mut self, mend: &str) -> Finding {
        self.mend = Some(mend.to_owned()).filter(|mend| !mend.is_empty());
        self
    }

    /// What could not be looked at.
    pub(super) fn unread(check: &'static str, about: &str, error: &AwsError) -> Finding {
        let mend = match &error.refusal {
            Refusal::Denied if error.operation == "sts:AssumeRole" => {
                "the role may trust only the gates' functions: `--as-myself` reads with your own \
                 credentials"
                    .to_owned()
            }
            Refusal::Denied => format!("allow yourself `{}`", error.operation),
            Refusal::Throttled => "ask again in a minute".to_owned(),
            Refusal::Unavailable | Refusal::Code(_) => {
                "look at the network, the credentials, the account and the region".to_owned()
            }
        };
        Finding::new(Status::Unknown, check, about, &error.to_string()).mend(&mend)
    }
}

/// All findings, what is wrong last, where it is seen.
pub(super) fn text(findings: &[Finding]) -> String {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|own| match own.status {
        Status::Ok => 0,
        Status::Warning => 1,
        Status::Unknown => 2,
        Status::Problem => 3,
    });
    let mut out = String::new();
    for own in sorted {
        let Finding {
            check, about, says, ..
        } = own;
        let line = format!("{:<9} {check}: {about}: {says}", own.status.word());
        out.push_str(&folded(&line, "", "          "));
        out.push('\n');
        if let Some(mend) = &own.mend {
            out.push_str(&folded(mend, "          mend: ", "            "));
            out.push('\n');
        }
    }
    let of = |status| findings.iter().filter(|own| own.status == status).count();
    let (problems, warnings) = (of(Status::Problem), of(Status::Warning));
    let unknown = of(Status::Unknown);
    out.push_str(&format!(
        "{problems} problems, {warnings} warnings, {unknown} not known\n"
    ));
    out
}
