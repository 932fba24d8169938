//! Tests that do not send requests themselves: starts what is not there yet,
//! reads how it is, and says what that means for the test.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use sluice_aws::{Aws, AwsError};
use sluice_core::GateError;
use sluice_core::reading::Place;
use sluice_core::settings::{
    CodeBuildTest, LambdaTest, StateMachineTest, SyntheticsTest, Test, TestKind,
};
use sluice_core::validate::{Begun, TestResult, TestState, Unmet};

use super::codebuild;
use super::http::{NOT_BEGUN, unmet_by};
use super::kept::milliseconds;
use super::lambda::{self, Call, Ended};
use super::state_machine::{self, place_of};
use super::synthetics::{self, Wanted};
use super::{Followed, Lack, State, Variables, place};
use crate::Ask;
use crate::claims::{
    self, Claiming, TestId, begin_build, begin_execution, begun_build, begun_execution,
};

/// A function of the user is invoked only where it can be waited for so long,
/// or as long as its test allows.
const WAITS_AT_LEAST: SignedDuration = SignedDuration::from_secs(45);

/// What one look knows for all tests.
pub(super) struct Following<'a> {
    pub(super) ask: &'a Ask,
    pub(super) aws: &'a Aws,
    pub(super) begun: &'a Begun,
    pub(super) table: &'a str,
    pub(super) variables: &'a Variables,
    /// Names this look.
    pub(super) claimer: &'a str,
    /// When the look has to have ended.
    pub(super) ends: Timestamp,
    /// Whether there is a later look.
    pub(super) goes_on: bool,
}

const STARTED_ELSEWHERE: &str = "another invocation of the gate is starting the build";

/// What a look found: how the thing is, or what was expected and not met.
enum Found {
    Followed(Followed),
    /// Nothing at this look, and why.
    Untold(String),
    Unmet(Vec<Unmet>),
    /// It was not begun.
    NotBegun,
}

impl Following<'_> {
    /// How a test is that nobody has begun.
    pub(super) fn not_begun(test: &Test<'_>) -> TestResult {
        TestResult {
            detail: Some(NOT_BEGUN.to_owned()),
            ..TestResult::of(test, TestState::Running)
        }
    }

    /// Begins a test, or looks how it is.
    pub(super) async fn follow(&self, test: &Test<'_>, earlier: Option<&TestResult>) -> TestResult {
        let before = earlier.map_or(0, |result| result.took);
        let before = SignedDuration::from_millis(i64::try_from(before).unwrap_or(i64::MAX));
        let began = self.ask.now - before;
        let found = match test.kind {
            TestKind::Lambda(own) => self.invoked(test, own).await,
            TestKind::CodeBuild(own) => self.build(test, own).await,
            TestKind::StateMachine(own) => self.execution(test, own).await.map(Found::Followed),
            TestKind::Synthetics(own) => self.runs(test, own).await.map(Found::Followed),
            TestKind::Http(_) => Ok(Found::NotBegun),
        };
        let found = found
            .unwrap_or_else(|error: AwsError| Found::Untold(GateError::from(error).to_string()));
        let mut result = self.result(test, found, began);
        if result.state == TestState::Running && result.attempts > 0 {
            // The next look counts on from where this one began, not from where
            // its last request ended.
            result.took = milliseconds(self.ask.now.duration_since(began));
        }
        result
    }

    fn result(&self, test: &Test<'_>, found: Found, began: Timestamp) -> TestResult {
        let took = self.aws.now().duration_since(began);
        let mut result = TestResult {
            attempts: 1,
            took: milliseconds(took),
            ..TestResult::of(test, TestState::Passed)
        };
        let is_late = took >= SignedDuration::from(test.at_most);
        match found {
            // What was not said at this look may be at the next.
            Found::Untold(why) => {
                let may_come = self.goes_on && !is_late;
                result.state = match may_come {
                    true => TestState::Running,
                    false => TestState::Unknown,
                };
                result.detail = Some(why);
                return self.redacted(result);
            }
            Found::NotBegun => return Following::not_begun(test),
            Found::Unmet(unmet) => {
                if !unmet.is_empty() {
                    result.state = TestState::Failed;
                }
                result.unmet = unmet;
            }
            Found::Followed(followed) => said(&mut result, followed),
        }
        let is_running = result.state == TestState::Running;
        if is_late && is_running && !matches!(test.kind, TestKind::Synthetics(_)) {
            result.state = TestState::Failed;
            result.unmet = vec![Unmet {
                what: "time".to_owned(),
                wanted: format!("done within {}", test.at_most),
                got: result.detail.take().unwrap_or_default(),
            }];
        }
        self.redacted(result)
    }

    /// What AWS hands on may hold what a test was given.
    fn redacted(&self, mut result: TestResult) -> TestResult {
        let redactor = self.variables.redactor();
        result.detail = result.detail.map(|text| redactor.show(&text));
        result.link = result.link.map(|text| redactor.redact(&text));
        for unmet in &mut result.unmet {
            unmet.got = redactor.show(&unmet.got);
            unmet.wanted = redactor.show(&unmet.wanted);
        }
        result
    }

    fn id<'b>(&'b self, test: &'b Test<'_>) -> TestId<'b> {
        TestId {
            pipeline: &self.ask.pipeline,
            release: &self.ask.release,
            stage: &self.ask.stage,
            gate: self.ask.settings.name(),
            test: &test.name,
            attempt: &self.ask.attempt,
        }
    }

    async fn invoked(&self, test: &Test<'_>, own: &LambdaTest) -> Result<Found, AwsError> {
        let at_most = SignedDuration::from(test.at_most);
        let left = self.ends.duration_since(self.aws.now());
        if self.goes_on && left < at_most.min(WAITS_AT_LEAST) {
            return Ok(Found::NotBegun);
        }
        let payload = match self.filled(own.payload.as_ref()) {
            Ok(payload) => payload,
            Err(why) => return Ok(Found::Followed(why)),
        };
        let call = Call {
            place: &lambda_place(own),
            function: &own.function,
            payload,
            id: self.id(test).key(),
            at_most,
            left,
        };
        Ok(match lambda::invoke(self.aws, call).await? {
            Ended::Told(followed) => Found::Followed(followed),
            Ended::NoJson(_) if own.expect.is_none() => Found::Unmet(Vec::new()),
            Ended::NoJson(why) => Found::Followed(Followed::new(State::Unknown(Lack::Test), why)),
            Ended::Returned(value) => match &own.expect {
                None => Found::Unmet(Vec::new()),
                Some(expect) => match unmet_by(expect, &value, self.variables) {
                    Ok(unmet) => Found::Unmet(unmet),
                    Err(why) => Found::Followed(Followed::new(State::Unknown(Lack::Settings), why)),
                },
            },
        })
    }

    async fn build(&self, test: &Test<'_>, own: &CodeBuildTest) -> Result<Found, AwsError> {
        let id = self.id(test);
        let claiming = self.claiming(&id);
        let place = place(own.region.as_ref(), own.role.as_ref());
        let build = match self.build_of(&claiming, own) {
            Ok(build) => build,
            Err(why) => return Ok(Found::Followed(why)),
        };
        let begun = match begin_build(self.aws, &place, &claiming, &build).await {
            Ok(begun) => begun,
            Err(error) => return Followed::refused(error).map(Found::Followed),
        };
        match begun {
            claims::Begun::Started { arn, at } => {
                let followed = codebuild::follow(self.aws, &place, &arn, at).await;
                followed.map(Found::Followed)
            }
            claims::Begun::Wait(_) => Ok(Found::Untold(STARTED_ELSEWHERE.to_owned())),
        }
    }

    fn build_of(
        &self,
        claiming: &Claiming<'_>,
        own: &CodeBuildTest,
    ) -> Result<sluice_aws::BuildToStart, Followed> {
        let text = |text: &String| self.filled_text(text);
        let source = own.source_version.as_ref().map(text).transpose()?;
        let variables = own.variables.iter();
        let variables = variables.map(|(name, own)| Ok((name.clone(), text(own)?)));
        let variables = variables.collect::<Result<_, Followed>>()?;
        Ok(claiming.build_of(&own.project, source.as_deref(), &variables))
    }

    async fn execution(
        &self,
        test: &Test<'_>,
        own: &StateMachineTest,
    ) -> Result<Followed, AwsError> {
        let mut input = match self.filled(own.input.as_ref()) {
            Ok(input) => input,
            Err(why) => return Ok(why),
        };
        let id = self.id(test);
        input.insert(lambda::ID_FIELD.to_owned(), Value::from(id.key()));
        let input = Value::Object(input).to_string();
        let place = place_of(&own.machine, own.role.as_deref());
        match begin_execution(self.aws, &place, &own.machine, &id, &input).await {
            Ok(started) => state_machine::follow(self.aws, &place, started.arn()).await,
            Err(error) => Followed::refused(error),
        }
    }

    async fn runs(&self, test: &Test<'_>, own: &SyntheticsTest) -> Result<Followed, AwsError> {
        let ends = self.begun.began + SignedDuration::from(test.at_most);
        let wanted = Wanted {
            since: self.begun.began,
            runs: own.runs(),
            passed_percent: own.passed().0.value(),
            over: self.ask.now >= ends || !self.goes_on,
        };
        let place = place(own.region.as_ref(), own.role.as_ref());
        synthetics::follow(self.aws, &place, &own.canary, &wanted).await
    }

    fn claiming<'b>(&'b self, id: &'b TestId<'b>) -> Claiming<'b> {
        Claiming {
            table: self.table,
            id,
            claimer: self.claimer,
        }
    }

    /// A text with values in it. What is started elsewhere would show them to
    /// whoever may look there, so that no secret is sent.
    fn filled_text(&self, text: &str) -> Result<String, Followed> {
        let mut used = Vec::new();
        let filled = self.variables.fill(text, &mut used);
        without_secrets(filled, &used)
    }

    fn filled(&self, json: Option<&Value>) -> Result<Map<String, Value>, Followed> {
        let Some(json) = json else {
            return Ok(Map::new());
        };
        let mut used = Vec::new();
        let filled = self.variables.fill_json(json, &mut used);
        match without_secrets(filled, &used)? {
            Value::Object(entries) => Ok(entries),
            _ => Err(unusable("it is no map".to_owned())),
        }
    }

    /// Stops what a test started, if the plan says so, and says what came of
    /// it.
    pub(super) async fn stop(&self, test: &Test<'_>) -> Option<String> {
        let id = self.id(test);
        let stopped = match test.kind {
            TestKind::CodeBuild(own) if own.stop_on_abort => self.stop_build(&id, own).await,
            TestKind::StateMachine(own) if own.stop_on_abort => self.stop_execution(&id, own).await,
            _ => return None,
        };
        let name = &test.name;
        match stopped {
            Ok(None) => None,
            Ok(Some(arn)) => Some(format!("test `{name}` was stopped: {arn}")),
            Err(error) => {
                let error = GateError::from(error);
                Some(format!("test `{name}` could not be stopped: {error}"))
            }
        }
    }

    async fn stop_build(
        &self,
        id: &TestId<'_>,
        own: &CodeBuildTest,
    ) -> Result<Option<String>, AwsError> {
        let claiming = self.claiming(id);
        let place = place(own.region.as_ref(), own.role.as_ref());
        let Ok(build) = self.build_of(&claiming, own) else {
            return Ok(None);
        };
        let arn = begun_build(self.aws, &place, &claiming, &build).await?;
        self.stop_if_running(arn, &place, true).await
    }

    async fn stop_execution(
        &self,
        id: &TestId<'_>,
        own: &StateMachineTest,
    ) -> Result<Option<String>, AwsError> {
        let place = place_of(&own.machine, own.role.as_deref());
        let arn = begun_execution(&own.machine, id);
        self.stop_if_running(arn, &place, false).await
    }

    async fn stop_if_running(
        &self,
        arn: Option<String>,
        place: &Place,
        is_build: bool,
    ) -> Result<Option<String>, AwsError> {
        let Some(arn) = arn else {
            return Ok(None);
        };
        let followed = if is_build {
            codebuild::follow(self.aws, place, &arn, self.ask.now).await?
        } else {
            state_machine::follow(self.aws, place, &arn).await?
        };
        if followed.state != State::Running {
            return Ok(None);
        }
        if is_build {
            self.aws.stop_build(place, &arn).await?;
        } else {
            let why = format!("release {} is over", self.ask.release);
            self.aws.stop_execution(place, &arn, &why).await?;
        }
        Ok(Some(arn))
    }
}

/// Where a function is: where the settings say, else where its ARN does.
pub(super) fn lambda_place(own: &LambdaTest) -> Place {
    match &own.region {
        Some(_) => place(own.region.as_ref(), own.role.as_ref()),
        None => place_of(&own.function, own.role.as_deref()),
    }
}

fn said(result: &mut TestResult, followed: Followed) {
    result.state = match followed.state {
        State::Running => TestState::Running,
        State::Passed => TestState::Passed,
        State::Failed => TestState::Failed,
        State::Unknown(_) => TestState::Unknown,
    };
    let texts = std::iter::once(followed.line).chain(followed.detail);
    result.detail = Some(texts.collect::<Vec<_>>().join(": "));
    result.link = followed.link;
}

fn unusable(why: String) -> Followed {
    Followed::new(State::Unknown(Lack::Settings), why)
}

fn without_secrets<T>(
    filled: Result<T, super::variables::Unfilled>,
    used: &[String],
) -> Result<T, Followed> {
    let filled = filled.map_err(|error| unusable(error.to_string()))?;
    match used.first() {
        None => Ok(filled),
        Some(name) => Err(unusable(format!(
            "secret `{name}` is sent to its hosts only, and what is started here could be read by \
             others: let it read the secret itself"
        ))),
    }
}
