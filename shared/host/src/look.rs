//! One look on behalf of a job: which gate of which release, what was written
//! down, what the gate says now.

mod ending;
mod unopened;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sluice_aws::{ActingFor, Aws, Context};
use sluice_core::evidence::{RECORD_FORM, Record};
use sluice_core::plan::{GateSettings, Notify};
use sluice_core::release::{ReleaseFacts, over};
use sluice_core::settings::{Mode, OnRollback, ReleaseCheck};
use sluice_core::token::{Token, derived_id};
use sluice_core::{GateError, Verdict};
use sluice_gates::{AnyGate, Ask, HostEnds, Look};

use crate::Host;
use crate::carried::{
    BEGIN_WITHIN, first, fitting, host_ends, is_over, last_chance, mode, subject,
};
use crate::clocks::clocks_agree;
use crate::job::Job;
use crate::parameters::{EXAMPLE, Parameters};
use crate::plan::{Settings, inline, settings};
use crate::record::{keep, load};
use crate::release::{Release, check};
use crate::task::Asked;

pub use ending::Ended;
pub(crate) use ending::Ending;
pub(crate) use unopened::{error_ending, gate_error};
use unopened::{not_opened, not_read};

/// How long it waits in between.
const BEGIN_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(30);
/// Characters of the last line that the token carries.
const SHOWN_MAX: usize = 200;

/// What an invocation comes to.
pub(crate) enum Concluded {
    /// The job goes on.
    Continue {
        token: Box<Token>,
        percent: u8,
        line: String,
    },
    /// The job ends.
    End(Box<Ending>),
}

/// Looks once, from a moment to the one by which it has to have ended.
pub(crate) async fn look(
    raw: &Value,
    job_id: &str,
    (now, ends): (Timestamp, Timestamp),
    host: &Host,
) -> Concluded {
    let mut session = match Session::open(raw, job_id, (now, ends), host).await {
        Ok(session) => session,
        Err(error) => return not_opened(raw, job_id, now, error, host),
    };
    let error = match session.look(host).await {
        Ok(Concluded::Continue {
            token,
            percent,
            line,
        }) => match fitting(*token, host) {
            Ok(token) => {
                return Concluded::Continue {
                    token: Box::new(token),
                    percent,
                    line,
                };
            }
            Err(error) => error,
        },
        Ok(end) => return end,
        Err(error) => error,
    };
    Concluded::End(Box::new(session.failed(error)))
}

/// One job's look.
struct Session {
    job: Job,
    job_id: String,
    now: Timestamp,
    ends: Timestamp,
    service: Option<String>,
    /// In which service's name roles are assumed.
    acts_for: Option<String>,
    parameters: Option<Parameters>,
    context: Option<Context>,
    pipeline: String,
    continuing: bool,
    token: Token,
    remarks: Vec<String>,
    mode: Mode,
    proceed_undecided: bool,
    notify: Notify,
    record: Option<Record>,
    rule: String,
    kind: String,
    release: Option<ReleaseFacts>,
}

impl Session {
    /// One in which nothing is known yet but the token.
    fn begun(
        job_id: &str,
        (now, ends): (Timestamp, Timestamp),
        pipeline: Option<String>,
        token: Token,
    ) -> Session {
        Session {
            job: Job::default(),
            job_id: job_id.to_owned(),
            now,
            ends,
            service: None,
            acts_for: None,
            pipeline: pipeline.unwrap_or_else(|| "unknown".to_owned()),
            parameters: None,
            context: None,
            continuing: false,
            mode: mode(&token),
            token,
            remarks: Vec::new(),
            proceed_undecided: false,
            notify: Notify::default(),
            record: None,
            rule: String::new(),
            kind: String::new(),
            release: None,
        }
    }

    async fn open(
        raw: &Value,
        job_id: &str,
        (now, ends): (Timestamp, Timestamp),
        host: &Host,
    ) -> Result<Session, GateError> {
        let job = Job::read(raw).map_err(|error| not_read(raw, &error))?;
        let parameters = Parameters::read(job.user_parameters())?;
        if let Some(mistake) = job.of_action.as_ref().and_then(|own| own.mistake.as_ref()) {
            return Err(mistake.clone());
        }
        let continuing = job.data.continuation_token.is_some();
        let named = parameters.pipeline.is_some()
            && parameters.release.is_some()
            && parameters.stage.is_some();
        let is_known = job.task.is_some() || job.of_action.is_some();
        // Whether it answers for Lambda actions is not documented: once is enough.
        let context = if continuing && named || is_known {
            None
        } else {
            match host.aws.job_context(job_id).await {
                Ok(context) => context,
                Err(_) if named => None,
                Err(error) => return Err(error.into()),
            }
        };
        if let Some(context) = &context {
            parameters.agree_with(context)?;
        }
        let subject = subject(&parameters, context.as_ref());
        let token = match &job.data.continuation_token {
            Some(text) => Token::read(text, &subject, now)?,
            None => first(&parameters, subject, (job_id, &job), now),
        };
        let pipeline = parameters
            .pipeline
            .clone()
            .or_else(|| context.as_ref().map(|c| c.pipeline.clone()));
        Ok(Session {
            job,
            service: parameters.service.clone(),
            parameters: Some(parameters),
            context,
            continuing,
            ..Session::begun(job_id, (now, ends), pipeline, token)
        })
    }

    async fn look(&mut self, host: &Host) -> Result<Concluded, GateError> {
        let last_chance = last_chance(&self.token, self.now);
        if self.continuing
            && !last_chance
            && self
                .token
                .not_before
                .is_some_and(|moment| self.now < moment)
        {
            let (percent, line) = self
                .token
                .shown
                .clone()
                .unwrap_or((0, "nothing new to see yet".to_owned()));
            return Ok(Concluded::Continue {
                token: Box::new(self.token.clone().looked(self.now)),
                percent,
                line,
            });
        }
        self.token = self.token.clone().looked(self.now);
        if let Some(reference) = &self.token.record {
            match load(reference, &self.token.subject, host).await {
                Ok(record) => self.record = Some(record),
                Err(error @ GateError::ServiceUnavailable { .. }) => {
                    return self.unread("what was written down", error, last_chance);
                }
                Err(error) => return Err(error),
            }
        }
        let settings = match self.settings(host).await {
            Ok(settings) => settings,
            Err(error) => return self.not_begun(error, last_chance),
        };
        let at_most = SignedDuration::from(settings.settings.at_most()).max(BEGIN_WITHIN);
        self.token.until = Some(self.token.first + at_most);
        self.mode = settings.settings.mode();
        self.proceed_undecided = settings.proceed_undecided;
        self.notify = settings.notify;
        if settings.service.is_some() {
            self.service = settings.service;
        }
        self.acts_for = settings.acts_for;
        self.kind = settings.settings.kind().to_owned();
        self.remarks.extend(settings.settings.remark());
        let gate = host.serving(&settings.settings)?;
        self.rule = gate.rule();
        if self
            .record
            .as_ref()
            .is_some_and(|record| record.rule != self.rule)
        {
            self.remarks
                .push("the rule of this gate is a new one, so the gate began anew".to_owned());
            self.record = None;
            self.token.record = None;
            self.token.memory = Value::Null;
            self.token.attempt = self.anew();
        }
        let mut ask = self.ask(settings.settings, last_chance)?;
        if let Some(gate_that_stopped) = self.stopped_by(host).await {
            let facts = ReleaseFacts::stopped_by(gate_that_stopped);
            let reason = over(&ask.release, &ask.stage, &facts);
            self.release = Some(facts);
            self.stop(gate, &ask, host).await;
            return Ok(self.ended(
                Verdict::Inconclusive,
                reason.expect("a gate that was stopped is over"),
                &ask,
                None,
            ));
        }
        if ask.release_checked {
            let (release, kind) = check(&ask, self.token.first, host).await?;
            self.release = kind.facts;
            match release {
                Release::Ours => {}
                Release::Over(reason) => {
                    self.stop(gate, &ask, host).await;
                    return Ok(self.ended(Verdict::Inconclusive, reason, &ask, None));
                }
                Release::Unknown(error) => {
                    return self.unread("the release's state", error.into(), last_chance);
                }
            }
            ask.rollback = self
                .record
                .as_ref()
                .map_or(kind.rollback, |record| record.rollback);
        } else {
            self.remarks.push(
                "`release_check: off`: nobody checked that this release is still the deployed one"
                    .to_owned(),
            );
        }
        if ask.rollback && ask.settings.on_rollback() == Some(OnRollback::Watch) {
            self.mode = Mode::WatchOnly;
        }
        if self.record.is_none() {
            let begun = match gate.begin(&ask, &self.aws(host)).await {
                Ok(begun) => match clocks_agree(host) {
                    Ok(()) => self.begin(&ask, begun, host).await,
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            };
            if let Err(error) = begun {
                return self.not_begun(error, last_chance);
            }
        }
        let begun = self
            .record
            .as_ref()
            .map(|record| record.begun.clone())
            .unwrap_or_default();
        let look = gate
            .look(&ask, &begun, &self.token.memory, &self.aws(host))
            .await?;
        if let Err(error) = clocks_agree(host) {
            return self.unread("what AWS's times mean", error, last_chance);
        }
        match look {
            Look::Reached(reached) => {
                let (verdict, reason) = (reached.verdict, reached.reason.clone());
                Ok(self.ended(verdict, reason, &ask, Some(*reached)))
            }
            Look::Again {
                not_before,
                progress,
                memory,
            } => {
                self.token.memory = memory;
                Ok(self.again(not_before, progress.percent, progress.line))
            }
        }
    }

    /// The gate of this stage that said stop, where the others end then. A
    /// mark that cannot be read ends nothing, and is said.
    async fn stopped_by(&mut self, host: &Host) -> Option<String> {
        let mark = self.job.task.as_ref()?.mark.as_ref()?;
        match host.aws.stop_mark(&mark.table, &mark.id).await {
            Ok(mark) => mark,
            Err(error) => {
                self.remarks.push(format!(
                    "whether another gate of this stage said stop could not be read: {error}"
                ));
                None
            }
        }
    }

    /// Names another attempt, where this one cannot go on. A task's looks have
    /// no ids of their own.
    fn anew(&self) -> String {
        match &self.job.task {
            None => self.job_id.clone(),
            Some(_) => derived_id(&[&self.job_id, &self.rule]),
        }
    }

    /// Stops what the gate started, as far as its plan says so, and says what.
    async fn stop(&mut self, gate: &dyn AnyGate, ask: &Ask, host: &Host) {
        let Some(record) = &self.record else {
            return;
        };
        let left = self.ends.duration_since(host.aws.now());
        let aws = self.aws(host);
        let stopped = tokio::select! {
            stopped = gate.stop(ask, &record.begun, &aws) => stopped,
            () = host.aws.pause(left * 3 / 4) => {
                vec!["what the gate started could not be stopped in time".to_owned()]
            }
        };
        self.remarks.extend(stopped);
    }

    /// What could not be read at this look may be at the next one, as long as
    /// the gate has time.
    fn unread(
        &mut self,
        what: &str,
        error: GateError,
        last_chance: bool,
    ) -> Result<Concluded, GateError> {
        if last_chance || is_over(&self.token, self.now) {
            return Err(error);
        }
        let line = format!("{what} could not be read at this look: {error}");
        Ok(self.again(self.now + BEGIN_AGAIN_AFTER, 0, line))
    }

    /// The settings as they were when the gate began; at the first look, as
    /// the plan or the parameters have them.
    async fn settings(&mut self, host: &Host) -> Result<Settings, GateError> {
        let parameters = self
            .parameters
            .as_ref()
            .expect("a session that looks has parameters");
        let Some(record) = &self.record else {
            return settings(parameters, &self.job, host).await;
        };
        let begun = GateSettings::from_json(&record.settings).map_err(|problems| {
            GateError::RecordInvalid {
                detail: format!(
                    "its settings are no longer valid: {}",
                    problems.lines("settings")
                ),
            }
        })?;
        if let Some(now) = inline(parameters)
            && now.as_ref() != Ok(&begun)
        {
            let remark =
                "the settings were changed since this gate began; those from its beginning hold";
            self.remarks.push(remark.to_owned());
        }
        Ok(Settings {
            settings: begun,
            proceed_undecided: record.proceed_undecided,
            service: record.service.clone(),
            acts_for: parameters.service.clone().or(record.acts_for.clone()),
            notify: record.notify.clone(),
        })
    }

    fn ask(&self, settings: GateSettings, last_chance: bool) -> Result<Ask, GateError> {
        let parameters = self
            .parameters
            .as_ref()
            .expect("a session that looks has parameters");
        let release_checked = parameters.release_check == ReleaseCheck::On
            && settings.release_check() == ReleaseCheck::On;
        let named = |own: &Option<String>, other: Option<&String>| own.is_some() || other.is_some();
        let context = self.context.as_ref();
        let missing: Vec<&str> = [
            (
                "pipeline",
                named(&parameters.pipeline, context.map(|c| &c.pipeline)),
            ),
            (
                "release",
                named(&parameters.release, context.map(|c| &c.release)),
            ),
            ("stage", named(&parameters.stage, context.map(|c| &c.stage))),
        ]
        .into_iter()
        .filter(|(_, there)| !there)
        .map(|(name, _)| name)
        .collect();
        if release_checked && !missing.is_empty() {
            return Err(GateError::ParametersInvalid {
                detail: format!(
                    "they do not say `{}`, and the event does not either",
                    missing.join("`, `")
                ),
                mend: format!(
                    "write {EXAMPLE}; `\"release_check\":\"off\"` does without, and every answer then says so"
                ),
            });
        }
        Ok(Ask {
            settings,
            pipeline: self.pipeline.clone(),
            release: self.token.subject.release.clone(),
            stage: self.token.subject.stage.clone(),
            service: self.service.clone(),
            release_checked,
            rollback: self.record.as_ref().is_some_and(|record| record.rollback),
            user_parameters: match &self.job.task {
                None => self.job.user_parameters().map(str::to_owned),
                // By what it shows of itself no action can be told.
                Some(_) => None,
            },
            action: self.job.of_action.as_ref().map(|own| own.action.clone()),
            stage_checks: self.job.task.is_some(),
            attempt: self.token.attempt.clone(),
            now: self.now,
            look_ends: self.ends,
            host_ends: Some(HostEnds {
                at: host_ends(&self.token),
                why: self.job.task.as_ref().map_or(
                    "CodePipeline ends this action 24h after its start",
                    Asked::why,
                ),
            }),
            last_chance,
        })
    }

    /// AWS for the gate, which assumes roles in the service's name.
    fn aws(&self, host: &Host) -> Aws {
        let tagged = || (self.pipeline.clone(), self.token.subject.stage.clone());
        let acting = self.acts_for.as_ref().map(|service| ActingFor {
            service: service.clone(),
            tagged: host.session_tags.then(tagged),
        });
        host.aws.acting_for(acting)
    }

    async fn begin(&mut self, ask: &Ask, begun: Value, host: &Host) -> Result<(), GateError> {
        let parameters = self.parameters.as_ref();
        let is_unnamed = parameters.is_some_and(|own| own.service.is_none());
        let record = Record {
            record: RECORD_FORM,
            subject: self.token.subject.clone(),
            attempt: self.token.attempt.clone(),
            rule: self.rule.clone(),
            settings: ask.settings.to_json(),
            proceed_undecided: self.proceed_undecided,
            rollback: ask.rollback,
            service: self.service.clone().filter(|_| is_unnamed),
            acts_for: self.acts_for.clone().filter(|_| is_unnamed),
            notify: self.notify.clone(),
            begun,
        };
        self.record = Some(keep(record, &mut self.token, &mut self.remarks, host).await?);
        Ok(())
    }

    /// The gate could not begin at this look. While AWS is unwell it may at a
    /// later one.
    fn not_begun(&mut self, error: GateError, last_chance: bool) -> Result<Concluded, GateError> {
        if !error.is_passing()
            || last_chance
            || self.now.duration_since(self.token.first) >= BEGIN_WITHIN
        {
            return Err(error);
        }
        let line = format!("the gate could not begin at this look: {error}");
        Ok(self.again(self.now + BEGIN_AGAIN_AFTER, 0, line))
    }

    /// The job goes on.
    fn again(&mut self, not_before: Timestamp, percent: u8, line: String) -> Concluded {
        let mut token = Box::new(self.token.clone());
        token.not_before = Some(not_before);
        token.watch_only = self.mode == Mode::WatchOnly;
        token.shown = Some((percent, line.chars().take(SHOWN_MAX).collect()));
        let line = match self.remarks.as_slice() {
            [] => line,
            remarks => format!("{line} (note: {})", remarks.join("; ")),
        };
        Concluded::Continue {
            token,
            percent,
            line,
        }
    }
}
