//! How stages, actions and executions change their status: each change is
//! written down, told, and wakes whoever waited for it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::definition::{Mode, Stage};
use super::happening::What;
use super::record::{ActionStatus, ExecutionStatus, JobState, StageRun, StageStatus};
use super::state::{End, Place, State};

impl State {
    /// Tries to let an execution into a stage; says whether it is in.
    pub(super) fn try_enter(&mut self, execution: usize, stage: &Stage) -> bool {
        let mode = self.executions[execution].record.mode;
        let lock = self.stage_state(execution, &stage.name);
        if mode != Mode::Parallel {
            let mine = lock.waiting.front().is_none_or(|first| *first == execution);
            if lock.running.is_some() || !mine {
                return false;
            }
            lock.waiting.pop_front();
            lock.running = Some(execution);
        }
        lock.latest = Some(execution);
        self.begin_stage(execution, &stage.name);
        true
    }

    /// Joins those who wait for a stage; in SUPERSEDED mode they are done for.
    pub(super) fn wait_for_stage(&mut self, execution: usize, stage: &str) {
        let supersedes = self.executions[execution].record.mode == Mode::Superseded;
        let lock = self.stage_state(execution, stage);
        let overtaken = if supersedes {
            std::mem::take(&mut lock.waiting)
        } else {
            VecDeque::new()
        };
        lock.waiting.push_back(execution);
        for other in overtaken {
            self.end_execution(other, ExecutionStatus::Superseded);
        }
    }

    fn begin_stage(&mut self, execution: usize, stage: &str) {
        let now = self.clock.now();
        let stages = &mut self.executions[execution].record.stages;
        if let Some(again) = stages.iter_mut().find(|run| run.name == stage) {
            again.status = StageStatus::InProgress;
            again.ended = None;
        } else {
            stages.push(StageRun {
                name: stage.to_owned(),
                status: StageStatus::InProgress,
                began: now,
                ended: None,
                actions: Vec::new(),
            });
        }
        self.tell(execution, || What::StageStarted {
            stage: stage.to_owned(),
        });
    }

    /// Ends a stage that is in progress and lets the next execution in.
    pub(super) fn end_stage(&mut self, execution: usize, stage: &str, status: StageStatus) {
        let now = self.clock.now();
        let stages = &mut self.executions[execution].record.stages;
        let run = stages.iter_mut().find(|run| run.name == stage);
        let Some(run) = run.filter(|run| run.status == StageStatus::InProgress) else {
            return;
        };
        run.status = status;
        run.ended = Some(now);
        self.tell(execution, || What::StageEnded {
            stage: stage.to_owned(),
            status,
        });
        let lock = self.stage_state(execution, stage);
        if lock.running == Some(execution) {
            lock.running = None;
        }
        if let Some(next) = lock.waiting.front().copied() {
            self.executions[next].turn.notify_one();
        }
    }

    /// Ends an action, unless it was abandoned meanwhile.
    pub(super) fn end_action(&mut self, place: Place, end: End) {
        let now = self.clock.now();
        let run = self.action_mut(place);
        if run.status != ActionStatus::InProgress {
            return;
        }
        run.status = match end.failure {
            None => ActionStatus::Succeeded,
            Some(_) => ActionStatus::Failed,
        };
        run.failure = end.failure;
        run.output_variables = end.output_variables;
        (run.updated, run.ended) = (now, Some(now));
        if run.status == ActionStatus::Succeeded {
            let variables = run
                .namespace
                .clone()
                .map(|n| (n, run.output_variables.clone()));
            let artifacts = run.output_artifacts.clone();
            let running = &mut self.executions[place.execution];
            running.namespaces.extend(variables);
            for artifact in artifacts {
                running.artifacts.insert(artifact.name.clone(), artifact);
            }
        }
        self.tell_action_ended(place);
    }

    fn tell_action_ended(&mut self, place: Place) {
        let status = self.action(place).status;
        let (stage, action) = self.names(place);
        self.tell(place.execution, || What::ActionEnded {
            stage,
            action,
            status,
        });
    }

    /// Ends an execution wherever it is: actions in flight are abandoned,
    /// their jobs take no more answers, waiting for a stage is given up.
    pub(super) fn end_execution(&mut self, execution: usize, status: ExecutionStatus) {
        if self.executions[execution].record.status.is_over() {
            return;
        }
        let now = self.clock.now();
        for place in self.executions[execution].places.clone() {
            let run = self.action_mut(place);
            if run.status == ActionStatus::InProgress {
                run.status = ActionStatus::Abandoned;
                (run.updated, run.ended) = (now, Some(now));
                for job in run
                    .jobs
                    .iter_mut()
                    .filter(|job| job.state == JobState::Open)
                {
                    job.state = JobState::Abandoned;
                }
                self.tell_action_ended(place);
            }
        }
        let stage_status = match status {
            ExecutionStatus::Cancelled => StageStatus::Cancelled,
            _ => StageStatus::Stopped,
        };
        let definition = Arc::clone(&self.executions[execution].definition);
        for stage in &definition.stages {
            let lock = self.stage_state(execution, &stage.name);
            lock.waiting.retain(|waiting| *waiting != execution);
            self.end_stage(execution, &stage.name, stage_status);
        }
        let running = &mut self.executions[execution];
        running.record.status = status;
        (running.record.updated, running.record.ended) = (now, Some(now));
        running.dropped.send_replace(true);
        running.ended.send_replace(true);
        running.turn.notify_one();
        self.tell(execution, || What::ExecutionEnded { status });
    }
}
