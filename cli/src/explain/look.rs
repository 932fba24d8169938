//! Has a real gate look at the account: as if a release began now, and as if
//! one had begun some time ago.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sluice_aws::Aws;
use sluice_core::plan::{GatePlan, GateSettings, StagePlan};
use sluice_core::settings::{Canary, Mode, Since};
use sluice_core::{Duration, GateError, Reason, Verdict};
use sluice_gates::{AnyGate, Ask, BakeGate, CanaryGate, ClearGate, Look};

use super::seen::{self, Seen};
use crate::exit;
use crate::own_credentials::without_roles;

/// One look may take this long: many histories are read slowly.
const LOOK_MAX: SignedDuration = SignedDuration::from_secs(120);

/// What one gate said.
pub(super) struct Explained {
    pub(super) stage: String,
    pub(super) gate: String,
    pub(super) kind: &'static str,
    pub(super) watches_only: bool,
    pub(super) seen: Seen,
    /// A release that begins now; not there where the gate was not asked.
    pub(super) begins: Option<Said>,
    /// One that had begun, and how long ago.
    pub(super) began: Option<(SignedDuration, Said)>,
    /// What would keep that from a pass, were it the last look.
    pub(super) kept_by: Vec<Reason>,
    /// What is otherwise than in a release.
    pub(super) remarks: Vec<String>,
}

/// What a gate said at a look.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said {
    Answers(Verdict, Reason),
    LooksOn(String),
    Error(GateError),
}

impl Explained {
    /// The exit code, unless the gate was not asked.
    pub(super) fn code(&self) -> Option<u8> {
        let said = self.began.as_ref().map(|(_, said)| said);
        Some(match said.or(self.begins.as_ref())? {
            Said::Answers(verdict, _) => exit::of(*verdict),
            Said::LooksOn(_) => exit::INCONCLUSIVE,
            Said::Error(_) => exit::GATE_ERROR,
        })
    }
}

/// One gate, and who asks it.
struct Asked<'a> {
    aws: &'a Aws,
    gate: Box<dyn AnyGate>,
    settings: GateSettings,
    stage: &'a str,
}

/// What a gate began with and what it said at its look.
struct Looked {
    begun: Value,
    facts: Option<Value>,
    said: Said,
    also: Vec<Reason>,
}

/// Asks one gate.
pub(super) async fn explain(
    aws: &Aws,
    stage: &StagePlan,
    plan: &GatePlan,
    began: Option<SignedDuration>,
    as_myself: bool,
) -> Explained {
    let mut remarks = Vec::new();
    let mut settings = plan.settings.clone();
    if as_myself {
        settings = without_roles(settings);
    }
    let mut explained = Explained {
        stage: stage.name.clone(),
        gate: plan.name.clone(),
        kind: plan.settings.kind(),
        watches_only: plan.settings.mode() == Mode::WatchOnly,
        seen: Seen::of(&plan.settings),
        begins: None,
        began: None,
        kept_by: Vec::new(),
        remarks: Vec::new(),
    };
    let gate: Box<dyn AnyGate> = match &mut settings {
        GateSettings::Bake(_) => Box::new(BakeGate),
        GateSettings::Clear(_) => Box::new(ClearGate),
        GateSettings::Canary(canary) => {
            remarks.extend(since_gate(canary));
            Box::new(CanaryGate)
        }
        GateSettings::Validate(validate) => {
            let http = "it would start what is named: nothing was started; `sluice test` runs the \
                        tests over HTTP";
            explained.seen.tests(validate);
            explained.remarks = vec![http.to_owned()];
            return explained;
        }
    };
    explained.remarks = remarks;
    let asked = Asked {
        aws,
        gate,
        settings,
        stage: &stage.name,
    };
    asked.both(&mut explained, began).await;
    explained
}

/// A release that nobody made has no deployment to be found.
fn since_gate(canary: &mut Canary) -> Option<String> {
    let own = canary.before_after.as_deref_mut()?;
    (own.since == Since::Deployment).then(|| {
        own.since = Since::Gate;
        "there is no deployment to find: taken to begin with the gate".to_owned()
    })
}

impl Asked<'_> {
    async fn both(&self, explained: &mut Explained, began: Option<SignedDuration>) {
        let now = self.aws.now();
        let begins = self.look(now, false).await;
        if let Ok(looked) = &begins {
            explained
                .seen
                .read(&self.settings, looked.facts.as_ref(), &looked.begun);
        }
        let length = began.or_else(|| {
            let begun = begins.as_ref().ok().map(|looked| &looked.begun);
            needed(&self.settings, begun)
        });
        // What it saw first is kept where the gate cannot begin.
        explained.begins = Some(said(&begins));
        match (length, begins) {
            (Some(length), Ok(_)) => {
                let (said, kept_by) = self.since(now, length, explained).await;
                explained.kept_by = kept_by;
                explained.began = Some((length, said));
            }
            (None, Ok(looked)) => explained.kept_by = kept_by(&looked),
            (_, Err(_)) => {}
        }
    }

    /// As if the release had begun so long ago.
    async fn since(
        &self,
        now: Timestamp,
        length: SignedDuration,
        explained: &mut Explained,
    ) -> (Said, Vec<Reason>) {
        let began = now.checked_sub(length).unwrap_or(Timestamp::MIN);
        let mut looked = self.look(began, false).await;
        let own = said(&looked);
        if matches!(own, Said::LooksOn(_)) {
            // Asked for good, it says what is missing, and shows what it read.
            looked = self.look(began, true).await;
        }
        match looked {
            Ok(looked) => {
                let facts = looked.facts.as_ref();
                explained.seen.read(&self.settings, facts, &looked.begun);
                explained.seen.since = Some(length);
                (own, kept_by(&looked))
            }
            Err(error) => (Said::Error(error), Vec::new()),
        }
    }

    async fn look(&self, began: Timestamp, last_chance: bool) -> Result<Looked, GateError> {
        let begun = self.gate.begin(&self.ask(began, false), self.aws).await?;
        let ask = self.ask(self.aws.now(), last_chance);
        let look = self.gate.look(&ask, &begun, &Value::Null, self.aws).await?;
        Ok(match look {
            Look::Reached(reached) => Looked {
                begun,
                facts: Some(reached.facts),
                said: Said::Answers(reached.verdict, reached.reason),
                also: reached.also,
            },
            Look::Again { progress, .. } => Looked {
                begun,
                facts: None,
                said: Said::LooksOn(progress.line),
                also: Vec::new(),
            },
        })
    }

    fn ask(&self, now: Timestamp, last_chance: bool) -> Ask {
        Ask {
            settings: self.settings.clone(),
            pipeline: String::new(),
            release: String::new(),
            stage: self.stage.to_owned(),
            service: None,
            release_checked: false,
            rollback: false,
            user_parameters: None,
            action: None,
            stage_checks: false,
            attempt: "explain".to_owned(),
            now,
            look_ends: self.aws.now() + LOOK_MAX,
            host_ends: None,
            last_chance,
        }
    }
}

fn said(looked: &Result<Looked, GateError>) -> Said {
    match looked {
        Ok(looked) => looked.said.clone(),
        Err(error) => Said::Error(error.clone()),
    }
}

/// The reasons of an answer that is no pass.
fn kept_by(looked: &Looked) -> Vec<Reason> {
    match &looked.said {
        Said::Answers(Verdict::Pass, _) | Said::LooksOn(_) | Said::Error(_) => Vec::new(),
        Said::Answers(_, reason) => {
            let first = std::iter::once(reason.clone());
            first.chain(looked.also.iter().cloned()).collect()
        }
    }
}

/// How long a gate needs for a pass; none of one that answers at once.
fn needed(settings: &GateSettings, begun: Option<&Value>) -> Option<SignedDuration> {
    match settings {
        GateSettings::Bake(bake) => {
            let settle = begun.and_then(seen::settle).unwrap_or(Duration::ZERO);
            Some(SignedDuration::from(bake.bake_for.saturating_add(settle)))
        }
        GateSettings::Canary(canary) => Some(SignedDuration::from(canary.needed())),
        GateSettings::Clear(_) | GateSettings::Validate(_) => None,
    }
}
