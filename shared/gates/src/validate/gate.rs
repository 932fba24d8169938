//! The gate itself: one look runs what it can send, starts what it may, and
//! reads how the rest is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use sluice_aws::Aws;
use sluice_core::evidence::Source;
use sluice_core::plan::GateSettings;
use sluice_core::settings::{Test, TestKind, Validate};
use sluice_core::validate::{Begun, Facts, RULE_VERSION, TestResult, TestState, judge};
use sluice_core::{GateError, token};

use super::following::{Following, lambda_place};
use super::http::{Run, run};
use super::kept::Kept;
use super::place;
use super::secrets::variables;
use super::state_machine::place_of;
use crate::{Ask, Gate, Look, looked, wrong_settings};

/// What is left of a look for what follows from its tests.
const LOOK_MARGIN: SignedDuration = SignedDuration::from_secs(3);

/// The gate `validate`.
#[derive(Debug, Default)]
pub struct ValidateGate {
    /// The table of DynamoDB in which builds are claimed.
    claims_table: Option<String>,
    looks: AtomicU64,
}

fn settings(ask: &Ask) -> Result<&Validate, GateError> {
    match &ask.settings {
        GateSettings::Validate(settings) => Ok(settings),
        _ => Err(wrong_settings(ValidateGate::KIND, ask)),
    }
}

impl ValidateGate {
    /// The gate, with the table of DynamoDB in which it claims what it starts.
    pub fn new(claims_table: Option<String>) -> ValidateGate {
        ValidateGate {
            claims_table,
            looks: AtomicU64::new(0),
        }
    }

    fn table(&self, settings: &Validate) -> Result<&str, GateError> {
        match &self.claims_table {
            Some(table) => Ok(table),
            None if settings.codebuild.is_empty() => Ok(""),
            None => Err(GateError::ParametersInvalid {
                detail: "this function has no table of claims, without which a build might be \
                         started twice"
                    .to_owned(),
                mend: "set `SLUICE_CLAIMS_TABLE` to a table of DynamoDB with the key `id`, as \
                       the template of Sluice does"
                    .to_owned(),
            }),
        }
    }

    /// Names this look: no other one has the same, not even a second
    /// invocation for the same job.
    fn claimer(&self, ask: &Ask, aws: &Aws) -> String {
        let number = self.looks.fetch_add(1, Ordering::Relaxed);
        let here = std::ptr::from_ref(self).addr();
        let process = std::process::id();
        let unique = format!("{}{}{process}{here}{number}", ask.attempt, aws.now());
        token::sha256(unique.as_bytes())
    }
}

impl Gate for ValidateGate {
    const KIND: &'static str = "validate";
    const RULE: u32 = RULE_VERSION;
    type Begun = Begun;
    type Memory = Kept;

    async fn begin(&self, ask: &Ask, _: &Aws) -> Result<Begun, GateError> {
        self.table(settings(ask)?)?;
        Ok(Begun {
            rule: RULE_VERSION,
            began: ask.now,
            service: ask.service.clone(),
        })
    }

    async fn look(
        &self,
        ask: &Ask,
        begun: &Begun,
        memory: Kept,
        aws: &Aws,
    ) -> Result<Look, GateError> {
        let settings = settings(ask)?;
        let table = self.table(settings)?;
        let tests = settings.tests();
        let earlier = memory.results(&tests, ask.now.duration_since(begun.began));
        let (variables, unread) = variables(ask, begun, settings, aws).await;
        let gate_ends = begun.began + SignedDuration::from(settings.at_most());
        let look_ends = (ask.look_ends - LOOK_MARGIN).min(gate_ends);
        let goes_on = !ask.last_chance && look_ends < gate_ends;
        let left = look_ends.duration_since(aws.now());
        let following = Following {
            ask,
            aws,
            begun,
            table,
            variables: &variables,
            claimer: &self.claimer(ask, aws),
            ends: look_ends,
            goes_on: !ask.last_chance && ask.now < gate_ends,
        };
        let sending = Run {
            outside: aws.outside(settings.addresses()),
            variables: variables.clone(),
            at_once: settings.at_once(),
            at_most: Duration::try_from(left).unwrap_or_default(),
            goes_on,
            now: ask.now,
        };
        let send = async {
            // Without its secrets no request is made at this look.
            if unread && goes_on {
                return Vec::new();
            }
            run(settings, &earlier, &sending, &|_| ()).await
        };
        let follow = follow(&tests, &earlier, settings, &following);
        let (sent, followed) = futures_util::join!(send, follow);
        let results = in_order(&tests, [sent, followed, earlier]);
        let facts = Facts {
            now: ask.now,
            last_chance: ask.last_chance,
            tests: results,
        };
        let since_began = ask.now.duration_since(begun.began);
        let kept = Kept::of(&facts.tests, since_began);
        let ruling = judge(begun, settings, &facts);
        Ok(looked(ruling, &facts, sources(&tests, ask.now), &kept))
    }

    async fn stop(&self, ask: &Ask, begun: &Begun, aws: &Aws) -> Vec<String> {
        let Ok(settings) = settings(ask) else {
            return Vec::new();
        };
        // Without a table no build was begun.
        let Ok(table) = self.table(settings) else {
            return Vec::new();
        };
        let (variables, _) = variables(ask, begun, settings, aws).await;
        let following = Following {
            ask,
            aws,
            begun,
            table,
            variables: &variables,
            claimer: "",
            ends: ask.now,
            goes_on: false,
        };
        let mut said = Vec::new();
        for test in settings.tests() {
            said.extend(following.stop(&test).await);
        }
        said
    }

    fn shorten(memory: Kept) -> Kept {
        memory.without_texts()
    }
}

/// How the tests are that do not send requests, as far as they have not
/// ended. So many run at the same time as the settings say: what runs
/// elsewhere keeps its place until it ends.
async fn follow(
    tests: &[Test<'_>],
    earlier: &[TestResult],
    settings: &Validate,
    following: &Following<'_>,
) -> Vec<TestResult> {
    let of = |test: &Test<'_>| earlier.iter().find(|result| result.name == test.name);
    let open: Vec<&Test<'_>> = tests
        .iter()
        .filter(|test| !matches!(test.kind, TestKind::Http(_)))
        .filter(|test| of(test).is_none_or(|result| result.state == TestState::Running))
        .collect();
    let is_begun = |test: &Test<'_>| of(test).is_some_and(|result| result.attempts > 0);
    let begun = open.iter().filter(|test| is_begun(test)).count();
    let at_once = usize::try_from(settings.at_once()).unwrap_or(1);
    let mut room = at_once.saturating_sub(begun);
    let mut looks = Vec::new();
    for test in open {
        let may_begin = is_begun(test) || room > 0;
        if !is_begun(test) {
            room = room.saturating_sub(1);
        }
        looks.push(async move {
            if may_begin {
                following.follow(test, of(test)).await
            } else {
                Following::not_begun(test)
            }
        });
    }
    stream::iter(looks)
        .buffer_unordered(at_once)
        .collect()
        .await
}

/// Of each test the first result that is given of it, in the plan's order.
fn in_order(tests: &[Test<'_>], given: [Vec<TestResult>; 3]) -> Vec<TestResult> {
    let given: Vec<TestResult> = given.into_iter().flatten().collect();
    let of = |test: &Test<'_>| given.iter().find(|result| result.name == test.name);
    let result = |test| of(test).cloned().unwrap_or(Following::not_begun(test));
    tests.iter().map(result).collect()
}

/// What was read to follow tests. Requests to what is tested are no calls.
fn sources(tests: &[Test<'_>], at: Timestamp) -> Vec<Source> {
    let mut sources = Vec::new();
    for test in tests {
        let (operation, place) = match test.kind {
            TestKind::Http(_) => continue,
            TestKind::Lambda(own) => ("lambda:InvokeFunction", lambda_place(own)),
            TestKind::CodeBuild(own) => {
                let own = place(own.region.as_ref(), own.role.as_ref());
                ("codebuild:BatchGetBuilds", own)
            }
            TestKind::StateMachine(own) => {
                let own = place_of(&own.machine, own.role.as_deref());
                ("states:DescribeExecution", own)
            }
            TestKind::Synthetics(own) => {
                let own = place(own.region.as_ref(), own.role.as_ref());
                ("synthetics:GetCanaryRuns", own)
            }
        };
        let source = Source {
            operation: operation.to_owned(),
            place,
            at,
        };
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources
}

#[cfg(test)]
mod tests {
    use sluice_core::plan::Plan;

    use super::*;

    fn table(tests: &str) -> Result<String, GateError> {
        let text = format!(
            "service: a\nstages: {{ prod: {{ gates: [ {{ validate: {{ {tests} }} }} ] }} }}"
        );
        let plan = Plan::read_yaml(&text).unwrap();
        let GateSettings::Validate(settings) = &plan.stages[0].gates[0].settings else {
            panic!("{text}");
        };
        ValidateGate::new(None).table(settings).map(str::to_owned)
    }

    #[test]
    fn no_build_is_started_without_a_table_to_claim_it_in() {
        let error = table("codebuild: [ { project: smoke } ]").unwrap_err();
        assert!(error.hint().contains("SLUICE_CLAIMS_TABLE"), "{error}");
        let others = table("http: [ { get: \"https://a.example/\" } ]");
        assert_eq!(others, Ok(String::new()));
    }
}
