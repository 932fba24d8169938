//! What all jobs have in common: somebody waits for their answer, up to a
//! moment.

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use super::happening::What;
use super::record::{Answer, JobRecord, JobState};
use super::state::{End, Job, Place, Sent, Shared, State};

/// A job that is made, before anybody knows of it.
pub(super) struct Made {
    pub(super) id: String,
    pub(super) token: Option<String>,
    pub(super) sent: Sent,
    /// Whether an event goes with it.
    pub(super) is_told: bool,
}

/// Opens a job, and says so. Gives the end at which its answer arrives, and
/// the number of its event.
pub(super) fn open(
    state: &mut State,
    place: Place,
    made: Made,
) -> (oneshot::Receiver<Answer>, Option<u64>) {
    let (reply, answer) = oneshot::channel();
    let created = state.clock.now();
    let continues = made.token.is_some();
    let run = state.action_mut(place);
    let index = run.jobs.len();
    run.jobs.push(JobRecord {
        id: made.id.clone(),
        created,
        token_in: made.token,
        state: JobState::Open,
        answers: Vec::new(),
    });
    let job = Job {
        place,
        index,
        sent: made.sent,
        reply: Some(reply),
    };
    state.jobs.insert(made.id.clone(), job);
    let number = made.is_told.then(|| {
        state.events_sent += 1;
        state.events_sent
    });
    let (stage, action) = state.names(place);
    state.tell(place.execution, || What::JobCreated {
        stage,
        action,
        job: made.id,
        continues,
        number,
    });
    (answer, number)
}

/// The job's answer, or nothing if none came; then none is taken any more.
pub(super) async fn wait_for_answer(
    shared: &Shared,
    place: Place,
    job: &str,
    mut reply: oneshot::Receiver<Answer>,
    until: Timestamp,
) -> Option<Answer> {
    tokio::select! {
        biased;
        answer = &mut reply => return answer.ok(),
        () = shared.clock.sleep_until(until) => {}
    }
    shared.with(|state| {
        let job = state.jobs.get_mut(job)?;
        let index = job.index;
        if job.reply.take().is_some() {
            state.job_record_mut(place, index).state = JobState::TimedOut;
            return None;
        }
        // It was answered in the very moment in which its time was over.
        reply.try_recv().ok()
    })
}

/// How an answer ends its action, or the token with which it goes on.
pub(super) fn ended_by(answer: Answer) -> Result<End, String> {
    match answer {
        Answer::Success {
            output_variables, ..
        } => Ok(End {
            failure: None,
            output_variables,
        }),
        Answer::Failure { failure, .. } => Ok(End {
            failure: Some(failure),
            output_variables: Default::default(),
        }),
        Answer::Continue { token, .. } => Err(token),
    }
}

/// A moment so long after another.
pub(super) fn after(moment: Timestamp, duration: SignedDuration) -> Timestamp {
    moment.saturating_add(duration).unwrap_or(Timestamp::MAX)
}
