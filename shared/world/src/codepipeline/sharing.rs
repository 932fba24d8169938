//! Who may enter a stage: one release at a time, the newest or the next.

use super::{CodePipeline, Mode, Pipeline};

impl CodePipeline {
    /// Waits until the stage is free. `false`: a newer release took the place.
    pub(super) async fn enter(&self, pipeline: &Pipeline, stage: &str, execution: &str) -> bool {
        if pipeline.mode != Mode::Parallel {
            loop {
                let changed = self.0.changed.notified();
                let status = self.status(execution);
                if status != "InProgress" {
                    self.leave(pipeline, stage, execution);
                    if status == "Stopping" {
                        self.end(execution, "Stopped");
                    }
                    return false;
                }
                let mut superseded = Vec::new();
                let entered = {
                    let mut guard = self.state();
                    let state = &mut *guard;
                    let Some(own) = state.pipelines.get_mut(&pipeline.name) else {
                        return false;
                    };
                    let waiting = own.waiting.entry(stage.to_owned()).or_default();
                    if !waiting.iter().any(|id| id == execution) {
                        waiting.push(execution.to_owned());
                        if pipeline.mode == Mode::Superseded && own.running.contains_key(stage) {
                            superseded = waiting.drain(..waiting.len() - 1).collect();
                        }
                    }
                    let enters = !own.running.contains_key(stage)
                        && waiting.first().is_some_and(|id| id == execution);
                    if enters {
                        waiting.remove(0);
                        own.running.insert(stage.to_owned(), execution.to_owned());
                    }
                    enters
                };
                for older in superseded {
                    self.end(&older, "Superseded");
                }
                if entered {
                    break;
                }
                changed.await;
            }
        }
        let mut state = self.state();
        if let Some(own) = state.pipelines.get_mut(&pipeline.name) {
            own.latest.insert(stage.to_owned(), execution.to_owned());
        }
        true
    }

    /// Waits for a stage no longer.
    fn leave(&self, pipeline: &Pipeline, stage: &str, execution: &str) {
        if let Some(own) = self.state().pipelines.get_mut(&pipeline.name)
            && let Some(waiting) = own.waiting.get_mut(stage)
        {
            waiting.retain(|id| id != execution);
        }
        self.0.changed.notify_waiters();
    }
}
