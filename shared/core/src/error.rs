//! Why a gate could not answer. Never a verdict.
//!
//! The name of a variant is the name of the error everywhere: in logs, in
//! state machines and as a page in `docs/errors`. Renaming one is a breaking
//! change.

use thiserror::Error;

use crate::Duration;
use crate::layers::ARTIFACT;

/// Whom a gate error concerns, which decides how the host reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Whoever wrote the settings (`ConfigurationError`).
    Settings,
    /// Whoever grants rights (`PermissionError`).
    Rights,
    /// AWS is unwell (`SystemUnavailable`).
    Service,
    /// The gate itself (`JobFailed`).
    Gate,
}

/// How a function ended that did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Lambda stopped it at the end of its time.
    TimedOut,
    /// It used more memory than it has.
    OutOfMemory,
    /// Its process ended.
    Crashed,
    /// It ran, and CodePipeline did not take its answer.
    NotHeard,
    /// Lambda could not run it while the event was young enough.
    NeverRan,
}

impl Death {
    fn words(self) -> &'static str {
        match self {
            Death::TimedOut => "it ran out of its time",
            Death::OutOfMemory => "it ran out of memory, or was killed",
            Death::Crashed => "its process ended",
            Death::NotHeard => "CodePipeline did not take its answer",
            Death::NeverRan => "Lambda could not run it in time",
        }
    }
}

/// Why a gate could not answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GateError {
    /// The action's `UserParameters` cannot be used.
    #[error("the action's `UserParameters` cannot be used: {detail}")]
    ParametersInvalid {
        /// What is wrong.
        detail: String,
        /// What to write instead.
        mend: String,
    },
    /// A plan or its settings have mistakes.
    #[error("{place} has mistakes:\n{problems}")]
    SettingsInvalid {
        /// `sluice.yaml` or `UserParameters`.
        place: String,
        /// One line a mistake.
        problems: String,
    },
    /// The plan is not where it was looked for, or cannot be read.
    #[error("the plan cannot be read: {detail}")]
    PlanUnreadable {
        /// What was tried and what came of it.
        detail: String,
        /// What to do.
        mend: String,
    },
    /// No layer has a gate for the stage.
    #[error(
        "no gate holds for stage `{stage}` of service `{service}`, and an empty plan would pass every release"
    )]
    PlanEmpty {
        /// The service.
        service: String,
        /// The stage.
        stage: String,
    },
    /// A later layer of the plan loosens what an earlier one locks.
    #[error(
        "`{layer}` loosens `{field}` of stage `{stage}` from `{held}`, which `{by}` locks, to `{written}`"
    )]
    PlanLocked {
        /// The layer that was refused: `service:checkout@5`, or `artifact`.
        layer: String,
        /// The stage.
        stage: String,
        /// The setting: `bake.for`.
        field: String,
        /// What holds.
        held: String,
        /// The layer that locks it: `organisation@3`.
        by: String,
        /// What was written.
        written: String,
    },
    /// The plan has no such stage or gate.
    #[error("{detail}")]
    GateNotInPlan {
        /// What was asked for, and what there is.
        detail: String,
    },
    /// Alarms that the plan names do not exist where they were looked for.
    #[error("{} not exist in {place}: {}", if .names.len() == 1 { "this alarm does" } else { "these alarms do" }, list(.names))]
    AlarmNotFound {
        /// The names that did not come back.
        names: Vec<String>,
        /// Region and role.
        place: String,
        /// Whether they were there when the bake began.
        were_there: bool,
    },
    /// The bake is shorter than the window that an alarm looks at.
    #[error("`for: {bake_for}` is shorter than the {range} that alarm `{alarm}` looks at")]
    BakeTooShort {
        /// The alarm.
        alarm: String,
        /// Its period x evaluation periods.
        range: Duration,
        /// What was written.
        bake_for: Duration,
    },
    /// The bake does not fit into what the host allows.
    #[error("`for` and `settle` come to {needed}, but {limit}")]
    BakeTooLong {
        /// `for` + settle.
        needed: Duration,
        /// Which limit it runs into.
        limit: String,
    },
    /// The release or its stage is not there, or is another than the
    /// parameters say.
    #[error("{detail}")]
    ReleaseMismatch {
        /// What was asked for and what was found.
        detail: String,
        /// What to do.
        mend: String,
    },
    /// The continuation token is not one that this gate could have written.
    #[error("the continuation token is not valid: {detail}")]
    TokenInvalid {
        /// What is wrong with it.
        detail: String,
    },
    /// What was written down at the first look is gone or was changed.
    #[error("what was written down when the bake began cannot be used: {detail}")]
    RecordInvalid {
        /// What is wrong.
        detail: String,
    },
    /// A call was refused for lack of rights.
    #[error("no permission for `{operation}` {scope}")]
    AccessDenied {
        /// As in a policy, for instance `cloudwatch:DescribeAlarms`.
        operation: String,
        /// On what, with which role, in which region.
        scope: String,
    },
    /// AWS did not answer, past all retries.
    #[error("`{operation}` got no answer: {detail}")]
    ServiceUnavailable {
        /// As in a policy, for instance `cloudwatch:DescribeAlarms`.
        operation: String,
        /// The last thing that AWS said.
        detail: String,
    },
    /// AWS refused a call for another reason.
    #[error("`{operation}` was refused: {detail}")]
    CallRefused {
        /// As in a policy.
        operation: String,
        /// AWS's code and message.
        detail: String,
    },
    /// The function's clock and AWS's do not agree.
    #[error("the function's clock is {apart} {} AWS's, and at most {allowed} can be allowed for", if *.ahead { "ahead of" } else { "behind" })]
    ClockWrong {
        /// How far they are apart.
        apart: Duration,
        /// Whether the function's is ahead.
        ahead: bool,
        /// How far they may be.
        allowed: Duration,
    },
    /// The function came to the end of its time.
    #[error("the look was not done {left} before the function's end")]
    OutOfTime {
        /// How much time was left when it gave up.
        left: Duration,
    },
    /// The function panicked.
    #[error("the gate crashed: {detail}")]
    Crashed {
        /// The panic's message.
        detail: String,
    },
    /// The function ended without an answer; the reaper says so.
    #[error(
        "the function `{function}` did not answer: {} (attempts: {attempts}, last request: `{request}`)",
        .death.words()
    )]
    FunctionDied {
        /// How it ended.
        death: Death,
        /// Its name.
        function: String,
        /// Lambda's id of the request.
        request: String,
        /// How often Lambda ran it for this event.
        attempts: u32,
    },
}

/// Names in backticks, at most ten of them.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let mut text = names
        .iter()
        .take(SHOWN)
        .map(|n| format!("`{n}`"))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

impl GateError {
    /// Whether a later look may do better.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            GateError::ServiceUnavailable { .. } | GateError::ClockWrong { .. }
        )
    }

    /// All names, in the order of the variants.
    pub const NAMES: [&'static str; 19] = [
        "ParametersInvalid",
        "SettingsInvalid",
        "PlanUnreadable",
        "GateNotInPlan",
        "AlarmNotFound",
        "BakeTooShort",
        "BakeTooLong",
        "ReleaseMismatch",
        "TokenInvalid",
        "RecordInvalid",
        "AccessDenied",
        "ServiceUnavailable",
        "CallRefused",
        "ClockWrong",
        "OutOfTime",
        "Crashed",
        "FunctionDied",
        "PlanEmpty",
        "PlanLocked",
    ];

    /// The error's name: the key of its page in `docs/errors`.
    pub fn name(&self) -> &'static str {
        let index = match self {
            GateError::ParametersInvalid { .. } => 0,
            GateError::SettingsInvalid { .. } => 1,
            GateError::PlanUnreadable { .. } => 2,
            GateError::GateNotInPlan { .. } => 3,
            GateError::AlarmNotFound { .. } => 4,
            GateError::BakeTooShort { .. } => 5,
            GateError::BakeTooLong { .. } => 6,
            GateError::ReleaseMismatch { .. } => 7,
            GateError::TokenInvalid { .. } => 8,
            GateError::RecordInvalid { .. } => 9,
            GateError::AccessDenied { .. } => 10,
            GateError::ServiceUnavailable { .. } => 11,
            GateError::CallRefused { .. } => 12,
            GateError::ClockWrong { .. } => 13,
            GateError::OutOfTime { .. } => 14,
            GateError::Crashed { .. } => 15,
            GateError::FunctionDied { .. } => 16,
            GateError::PlanEmpty { .. } => 17,
            GateError::PlanLocked { .. } => 18,
        };
        GateError::NAMES[index]
    }

    /// Whom it concerns.
    pub fn fault(&self) -> Fault {
        match self {
            GateError::ParametersInvalid { .. }
            | GateError::SettingsInvalid { .. }
            | GateError::PlanUnreadable { .. }
            | GateError::PlanEmpty { .. }
            | GateError::PlanLocked { .. }
            | GateError::GateNotInPlan { .. }
            | GateError::AlarmNotFound { .. }
            | GateError::BakeTooShort { .. }
            | GateError::BakeTooLong { .. }
            | GateError::ReleaseMismatch { .. } => Fault::Settings,
            GateError::AccessDenied { .. } => Fault::Rights,
            GateError::ServiceUnavailable { .. }
            | GateError::ClockWrong { .. }
            | GateError::FunctionDied {
                death: Death::NotHeard | Death::NeverRan,
                ..
            } => Fault::Service,
            GateError::TokenInvalid { .. }
            | GateError::RecordInvalid { .. }
            | GateError::CallRefused { .. }
            | GateError::OutOfTime { .. }
            | GateError::Crashed { .. }
            | GateError::FunctionDied { .. } => Fault::Gate,
        }
    }

    /// What to do about it, in one or two sentences without a full stop.
    pub fn hint(&self) -> String {
        match self {
            GateError::ParametersInvalid { mend, .. }
            | GateError::PlanUnreadable { mend, .. }
            | GateError::ReleaseMismatch { mend, .. } => mend.clone(),
            GateError::SettingsInvalid { .. } => {
                "mend them, then look again with `sluice check sluice.yaml`".to_owned()
            }
            GateError::PlanEmpty { service, stage } => format!(
                "require one with `sluice plan push service:{service} FILE`; `sluice plan show {service} {stage}` shows what holds"
            ),
            GateError::PlanLocked { layer, .. } if layer == ARTIFACT => {
                "leave it out: the plan in an artifact can only add and tighten; `sluice plan why` says who may change it"
                    .to_owned()
            }
            GateError::PlanLocked { field, by, .. } => format!(
                "tighten it or leave it out; whoever may push `{}` can allow it with `loosenable: [{field}]`",
                by.split('@').next().unwrap_or(by)
            ),
            GateError::GateNotInPlan { .. } => {
                "let `stage` and `gate` in the action's `UserParameters` name a gate of the plan".to_owned()
            }
            GateError::AlarmNotFound { were_there: true, .. } => {
                "an alarm was deleted or renamed in the middle of the bake; put it back or change the plan, \
                 then retry the stage"
                    .to_owned()
            }
            GateError::AlarmNotFound { .. } => {
                "check the name, region and role; a composite alarm is only seen with \
                 `cloudwatch:DescribeAlarms` on resource `*`; \
                 `aws cloudwatch describe-alarms --alarm-types MetricAlarm CompositeAlarm --alarm-names ...` shows more"
                    .to_owned()
            }
            GateError::BakeTooShort { range, .. } => {
                format!("write `for: {range}` or more, or leave that alarm out")
            }
            GateError::BakeTooLong { .. } => {
                "bake for less, or run the gate through CodePipeline's own Step Functions action, which may take 7 days"
                    .to_owned()
            }
            GateError::TokenInvalid { .. } | GateError::RecordInvalid { .. } => {
                "retry the stage: the gate then begins anew".to_owned()
            }
            GateError::AccessDenied { operation, .. } => {
                format!("allow `{operation}` for that role, then retry the stage")
            }
            GateError::ServiceUnavailable { .. } => {
                "nothing is known to be wrong with the release; retry the stage when AWS is well".to_owned()
            }
            GateError::CallRefused { .. } => "retry the stage; if it happens again, report it".to_owned(),
            GateError::ClockWrong { .. } => {
                "nothing is known to be wrong with the release; retry the stage: a function's clock is set by Lambda".to_owned()
            }
            GateError::OutOfTime { .. } => "give the function more time (120 s is what the template sets)".to_owned(),
            GateError::Crashed { .. } => {
                "report it with the function's log; retrying the stage begins the gate anew".to_owned()
            }
            GateError::FunctionDied { death, function, request, .. } => {
                let mend = match death {
                    Death::TimedOut => "the template gives it 120 s",
                    Death::OutOfMemory => "give it more memory",
                    Death::Crashed => "report it with that log",
                    Death::NotHeard => "see that its role may call `codepipeline:PutJobSuccessResult` and `PutJobFailureResult`",
                    Death::NeverRan => "see whether its concurrency is used up",
                };
                format!(
                    "look for `{request}` in the log group `/aws/lambda/{function}`; {mend}; retrying the stage begins the gate anew"
                )
            }
        }
    }
}
