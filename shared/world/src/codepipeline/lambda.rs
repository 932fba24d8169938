//! Lambda behind CodePipeline: events that come once, twice or never, run
//! again where they failed, and told to a destination at last.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use serde_json::Value;

use super::engine::wait;
use super::event::failure_record;
use super::model::HappeningKind;
use super::{CodePipeline, Invocation};

impl CodePipeline {
    /// Hands an event to Lambda, which runs it when it likes, or loses it.
    pub(super) fn deliver(&self, function: &str, event: Value, execution: &str) {
        let (number, request_id) = {
            let mut state = self.state();
            state.invocations += 1;
            (state.invocations - 1, state.id())
        };
        let settings = &self.0.settings;
        if settings.lose_events.contains(&number) {
            self.tell(
                execution,
                HappeningKind::EventLost {
                    function: function.to_owned(),
                },
            );
            return;
        }
        if settings.duplicate_events.contains(&number) {
            let (own, function, event) = (self.clone(), function.to_owned(), event.clone());
            let (request_id, execution) = (request_id.clone(), execution.to_owned());
            tokio::spawn(async move {
                tokio::time::sleep(wait(own.0.settings.duplicate_after)).await;
                own.run_event(&function, event, &request_id, &execution)
                    .await;
            });
        }
        let (own, function, execution) = (self.clone(), function.to_owned(), execution.to_owned());
        tokio::spawn(async move {
            own.run_event(&function, event, &request_id, &execution)
                .await
        });
    }

    /// Runs an event, again where it failed, and at last tells the destination.
    async fn run_event(&self, function: &str, event: Value, request_id: &str, execution: &str) {
        let settings = &self.0.settings;
        let mut last = String::new();
        let attempts = settings.retry_waits.len() + 1;
        for attempt in 1..=attempts {
            match self
                .attempt(function, event.clone(), request_id, attempt)
                .await
            {
                Ok(()) => return,
                Err(error) => {
                    last = error.clone();
                    let attempt = u32::try_from(attempt).unwrap_or(u32::MAX);
                    let failed = HappeningKind::FunctionFailed {
                        function: function.to_owned(),
                        error,
                        attempt,
                    };
                    self.tell(execution, failed);
                }
            }
            if let Some(pause) = settings.retry_waits.get(attempt - 1) {
                tokio::time::sleep(wait(*pause)).await;
            }
        }
        if let Some(destination) = &settings.on_failure {
            let record = failure_record(
                &event,
                request_id,
                function,
                attempts,
                self.0.clock.now(),
                &last,
            );
            // What the destination does with it is its own affair.
            let _ = self.attempt(destination, record, request_id, 1).await;
        }
    }

    async fn attempt(
        &self,
        function: &str,
        event: Value,
        request_id: &str,
        attempt: usize,
    ) -> Result<(), String> {
        let timeout = self.0.settings.function_timeout;
        let invocation = Invocation {
            function: function.to_owned(),
            event,
            request_id: request_id.to_owned(),
            deadline: self.0.clock.now() + timeout,
            attempt: u32::try_from(attempt).unwrap_or(u32::MAX),
        };
        let run = AssertUnwindSafe((self.0.functions)(invocation)).catch_unwind();
        match tokio::time::timeout(wait(timeout), run).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(error))) => Err(error.to_string()),
            Ok(Err(_)) => Err("the function panicked".to_owned()),
            Err(_) => Err(format!(
                "Task timed out after {}.00 seconds",
                timeout.as_secs()
            )),
        }
    }
}
