//! The gates: what each reads from the world, before a pure rule says what
//! follows: of `sluice-core`, or, where it needs the judge, of its own.
//!
//! A gate begins once and looks as often as its host asks. Both are safe to
//! repeat: they read, and what they start is started once. Start at [`Gate`].

mod alarms;
mod bake;
pub mod canary;
pub mod claims;
mod clear;
mod deployment;
mod replay;
mod schema;
pub mod validate;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_aws::Aws;
use sluice_core::bake::{Progress, Ruling};
use sluice_core::evidence::Source;
use sluice_core::plan::GateSettings;
use sluice_core::{GateError, Reason, Verdict};

pub use bake::BakeGate;
pub use canary::CanaryGate;
pub use clear::ClearGate;
pub use replay::{comparison, finding};
pub use schema::evidence_schema;
pub use validate::ValidateGate;

/// Who asks, about which release, and since when.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The gate's settings, as they were when it began.
    pub settings: GateSettings,
    /// The pipeline's name.
    pub pipeline: String,
    /// The pipeline execution's id.
    pub release: String,
    /// The stage.
    pub stage: String,
    /// The service, as far as the action or, at the first look, the plan
    /// names it.
    pub service: Option<String>,
    /// Whether the release's state and actions may be asked for.
    pub release_checked: bool,
    /// Whether the release is a rollback.
    pub rollback: bool,
    /// The action's `UserParameters`, by which its own runs can be told.
    pub user_parameters: Option<String>,
    /// The action's name in its stage, where that is known.
    pub action: Option<String>,
    /// Whether the checks of a whole stage ask, whose action names the stage
    /// and no gate.
    pub stage_checks: bool,
    /// Names this attempt: the job id of its first look.
    pub attempt: String,
    /// The moment of the look.
    pub now: Timestamp,
    /// When the look has to have ended.
    pub look_ends: Timestamp,
    /// When the host ends for good, if it does.
    pub host_ends: Option<HostEnds>,
    /// Whether the host may not ask again before that.
    pub last_chance: bool,
}

/// The end of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostEnds {
    /// When it is.
    pub at: Timestamp,
    /// Why, for people.
    pub why: &'static str,
}

/// What one look gave.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// The gate has its answer.
    Reached(Box<Reached>),
    /// It needs more looks.
    Again {
        /// Before this moment there is nothing new to see.
        not_before: Timestamp,
        /// How far it is.
        progress: Progress,
        /// For the next look.
        memory: Value,
    },
}

/// A gate's answer, with what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached {
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// What else speaks for the same verdict.
    pub also: Vec<Reason>,
    /// The readings of this look, as the rule was given them.
    pub facts: Value,
    /// Where they came from.
    pub sources: Vec<Source>,
}

/// One question about a release.
///
/// `begin` writes down what cannot be read again later; `look` reads the world
/// once and says what follows. Both can be repeated, and several at the same
/// time do no harm: what a look starts, it starts once ([`claims`]).
pub trait Gate: Send + Sync {
    /// The kind of gate, as it stands in plans.
    const KIND: &'static str;
    /// The version of its rule. What another version began starts anew.
    const RULE: u32;
    /// What is written down when it begins.
    type Begun: Serialize + DeserializeOwned + Send + Sync;
    /// What is carried from look to look.
    type Memory: Serialize + DeserializeOwned + Default + Send + Sync;

    /// Kind and version of its rule. What another one began starts anew.
    fn rule() -> String {
        format!("{}/{}", Self::KIND, Self::RULE)
    }

    /// Reads what is written down once.
    fn begin(
        &self,
        ask: &Ask,
        aws: &Aws,
    ) -> impl Future<Output = Result<Self::Begun, GateError>> + Send;

    /// Looks once.
    fn look(
        &self,
        ask: &Ask,
        begun: &Self::Begun,
        memory: Self::Memory,
        aws: &Aws,
    ) -> impl Future<Output = Result<Look, GateError>> + Send;

    /// The release that it began for is over: stops what it started for it and
    /// was told to stop, and says what. Most gates start nothing.
    fn stop(
        &self,
        _ask: &Ask,
        _begun: &Self::Begun,
        _aws: &Aws,
    ) -> impl Future<Output = Vec<String>> + Send {
        std::future::ready(Vec::new())
    }

    /// The same memory in fewer characters, for tokens that are too long.
    fn shorten(memory: Self::Memory) -> Self::Memory {
        memory
    }
}

/// Any [`Gate`], for hosts: what is written down and carried is JSON.
pub trait AnyGate: Send + Sync {
    /// The kind of gate, as it stands in plans.
    fn kind(&self) -> &'static str;

    /// Kind and version of its rule, for instance `bake/1`.
    fn rule(&self) -> String;

    /// Reads what is written down once.
    fn begin<'a>(&'a self, ask: &'a Ask, aws: &'a Aws) -> BoxFuture<'a, Result<Value, GateError>>;

    /// Looks once.
    fn look<'a>(
        &'a self,
        ask: &'a Ask,
        begun: &'a Value,
        memory: &'a Value,
        aws: &'a Aws,
    ) -> BoxFuture<'a, Result<Look, GateError>>;

    /// Stops what was started for a release that is over, and says what.
    fn stop<'a>(
        &'a self,
        ask: &'a Ask,
        begun: &'a Value,
        aws: &'a Aws,
    ) -> BoxFuture<'a, Vec<String>>;

    /// The same memory in fewer characters, for tokens that are too long.
    fn shorten(&self, memory: &Value) -> Value;
}

impl<G: Gate> AnyGate for G {
    fn kind(&self) -> &'static str {
        G::KIND
    }

    fn rule(&self) -> String {
        G::rule()
    }

    fn begin<'a>(&'a self, ask: &'a Ask, aws: &'a Aws) -> BoxFuture<'a, Result<Value, GateError>> {
        Box::pin(async move { Ok(json(&Gate::begin(self, ask, aws).await?)) })
    }

    fn look<'a>(
        &'a self,
        ask: &'a Ask,
        begun: &'a Value,
        memory: &'a Value,
        aws: &'a Aws,
    ) -> BoxFuture<'a, Result<Look, GateError>> {
        Box::pin(async move {
            let begun = G::Begun::deserialize(begun).map_err(|error| GateError::RecordInvalid {
                detail: format!("it cannot be read: {error}"),
            })?;
            let memory = if memory.is_null() {
                G::Memory::default()
            } else {
                G::Memory::deserialize(memory).map_err(|error| GateError::TokenInvalid {
                    detail: format!("its memory cannot be read: {error}"),
                })?
            };
            Gate::look(self, ask, &begun, memory, aws).await
        })
    }

    fn stop<'a>(
        &'a self,
        ask: &'a Ask,
        begun: &'a Value,
        aws: &'a Aws,
    ) -> BoxFuture<'a, Vec<String>> {
        Box::pin(async move {
            match G::Begun::deserialize(begun) {
                Ok(begun) => Gate::stop(self, ask, &begun, aws).await,
                Err(_) => Vec::new(),
            }
        })
    }

    fn shorten(&self, memory: &Value) -> Value {
        G::Memory::deserialize(memory)
            .map_or_else(|_| memory.clone(), |memory| json(&G::shorten(memory)))
    }
}

/// A rule's ruling with the readings that it was given, for the host.
fn looked(
    ruling: Ruling,
    facts: &impl Serialize,
    sources: Vec<Source>,
    memory: &impl Serialize,
) -> Look {
    match ruling {
        Ruling::Reached {
            verdict,
            reason,
            also,
        } => Look::Reached(Box::new(Reached {
            verdict,
            reason,
            also,
            facts: json(facts),
            sources,
        })),
        Ruling::Wait {
            not_before,
            progress,
        } => Look::Again {
            not_before,
            progress,
            memory: json(memory),
        },
    }
}

fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("maps in records have keys that JSON can write")
}

/// A number from 0 to 1 that depends on the attempt and the moment only:
/// spreads what many gates do at the same time.
fn jitter(ask: &Ask) -> f64 {
    let digest = sluice_core::token::sha256(format!("{}{}", ask.attempt, ask.now).as_bytes());
    let number = u32::from_str_radix(&digest[..8], 16).unwrap_or(0);
    f64::from(number) / f64::from(u32::MAX)
}

/// The settings that were not this gate's: a mistake in our wiring.
fn wrong_settings(kind: &str, ask: &Ask) -> GateError {
    GateError::Crashed {
        detail: format!(
            "gate `{kind}` was given settings of `{}`",
            ask.settings.kind()
        ),
    }
}
