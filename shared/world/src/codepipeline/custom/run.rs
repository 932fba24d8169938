//! An action of a custom type: job after job, each for whoever asks for work,
//! until one is answered for good or a day is over.
//!
//! There is no limit on silence, and the next job is there at once.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::codepipeline::jobs::{Made, after, ended_by, open, wait_for_answer};
use crate::codepipeline::record::Answer;
use crate::codepipeline::state::{End, Place, Sent, Shared, State};

/// How far a job was given out.
#[derive(Debug, Clone, Default)]
pub(in crate::codepipeline) struct Dispatch {
    /// When it was last given to a worker.
    pub(super) given: Option<Timestamp>,
    /// What the worker has to show that got it last.
    pub(super) nonce: String,
    /// A worker has shown it.
    pub(in crate::codepipeline) is_acknowledged: bool,
}

/// Runs the action at `place` to its end.
pub(in crate::codepipeline) async fn run(shared: &Arc<Shared>, place: Place) -> End {
    let over = after(shared.clock.now(), shared.settings.action_limit);
    let mut token = None;
    loop {
        let (job, reply) = shared.with(|state| create_job(state, place, token.take()));
        let Some(answer) = wait_for_answer(shared, place, &job, reply, over).await else {
            return timed_out(shared, place);
        };
        match ended_by(answer) {
            Ok(end) => return end,
            Err(next) => token = Some(next),
        }
    }
}

/// Makes a job that waits for a worker, and gives the end at which its answer
/// arrives. With the first one goes the event that the action has started.
fn create_job(
    state: &mut State,
    place: Place,
    token: Option<String>,
) -> (String, oneshot::Receiver<Answer>) {
    let id = state.random.uuid();
    let made = Made {
        id: id.clone(),
        is_told: token.is_none(),
        token,
        sent: Sent::Polled(Dispatch::default()),
    };
    let (answer, _) = open(state, place, made);
    state.to_poll.push(id.clone());
    (id, answer)
}

fn timed_out(shared: &Shared, place: Place) -> End {
    let action_type = shared.with(|state| {
        state.faults.actions_timed_out += 1;
        state.action(place).action_type.clone()
    });
    // The words are this world's.
    let message = format!("No worker gave a result for the ActionType {action_type} in time");
    End::failure("JobFailed", message)
}
