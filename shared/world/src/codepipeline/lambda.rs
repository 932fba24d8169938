//! A Lambda action: job after job, until one is answered for good or the
//! time is over.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::engine::as_std;
use super::event::{self, Context};
use super::invoke::{self, Delivery};
use super::jobs::{Made, after, ended_by, open, wait_for_answer};
use super::record::Answer;
use super::settings::SilenceFrom;
use super::state::{End, Place, Sent, Shared};

/// Runs the action at `place` to its end.
pub(super) async fn run(shared: &Arc<Shared>, place: Place) -> End {
    let settings = &shared.settings;
    let began = shared.clock.now();
    let over = after(began, settings.action_limit);
    let mut last_reply = began;
    let mut token = None;
    loop {
        let (job, reply) = create_job(shared, place, token.take());
        if settings.silence_from == SilenceFrom::JobCreation {
            last_reply = shared.clock.now();
        }
        let until = over.min(after(last_reply, settings.silence_limit));
        let Some(answer) = wait_for_answer(shared, place, &job, reply, until).await else {
            return timed_out(shared, place, until == over);
        };
        match ended_by(answer) {
            Ok(end) => return end,
            Err(next) => token = Some(next),
        }
        last_reply = shared.clock.now();
        let pause = shared.with(|state| settings.look_every.draw(&mut state.random));
        let resumes = after(last_reply, pause);
        let until = over.min(after(last_reply, settings.silence_limit));
        // No job in the meantime, so nobody could answer before the limits.
        if resumes >= until {
            shared.clock.sleep_until(until).await;
            return timed_out(shared, place, until == over);
        }
        tokio::time::sleep(as_std(pause)).await;
    }
}

/// Makes a job, sends its event, and gives the end at which its answer arrives.
fn create_job(
    shared: &Arc<Shared>,
    place: Place,
    token: Option<String>,
) -> (String, oneshot::Receiver<Answer>) {
    let (answer, number, delivery) = shared.with(|state| {
        let created = state.clock.now();
        let id = state.random.uuid();
        let request_id = state.random.uuid();
        let credentials = event::Credentials::draw(&mut state.random, created);
        let running = &state.executions[place.execution];
        let bucket = &running.definition.artifact_bucket;
        shared
            .s3
            .grant(&credentials.access_key_id, bucket, credentials.expires);
        let context = Context {
            account: &shared.account,
            job: &id,
            token: token.as_deref(),
            credentials: &credentials,
        };
        let event = Arc::new(event::job_event(&context, state.action(place)));
        let configuration = &state.action(place).resolved_configuration;
        let function = configuration.get("FunctionName").cloned();
        let made = Made {
            id: id.clone(),
            token,
            sent: Sent::Event(Arc::clone(&event)),
            is_told: true,
        };
        let (answer, number) = open(state, place, made);
        let delivery = Delivery {
            place,
            job: id,
            function: function.unwrap_or_default(),
            event,
            request_id,
        };
        (answer, number, delivery)
    });
    let job = delivery.job.clone();
    let number = number.expect("a Lambda action's job has an event");
    invoke::send(shared, number, delivery);
    (job, answer)
}

fn timed_out(shared: &Shared, place: Place, action_limit: bool) -> End {
    let function = shared.with(|state| {
        state.faults.actions_timed_out += 1;
        let configuration = &state.action(place).resolved_configuration;
        configuration
            .get("FunctionName")
            .cloned()
            .unwrap_or_default()
    });
    let message = if action_limit {
        format!(
            "The action that invokes the AWS Lambda function {function} exceeded its time limit"
        )
    } else {
        format!(
            "The AWS Lambda function {function} failed to return a result. Check the function \
             to verify that it has permission to call the PutJobSuccessResult action and that \
             it made a call to PutJobSuccessResult."
        )
    };
    End::failure("JobFailed", message)
}
