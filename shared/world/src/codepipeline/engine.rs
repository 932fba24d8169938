//! Drives executions: stage after stage, actions side by side.
//!
//! One tokio task per execution runs [`run`]; each invocation of a function
//! is a task of its own, because Lambda does not care what became of the
//! execution. The task of an execution drops its actions when the execution
//! was ended from outside; whoever ended it has already written that down.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use jiff::SignedDuration;
use tokio::sync::{Notify, watch};

use super::custom;
use super::definition::{Action, Pipeline, Stage, Work};
use super::happening::What;
use super::lambda;
use super::record::{
    ActionRun, ActionStatus, Artifact, Execution, ExecutionStatus, SourceRevision, StageStatus,
};
use super::state::{End, Place, Running, Shared, State};
use super::variables;

/// Which part of a pipeline an execution runs.
pub(super) struct Course {
    /// The first stage, by index.
    pub(super) first: usize,
    /// The stage after the last, by index.
    pub(super) end: usize,
    /// Names of the actions to run in the first stage; all if absent.
    pub(super) only: Option<Vec<String>>,
}

/// Makes the record of an execution that is about to run.
pub(super) fn create(
    state: &mut State,
    definition: Arc<Pipeline>,
    variables: BTreeMap<String, String>,
    rollback_to: Option<usize>,
) -> usize {
    let now = state.clock.now();
    let id = state.random.uuid();
    let index = state.executions.len();
    let target = rollback_to.map(|target| &state.executions[target]);
    let running = Running {
        record: Execution {
            id: id.clone(),
            pipeline: definition.name.clone(),
            pipeline_version: definition.version,
            mode: definition.mode,
            rollback_target: target.map(|target| target.record.id.clone()),
            status: ExecutionStatus::InProgress,
            began: now,
            updated: now,
            ended: None,
            variables,
            source_revisions: target.map_or_else(Vec::new, |t| t.record.source_revisions.clone()),
            stop_reason: None,
            stages: Vec::new(),
        },
        namespaces: target.map_or_else(Default::default, |t| t.namespaces.clone()),
        artifacts: target.map_or_else(Default::default, |t| t.artifacts.clone()),
        definition,
        places: Vec::new(),
        turn: Arc::new(Notify::new()),
        dropped: watch::Sender::new(false),
        ended: watch::Sender::new(false),
    };
    let pipeline = state
        .pipelines
        .get_mut(&running.record.pipeline)
        .expect("the definition came from there");
    pipeline.executions.push(index);
    state.indexes.insert(id, index);
    state.executions.push(running);
    index
}

/// Lets an execution run. Needs a tokio runtime.
pub(super) fn launch(shared: &Arc<Shared>, execution: usize, course: Course) {
    let shared = Arc::clone(shared);
    tokio::spawn(async move { run(&shared, execution, course).await });
}

async fn run(shared: &Arc<Shared>, execution: usize, course: Course) {
    let (definition, mut dropped) = shared.with(|state| {
        state.tell(execution, || What::ExecutionStarted);
        let running = &state.executions[execution];
        (Arc::clone(&running.definition), running.dropped.subscribe())
    });
    for index in course.first..course.end {
        let stage = &definition.stages[index];
        let only = course.only.as_deref().filter(|_| index == course.first);
        if !enter(shared, execution, stage).await {
            return;
        }
        let status = tokio::select! {
            biased;
            _ = dropped.wait_for(|dropped| *dropped) => return,
            status = run_stage(shared, execution, stage, only) => status,
        };
        let goes_on = shared.with(|state| {
            let fails = state.stage_state(execution, &stage.name).condition_fails;
            let status = match status {
                StageStatus::Succeeded if fails => StageStatus::Failed,
                own => own,
            };
            state.end_stage(execution, &stage.name, status);
            let stopping = state.executions[execution].record.status == ExecutionStatus::Stopping;
            match status {
                _ if stopping => state.end_execution(execution, ExecutionStatus::Stopped),
                StageStatus::Succeeded => return true,
                _ => state.end_execution(execution, ExecutionStatus::Failed),
            }
            false
        });
        if !goes_on {
            return;
        }
    }
    shared.with(|state| state.end_execution(execution, ExecutionStatus::Succeeded));
}

/// Waits for the execution's turn at a stage; false if it never comes.
async fn enter(shared: &Arc<Shared>, execution: usize, stage: &Stage) -> bool {
    let turn = shared.with(|state| Arc::clone(&state.executions[execution].turn));
    let mut waits = false;
    loop {
        let entered = shared.with(|state| {
            if state.executions[execution].record.status.is_over() {
                return Some(false);
            }
            let entered = state.try_enter(execution, stage);
            if !entered && !waits {
                state.wait_for_stage(execution, &stage.name);
                waits = true;
            }
            entered.then_some(true)
        });
        match entered {
            Some(entered) => return entered,
            None => turn.notified().await,
        }
    }
}

/// Runs a stage's actions, one run order after the other.
async fn run_stage(
    shared: &Arc<Shared>,
    execution: usize,
    stage: &Stage,
    only: Option<&[String]>,
) -> StageStatus {
    let mut groups: BTreeMap<u32, Vec<&Action>> = BTreeMap::new();
    for action in &stage.actions {
        if only.is_none_or(|only| only.contains(&action.name)) {
            groups.entry(action.run_order).or_default().push(action);
        }
    }
    let last = groups.keys().next_back().copied();
    for (order, group) in groups {
        let actions = group
            .into_iter()
            .map(|a| run_action(shared, execution, stage, a));
        let statuses = join_all(actions).await;
        if statuses.contains(&ActionStatus::Failed) {
            return StageStatus::Failed;
        }
        let stopping = shared
            .with(|state| state.executions[execution].record.status == ExecutionStatus::Stopping);
        if stopping && Some(order) != last {
            return StageStatus::Stopped;
        }
    }
    StageStatus::Succeeded
}

async fn run_action(
    shared: &Arc<Shared>,
    execution: usize,
    stage: &Stage,
    action: &Action,
) -> ActionStatus {
    let (place, unresolved) = shared.with(|state| begin_action(state, execution, stage, action));
    let end = match (&action.work, unresolved) {
        (_, Some(reference)) => End::failure(
            "ConfigurationError",
            format!("The variable reference {reference} could not be resolved"),
        ),
        (Work::Source { artifact }, None) => fetch_source(shared, place, artifact),
        (Work::Deploy { takes }, None) => {
            tokio::time::sleep(as_std(*takes)).await;
            shared.with(|state| {
                let (stage, action) = state.names(place);
                state.tell(execution, || What::DeploymentEnded { stage, action });
            });
            End::success()
        }
        (Work::Lambda { .. }, None) => lambda::run(shared, place).await,
        (Work::Custom { .. }, None) => custom::run(shared, place).await,
    };
    shared.with(|state| {
        state.end_action(place, end);
        state.action(place).status
    })
}

/// Records the beginning of an action; also the reference to a variable that
/// does not exist, if there is one.
fn begin_action(
    state: &mut State,
    execution: usize,
    stage: &Stage,
    action: &Action,
) -> (Place, Option<String>) {
    let now = state.clock.now();
    let id = state.random.uuid();
    let outputs: Vec<Artifact> = action
        .output_artifacts
        .iter()
        .map(|name| new_artifact(state, execution, name))
        .collect();
    let action_type = action.work.action_type();
    let secrets = state.catalogue.secrets(&action_type);
    let running = &mut state.executions[execution];
    let configuration = action.work.configuration();
    let mut resolved_configuration = BTreeMap::new();
    let mut unresolved = None;
    for (key, value) in &configuration {
        match variables::resolve(value, |namespace, key| variable(running, namespace, key)) {
            Ok(value) => drop(resolved_configuration.insert(key.clone(), value)),
            Err(reference) => unresolved = Some(reference),
        }
    }
    let stage_at = running
        .record
        .stages
        .iter()
        .position(|run| run.name == stage.name);
    let stage_at = stage_at.expect("a stage's actions run after it was entered");
    let inputs = action.input_artifacts.iter();
    let input_artifacts = inputs
        .filter_map(|name| running.artifacts.get(name).cloned())
        .collect();
    let actions = &mut running.record.stages[stage_at].actions;
    let place = Place {
        execution,
        stage: stage_at,
        action: actions.len(),
    };
    actions.push(ActionRun {
        id,
        name: action.name.clone(),
        action_type,
        status: ActionStatus::InProgress,
        began: now,
        updated: now,
        ended: None,
        configuration,
        resolved_configuration,
        secrets,
        namespace: action.namespace.clone(),
        input_artifacts,
        output_artifacts: outputs,
        jobs: Vec::new(),
        invocations: Vec::new(),
        summary: None,
        percent_complete: None,
        external_execution_id: None,
        failure: None,
        output_variables: BTreeMap::new(),
    });
    running.places.push(place);
    let latest_runs = &mut state.stage_state(execution, &stage.name).latest_runs;
    latest_runs.insert(action.name.clone(), place);
    let name = &state.executions[execution].record.pipeline;
    if let Some(pipeline) = state.pipelines.get_mut(name) {
        pipeline.places.push(place);
    }
    state.tell(execution, || What::ActionStarted {
        stage: stage.name.clone(),
        action: action.name.clone(),
    });
    (place, unresolved)
}

/// What `#{namespace.key}` stands for in this execution.
fn variable(running: &Running, namespace: &str, key: &str) -> Option<String> {
    match (namespace, key) {
        ("codepipeline", "PipelineExecutionId") => Some(running.record.id.clone()),
        ("codepipeline", _) => None,
        ("variables", _) => running.record.variables.get(key).cloned(),
        _ => running.namespaces.get(namespace)?.get(key).cloned(),
    }
}

/// A place in the artifact bucket, named as CodePipeline names it.
fn new_artifact(state: &mut State, execution: usize, name: &str) -> Artifact {
    let unique = state.random.letters(7);
    let definition = &state.executions[execution].definition;
    let pipeline: String = definition.name.chars().take(20).collect();
    let short: String = name.chars().take(10).collect();
    Artifact {
        name: name.to_owned(),
        revision: None,
        bucket: definition.artifact_bucket.clone(),
        key: format!("{pipeline}/{short}/{unique}"),
    }
}

fn fetch_source(shared: &Shared, place: Place, bytes: &[u8]) -> End {
    let revision = shared.with(|state| {
        let revision = revision_of(bytes);
        let created = state.clock.now();
        let run = state.action_mut(place);
        let action = run.name.clone();
        let artifact = &mut run.output_artifacts[0];
        artifact.revision = Some(revision.clone());
        let (name, bucket, key) = (
            artifact.name.clone(),
            artifact.bucket.clone(),
            artifact.key.clone(),
        );
        let record = &mut state.executions[place.execution].record;
        record.source_revisions.push(SourceRevision {
            action,
            artifact: name,
            revision,
            created,
        });
        (bucket, key)
    });
    let (bucket, key) = revision;
    shared.s3.put(&bucket, &key, bytes.to_vec());
    End {
        failure: None,
        output_variables: BTreeMap::from([
            ("BucketName".to_owned(), bucket),
            ("ObjectKey".to_owned(), key),
        ]),
    }
}

/// 40 hexadecimal digits that follow from the bytes, in the look of a commit.
fn revision_of(bytes: &[u8]) -> String {
    let mut hash: u64 = 0xCBF2_9CE4_8422_2325;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
    }
    let mut random = crate::random::Random::from_seed(hash);
    let (high, middle, low) = (random.bits(), random.bits(), random.bits());
    format!("{high:016x}{middle:016x}{:08x}", low >> 32)
}

/// tokio's kind of duration; nothing for a negative one.
pub(super) fn as_std(duration: SignedDuration) -> std::time::Duration {
    duration.try_into().unwrap_or_default()
}
