//! `PollForJobs` and `AcknowledgeJob`: who gets a job, and who keeps it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::run::Dispatch;
use super::types::{ActionType, check_id, is_word};
use crate::codepipeline::ActionTypeId;
use crate::codepipeline::answers::not_found;
use crate::codepipeline::event;
use crate::codepipeline::happening::What;
use crate::codepipeline::limits::Checks;
use crate::codepipeline::record::{Answer, JobState};
use crate::codepipeline::settings::{AcknowledgedAgain, DispatchOrder, Settings};
use crate::codepipeline::state::{Job, Sent, Shared, State};
use crate::wire::ApiError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::codepipeline) struct PollInput {
    action_type_id: Option<TypeInput>,
    max_batch_size: Option<i64>,
    #[serde(default)]
    query_param: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
struct TypeInput {
    category: Option<String>,
    owner: Option<String>,
    provider: Option<String>,
    version: Option<String>,
}

impl PollInput {
    /// The type whose jobs are asked for, if the request is in order.
    fn checked(&self, settings: &Settings) -> Result<ActionTypeId, ApiError> {
        let mut checks = Checks::counting(settings.lengths);
        let none = TypeInput::default();
        let id = self.action_type_id.as_ref().unwrap_or(&none);
        let parts = [&id.category, &id.provider, &id.version].map(|part| part.as_deref());
        check_id(&mut checks, "actionTypeId.", parts);
        let owner = checks.required("actionTypeId.owner", id.owner.as_deref());
        checks.one_of(
            "actionTypeId.owner",
            owner,
            &["AWS", "ThirdParty", "Custom"],
        );
        checks.range("maxBatchSize", self.max_batch_size, 1, i64::MAX);
        if self.query_param.len() > 1 {
            let constraint = "Member must have length less than or equal to 1";
            checks.refuse("queryParam", constraint);
        }
        for (name, value) in &self.query_param {
            checks.length("queryParam.key", Some(name), 50);
            checks.length("queryParam.value", Some(value), 50);
            if !is_word(value) {
                let constraint = "Map value must satisfy constraint: [a-zA-Z0-9_-]+";
                checks.refuse("queryParam", constraint);
            }
        }
        checks.finish()?;
        let [category, provider, version] = parts.map(Option::unwrap_or_default);
        Ok(ActionTypeId {
            owner: owner.to_owned(),
            ..ActionTypeId::custom(category, provider, version)
        })
    }

    /// A type with a queryable property is asked by it, and no other is.
    fn check_query(&self, own: &ActionType) -> Result<(), ApiError> {
        let asked = self.query_param.keys().next().map(String::as_str);
        if asked == own.queryable().map(|property| property.name.as_str()) {
            return Ok(());
        }
        let message =
            "queryParam has to name the queryable property of the action type, if it has one";
        Err(ApiError::client("ValidationException", message))
    }
}

/// `PollForJobs`.
pub(in crate::codepipeline) fn poll(
    shared: &Shared,
    state: &mut State,
    input: &PollInput,
) -> Result<Value, ApiError> {
    let id = input.checked(&shared.settings)?;
    let own = state.catalogue.known(&id).ok_or_else(|| {
        let message = format!("ActionType {id} is not there");
        ApiError::client("ActionTypeNotFoundException", message)
    })?;
    input.check_query(own)?;
    forget_what_is_over(state);
    let mut ready: Vec<String> = Vec::new();
    for job in &state.to_poll {
        if is_ready(state, &shared.settings, job, &id, &input.query_param) {
            ready.push(job.clone());
        }
    }
    order(state, shared.settings.dispatch_order, &mut ready);
    // How many there are by default is not documented: as few as possible.
    let most = usize::try_from(input.max_batch_size.unwrap_or(1)).unwrap_or(usize::MAX);
    ready.truncate(most);
    let jobs: Vec<Value> = ready.iter().map(|job| give(shared, state, job)).collect();
    Ok(json!({ "jobs": jobs }))
}

/// Jobs that take no more answers are given to nobody.
fn forget_what_is_over(state: &mut State) {
    let mut waiting = std::mem::take(&mut state.to_poll);
    waiting.retain(|id| {
        let job = &state.jobs[id];
        let is_open = state.action(job.place).jobs[job.index].state == JobState::Open;
        is_open && matches!(&job.sent, Sent::Polled(own) if !own.is_acknowledged)
    });
    state.to_poll = waiting;
}

/// Whether a worker who asks like this gets the job now.
fn is_ready(
    state: &State,
    settings: &Settings,
    id: &str,
    action_type: &ActionTypeId,
    query: &BTreeMap<String, String>,
) -> bool {
    let job = &state.jobs[id];
    let Sent::Polled(dispatch) = &job.sent else {
        return false;
    };
    let run = state.action(job.place);
    let now = state.clock.now();
    let is_past = |from: Timestamp, length| {
        let until = from.saturating_add(length).unwrap_or(Timestamp::MAX);
        now >= until
    };
    let is_seen = is_past(run.jobs[job.index].created, settings.job_seen_after);
    let is_free = match (dispatch.given, settings.dispatched_again_after) {
        (None, _) => true,
        (Some(given), Some(length)) => is_past(given, length),
        (Some(_), None) => false,
    };
    let fits =
        |(name, value): (&String, &String)| run.resolved_configuration.get(name) == Some(value);
    run.action_type == *action_type && is_seen && is_free && query.iter().all(fits)
}

fn order(state: &mut State, order: DispatchOrder, ready: &mut [String]) {
    match order {
        DispatchOrder::OldestFirst => {}
        DispatchOrder::NewestFirst => ready.reverse(),
        DispatchOrder::Drawn => {
            for end in (1..ready.len()).rev() {
                let other = state.random.below(end as u64 + 1);
                ready.swap(end, usize::try_from(other).unwrap_or(end));
            }
        }
    }
}

/// Gives a job out: from now on it belongs to who shows its nonce first.
fn give(shared: &Shared, state: &mut State, id: &str) -> Value {
    let now = state.clock.now();
    let drawn = state.random.bits().to_string();
    let keeps = shared.settings.nonce_stays;
    let dispatch = dispatch_mut(state, id).expect("only jobs that are polled are ready");
    if dispatch.nonce.is_empty() || !keeps {
        dispatch.nonce = drawn;
    }
    dispatch.given = Some(now);
    let nonce = dispatch.nonce.clone();
    let place = state.jobs[id].place;
    state.tell(place.execution, || What::Dispatched { job: id.to_owned() });
    let data = event::polled_data(shared, state, id);
    json!({ "id": id, "nonce": nonce, "accountId": shared.account, "data": data })
}

fn dispatch_mut<'a>(state: &'a mut State, id: &str) -> Option<&'a mut Dispatch> {
    match &mut state.jobs.get_mut(id)?.sent {
        Sent::Polled(dispatch) => Some(dispatch),
        Sent::Event(_) => None,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::codepipeline) struct AcknowledgeInput {
    job_id: Option<String>,
    nonce: Option<String>,
}

/// `AcknowledgeJob`.
pub(in crate::codepipeline) fn acknowledge(
    settings: &Settings,
    state: &mut State,
    input: &AcknowledgeInput,
) -> Result<Value, ApiError> {
    let mut checks = Checks::counting(settings.lengths);
    let id = checks.id("jobId", input.job_id.as_deref());
    let nonce = checks.required("nonce", input.nonce.as_deref());
    checks.length("nonce", input.nonce.as_deref(), 50);
    checks.finish()?;
    let again = settings.acknowledged_again;
    let dispatch = dispatch_mut(state, id).ok_or_else(|| not_found(id))?;
    let is_late = dispatch.is_acknowledged && again == AcknowledgedAgain::InvalidNonce;
    if dispatch.given.is_none() || dispatch.nonce != nonce || is_late {
        let message = format!("The nonce is not the one of job {id}, or was shown before");
        return Err(ApiError::client("InvalidNonceException", message));
    }
    let status = status(state, &state.jobs[id]);
    let is_first = dispatch_mut(state, id)
        .is_some_and(|own| !std::mem::replace(&mut own.is_acknowledged, status == "InProgress"));
    if is_first && status == "InProgress" {
        let place = state.jobs[id].place;
        state.tell(place.execution, || What::Acknowledged {
            job: id.to_owned(),
        });
    }
    Ok(json!({ "status": status }))
}

/// What a job has come to.
fn status(state: &State, job: &Job) -> &'static str {
    let record = &state.action(job.place).jobs[job.index];
    let taken = record.answers.iter().find(|sent| sent.refused.is_none());
    match (record.state, taken.map(|sent| &sent.answer)) {
        (JobState::Open, _) => "InProgress",
        (JobState::TimedOut, _) => "TimedOut",
        (JobState::Answered, Some(Answer::Continue { .. } | Answer::Success { .. })) => "Succeeded",
        _ => "Failed",
    }
}
