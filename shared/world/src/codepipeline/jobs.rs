//! What all jobs have in common: somebody waits for their answer, up to a
//! moment.

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use super::record::{Answer, JobState};
use super::state::{End, Place, Shared};

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
