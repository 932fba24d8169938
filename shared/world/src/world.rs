//! The services put together: requests in, responses out, one clock.

mod afflicted;
mod forbidden;
mod target;
mod tested;
mod triggers;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::header::DATE;
use http::{HeaderValue, Request, Response};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use crate::Clock;
use crate::cloudwatch::{CloudWatch, Transition};
use crate::codepipeline::{
    CodePipeline, Functions, Happening, Interval, Mode, Pipeline, Settings, What,
};
use crate::faults::{CURRENT, FaultPlan, Kind, Processes, Progress};
use crate::hosts::Given;
use crate::lambda::Lambda;
use crate::lambda::aliases::get_alias;
use crate::rights::{self, Guard};
use crate::s3::S3;
use crate::scenario::{ExecutionMode, LookEvery, Marks, RefusalKind, Scenario};
use crate::sts::Sts;
use crate::wire::{self, ApiError, Broken, Protocol};
use target::Target;
use tested::Tested;
pub use triggers::Schedule;

/// The access key of the functions' own role.
pub const FUNCTION_ACCESS_KEY: &str = "AKIAFUNCTION0000000";

/// A call as it came, before it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// As in a policy, for instance `cloudwatch`.
    pub service: &'static str,
    /// For instance `DescribeAlarms`.
    pub operation: String,
    /// Calls of all operations before this one.
    pub number: u64,
    /// When it came.
    pub at: Timestamp,
    /// Where it came from a function: the number of the invocation and of its
    /// call, both counted from 1.
    pub process: Option<(u64, u64)>,
}

/// What goes wrong with one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is refused, and has no effect.
    Refused(RefusalKind),
    /// It is answered this much later.
    Slow(SignedDuration),
    /// It has its effect, and the answer is lost.
    AnswerLost,
    /// It has its effect, and is answered this much later.
    AnswerLate(SignedDuration),
    /// The second half of the answer's bytes is missing.
    HalfBody,
    /// The answer says less than there is.
    PartialAnswer,
    /// The process that calls is killed before the effect.
    KilledBefore,
    /// The process that calls is killed after the effect.
    KilledAfter,
    /// The process that calls panics.
    Panicked,
    /// The process that calls stands still.
    Frozen,
}

/// Says what goes wrong with a call, if anything does.
pub type Faults = Arc<dyn Fn(&Call) -> Option<Fault> + Send + Sync>;

/// Answers requests in the place of AWS.
pub type Handler = Arc<
    dyn Fn(Request<Vec<u8>>) -> BoxFuture<'static, Result<Response<Vec<u8>>, Broken>> + Send + Sync,
>;

/// Is told what happens, as it happens.
pub type Observer = Arc<dyn Fn(&Happening) + Send + Sync>;

/// A small AWS. Copies are the same one.
#[derive(Clone)]
pub struct World(Arc<Inner>);

/// A world that may be gone.
#[derive(Clone)]
pub struct WeakWorld(Weak<Inner>);

impl WeakWorld {
    /// The world, if somebody still holds it.
    pub fn upgrade(&self) -> Option<World> {
        self.0.upgrade().map(World)
    }
}

struct Inner {
    clock: Clock,
    scenario: Scenario,
    cloudwatch: Mutex<BTreeMap<(String, String), CloudWatch>>,
    codepipeline: CodePipeline,
    s3: S3,
    sts: Sts,
    lambda: Lambda,
    tested: Tested,
    functions: Arc<OnceLock<Functions>>,
    given: Given,
    log: Mutex<Log>,
    plan: FaultPlan,
    processes: Arc<Processes>,
    marks: Mutex<Marks>,
    marked: Notify,
    observers: Mutex<Vec<Observer>>,
    /// Who says whether callers may do what they do.
    guard: Option<Guard>,
    /// How long each call takes, in milliseconds.
    call_takes: AtomicU64,
}

#[derive(Default)]
struct Log {
    calls: Vec<Call>,
    refused: Vec<u32>,
    faults: Option<Faults>,
    progress: Progress,
    occurred: BTreeMap<Kind, u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .expect("nothing panics while it holds this lock")
}

impl World {
    /// A world in which a scenario is about to happen. Its clock shows the
    /// scenario's beginning. Needs a tokio runtime.
    pub fn new(scenario: Scenario) -> World {
        World::with_settings(scenario, |_| {})
    }

    /// The same, whose CodePipeline and Lambda behave as `change` says.
    pub fn with_settings(scenario: Scenario, change: impl FnOnce(&mut Settings)) -> World {
        World::with_faults(scenario, FaultPlan::default(), change)
    }

    /// The same, in which things go wrong as planned.
    pub fn with_faults(
        scenario: Scenario,
        plan: FaultPlan,
        change: impl FnOnce(&mut Settings),
    ) -> World {
        let clock = Clock::starting_at(scenario.begin);
        let s3 = S3::new(clock);
        let functions: Arc<OnceLock<Functions>> = Arc::new(OnceLock::new());
        let mut settings = settings(&scenario);
        scenario.assumed.apply(&mut settings);
        change(&mut settings);
        plan.apply(&mut settings);
        let processes: Arc<Processes> = Arc::default();
        let run = afflicted::functions(clock, &functions, &processes, &plan);
        let lambda = Lambda::new(clock, &settings, Arc::clone(&run));
        let codepipeline = CodePipeline::new(
            clock,
            settings,
            scenario.seed,
            &scenario.account,
            &scenario.region,
            s3.clone(),
            run,
        );
        let sts = Sts::new(clock, &scenario.account);
        let refused = vec![0; scenario.refusals.len()];
        let world = World(Arc::new(Inner {
            clock,
            scenario,
            cloudwatch: Mutex::new(BTreeMap::new()),
            codepipeline,
            s3,
            sts,
            lambda,
            tested: Tested::default(),
            functions,
            given: Given::default(),
            log: Mutex::new(Log {
                refused,
                ..Log::default()
            }),
            plan,
            processes,
            marks: Mutex::new(Marks::new()),
            marked: Notify::new(),
            observers: Mutex::new(Vec::new()),
            guard: rights::guard(),
            call_takes: AtomicU64::new(0),
        }));
        let weak = Arc::downgrade(&world.0);
        world.0.codepipeline.on_happening(move |happening| {
            if let Some(inner) = weak.upgrade() {
                World(inner).happened(happening);
            }
        });
        world
    }

    /// The same world, not kept alive.
    pub fn downgraded(&self) -> WeakWorld {
        WeakWorld(Arc::downgrade(&self.0))
    }

    /// Its clock.
    pub fn clock(&self) -> Clock {
        self.0.clock
    }

    /// Its CodePipeline.
    pub fn codepipeline(&self) -> &CodePipeline {
        &self.0.codepipeline
    }

    /// Its objects.
    pub fn s3(&self) -> &S3 {
        &self.0.s3
    }

    /// Its roles.
    pub fn sts(&self) -> &Sts {
        &self.0.sts
    }

    /// What happens in it.
    pub fn scenario(&self) -> &Scenario {
        &self.0.scenario
    }

    /// Has Lambda run functions like this. Only the first call counts.
    pub fn set_functions(&self, functions: Functions) {
        // A second set of functions would be a mistake of the caller's that
        // shows at once: its functions never run.
        let _ = self.0.functions.set(functions);
    }

    /// Lets `faults` say what goes wrong with calls, beside the scenario's refusals.
    pub fn set_faults(&self, faults: Faults) {
        lock(&self.0.log).faults = Some(faults);
    }

    /// Has an observer told of all that happens from now on.
    pub fn observe(&self, observer: Observer) {
        lock(&self.0.observers).push(observer);
    }

    /// How often hosts gave their answers.
    pub(crate) fn given(&self) -> &Given {
        &self.0.given
    }

    /// Changes how the CloudWatch of an account and region behaves.
    pub fn with_cloudwatch<T>(
        &self,
        account: &str,
        region: &str,
        change: impl FnOnce(&mut CloudWatch) -> T,
    ) -> T {
        let mut all = lock(&self.0.cloudwatch);
        let cloudwatch = all
            .entry((account.to_owned(), region.to_owned()))
            .or_insert_with(|| {
                let mut new = CloudWatch::new(&self.0.scenario, account, region);
                self.0
                    .scenario
                    .assumed
                    .apply_to_cloudwatch(&mut new.switches);
                self.0.plan.switches.apply(&mut new.switches);
                for (stage, at) in lock(&self.0.marks).iter() {
                    new.mark(stage, *at);
                }
                new
            });
        change(cloudwatch)
    }

    /// How often each operation was called so far, by `service:Operation`.
    pub fn calls_by_operation(&self) -> BTreeMap<String, u64> {
        let mut counted = BTreeMap::new();
        for call in &lock(&self.0.log).calls {
            *counted
                .entry(format!("{}:{}", call.service, call.operation))
                .or_default() += 1;
        }
        counted
    }

    /// All calls so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.0.log).calls.clone()
    }

    /// All changes of alarms so far, in order.
    pub fn transitions(&self) -> Vec<Transition> {
        let now = self.0.clock.now();
        let homes: std::collections::BTreeSet<(String, String)> = self
            .0
            .scenario
            .alarms
            .iter()
            .map(|alarm| self.0.scenario.home_of_alarm(alarm))
            .map(|(account, region)| (account.to_owned(), region.to_owned()))
            .collect();
        let mut all: Vec<Transition> = homes
            .iter()
            .flat_map(|(account, region)| {
                self.with_cloudwatch(account, region, |own| own.transitions(now))
            })
            .collect();
        all.sort_by_key(|transition| transition.at);
        all
    }

    /// When each stage was deployed.
    pub fn marks(&self) -> Marks {
        lock(&self.0.marks).clone()
    }

    /// Starts a release of a pipeline and lets happen what the scenario says.
    pub fn start(&self, pipeline: Pipeline) -> Result<String, ApiError> {
        let name = pipeline.name.clone();
        self.0.codepipeline.define(pipeline)?;
        let execution = if self.0.scenario.pipeline.rollback {
            self.0.codepipeline.start_rollback(&name)?
        } else {
            self.0.codepipeline.start(&name)?
        };
        for happening in self.0.scenario.pipeline.happenings.clone() {
            let (world, name, execution) =
                (Arc::downgrade(&self.0), name.clone(), execution.clone());
            tokio::spawn(async move {
                let Some(own) = world.upgrade().map(World) else {
                    return;
                };
                own.until(&happening.at).await;
                if let Some(stop) = &happening.stop {
                    own.stop(&name, &execution, stop.abandon);
                }
                if happening.next_release.is_some() {
                    // It can only fail where the pipeline is gone.
                    let _ = own.0.codepipeline.start(&name);
                }
            });
        }
        Ok(execution)
    }

    /// Stops a release as a person would; one that has ended stays as it is.
    fn stop(&self, pipeline: &str, execution: &str, abandon: bool) {
        let body = serde_json::json!({
            "pipelineName": pipeline,
            "pipelineExecutionId": execution,
            "abandon": abandon,
        });
        let body = body.to_string().into_bytes();
        let _ = self.0.codepipeline.call(
            "StopPipelineExecution",
            Protocol::Json,
            &body,
            FUNCTION_ACCESS_KEY,
        );
    }

    /// Waits until a moment that may depend on a deployment.
    async fn until(&self, moment: &crate::scenario::Moment) {
        loop {
            let marked = self.0.marked.notified();
            let at = moment.resolve(self.0.scenario.begin, &lock(&self.0.marks));
            match at {
                Some(at) => return self.0.clock.sleep_until(at).await,
                None => marked.await,
            }
        }
    }

    fn happened(&self, happening: &Happening) {
        if let What::DeploymentEnded { stage, .. } = &happening.what {
            let is_new = {
                let mut marks = lock(&self.0.marks);
                // The scenario is about the first release's deployments.
                let is_new = !marks.contains_key(stage);
                marks.entry(stage.clone()).or_insert(happening.at);
                is_new
            };
            if is_new {
                for cloudwatch in lock(&self.0.cloudwatch).values_mut() {
                    cloudwatch.mark(stage, happening.at);
                }
                self.0.marked.notify_waiters();
            }
        }
        for observer in lock(&self.0.observers).clone() {
            observer(happening);
        }
    }

    /// Has every call take so many milliseconds from now on; at first none.
    pub fn set_call_takes(&self, milliseconds: u64) {
        self.0.call_takes.store(milliseconds, Ordering::Relaxed);
    }

    /// Requests go to this world as long as somebody else holds it.
    pub fn handler(&self) -> Handler {
        let weak: Weak<Inner> = Arc::downgrade(&self.0);
        Arc::new(move |request| {
            let world = weak.upgrade().map(World);
            Box::pin(async move {
                match world {
                    Some(world) => world.answer(request).await,
                    None => Err(Broken::Reset),
                }
            })
        })
    }

    /// Answers one request.
    pub async fn answer(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Broken> {
        let Some(target) = Target::of(&request) else {
            return Ok(Response::builder()
                .status(404)
                .body(b"no service here".to_vec())
                .expect("404 is a status"));
        };
        let (call, fault) = self.note(&target);
        let takes = self.0.call_takes.load(Ordering::Relaxed);
        if takes > 0 {
            tokio::time::sleep(Duration::from_millis(takes)).await;
        }
        if !matches!(fault, Some(Fault::Refused(_))) {
            self.take_time(&target, &request).await;
        }
        let answer = match fault {
            None => Ok(self.respond(&target, &request, &call).await),
            Some(fault) => self.afflicted(fault, &target, &request, &call).await,
        };
        let date = self.0.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT");
        answer.map(|mut response| {
            let date = HeaderValue::try_from(date.to_string()).expect("it is ASCII");
            response.headers_mut().insert(DATE, date);
            response
        })
    }

    /// Counts a call, and says what goes wrong with it.
    fn note(&self, target: &Target) -> (Call, Option<Fault>) {
        let now = self.0.clock.now();
        let marks = lock(&self.0.marks).clone();
        let mut log = lock(&self.0.log);
        let log = &mut *log;
        let call = Call {
            service: target.service,
            operation: target.operation.clone(),
            number: log.calls.len() as u64,
            at: now,
            process: CURRENT
                .try_with(|process| (process.number, process.next_call()))
                .ok(),
        };
        log.calls.push(call.clone());
        for (index, refusal) in self.0.scenario.refusals.iter().enumerate() {
            let applies = refusal.applies(
                call.service,
                &call.operation,
                now,
                self.0.scenario.begin,
                &marks,
            );
            if applies && refusal.times.is_none_or(|times| log.refused[index] < times) {
                log.refused[index] += 1;
                return (call, Some(Fault::Refused(refusal.error)));
            }
        }
        let planned = log.progress.fault(&self.0.plan, &call);
        let fault = planned.or_else(|| log.faults.as_ref().and_then(|faults| faults(&call)));
        (call, fault)
    }

    fn account_of(&self, target: &Target) -> String {
        let own = self.0.sts.account_of(&target.access_key);
        own.unwrap_or_else(|| self.0.scenario.account.clone())
    }

    async fn respond(
        &self,
        target: &Target,
        request: &Request<Vec<u8>>,
        call: &Call,
    ) -> Response<Vec<u8>> {
        if let Some(refused) = self.forbidden(target, request) {
            return refused;
        }
        let key = &target.access_key;
        match target.service {
            "s3" => {
                let (bucket, object) = &target.object;
                return self.0.s3.answer(request, bucket, object, key);
            }
            "sts" => return self.0.sts.answer(request, key),
            "lambda" if target.operation == "Invoke" => {
                return self.invoke(target, request, call.number).await;
            }
            _ => {}
        }
        let body = match wire::unpacked(request) {
            Ok(body) => body,
            Err(error) => return target.refused(&error),
        };
        let body = body.as_ref();
        let result = match target.service {
            "cloudwatch" if self.0.sts.has_expired(key) => {
                let message = "The security token included in the request is expired";
                Err(ApiError {
                    status: 403,
                    code: "ExpiredToken".to_owned(),
                    message: message.to_owned(),
                })
            }
            "cloudwatch" => {
                let account = self.account_of(target);
                self.with_cloudwatch(&account, &target.region, |own| {
                    own.call(&target.operation, target.protocol, body, call.at)
                })
            }
            "lambda" if target.operation == "GetAlias" => {
                let marks = lock(&self.0.marks).clone();
                let region = &target.region;
                get_alias(&self.0.scenario, region, request, call.at, &marks)
            }
            "codepipeline" => {
                self.0
                    .codepipeline
                    .call(&target.operation, target.protocol, body, key)
            }
            _ => return self.of_tests(target, request, body),
        };
        match result {
            Ok(body) => target.response(200, body),
            Err(error) => target.refused(&error),
        }
    }
}

fn settings(scenario: &Scenario) -> Settings {
    let own = &scenario.pipeline;
    let look_every = match own.look_every {
        LookEvery::Fixed(length) => Interval::Fixed(length.0),
        LookEvery::Drawn(interval) => Interval::Between {
            from: interval.from.0,
            to: interval.to.0,
        },
    };
    Settings {
        look_every,
        job_details: own.job_details,
        duplicate_events: own
            .duplicate_events
            .iter()
            .map(|n| u64::from(*n) + 1)
            .collect(),
        lose_events: own.lose_events.iter().map(|n| u64::from(*n) + 1).collect(),
        ..Settings::default()
    }
}

/// The scenario's word for how executions share a pipeline.
pub fn mode(scenario: &Scenario) -> Mode {
    match scenario.pipeline.mode {
        ExecutionMode::Superseded => Mode::Superseded,
        ExecutionMode::Queued => Mode::Queued,
        ExecutionMode::Parallel => Mode::Parallel,
    }
}
