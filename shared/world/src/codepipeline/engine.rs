//! Running releases: stages one after another, actions of one run order side
//! by side, functions invoked until their jobs end.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use super::event::artifact_key;
use super::model::{ActionRun, Answer, Execution, HappeningKind, JobPlace, JobRecord, StageRun};
use super::{Action, CodePipeline, Pipeline, Work};
use crate::wire::ApiError;

pub(super) fn wait(length: SignedDuration) -> Duration {
    length.try_into().unwrap_or_default()
}

impl CodePipeline {
    /// Starts a release, and gives its id.
    pub fn start(&self, pipeline: &str) -> Result<String, ApiError> {
        let (id, definition) = {
            let mut state = self.state();
            let Some(definition) = state.pipelines.get(pipeline).map(|p| p.definition.clone())
            else {
                return Err(super::api::no_pipeline(pipeline));
            };
            let id = state.id();
            state.order.push(id.clone());
            state.executions.insert(
                id.clone(),
                Execution {
                    id: id.clone(),
                    pipeline: pipeline.to_owned(),
                    status: "InProgress".to_owned(),
                    began: self.0.clock.now(),
                    ended: None,
                    stages: Vec::new(),
                },
            );
            (id, definition)
        };
        self.tell(&id, HappeningKind::ExecutionStarted);
        let (own, execution) = (self.clone(), id.clone());
        tokio::spawn(async move { own.run(&definition, &execution).await });
        Ok(id)
    }

    /// Waits for the end of a release, and gives all it did.
    pub async fn finished(&self, execution: &str) -> Option<Execution> {
        loop {
            let changed = self.0.changed.notified();
            match self.state().executions.get(execution) {
                None => return None,
                Some(run) if run.ended.is_some() => return Some(run.clone()),
                Some(_) => {}
            }
            changed.await;
        }
    }

    /// What a release did so far.
    pub fn execution(&self, id: &str) -> Option<Execution> {
        self.state().executions.get(id).cloned()
    }

    async fn run(&self, pipeline: &Pipeline, execution: &str) {
        for stage in &pipeline.stages {
            if !self.enter(pipeline, &stage.name, execution).await {
                return;
            }
            let index = self.begin_stage(&stage.name, execution);
            let mut status = "Succeeded";
            let mut orders: Vec<u32> = stage
                .actions
                .iter()
                .map(|action| action.run_order)
                .collect();
            orders.sort_unstable();
            orders.dedup();
            for order in orders {
                let side_by_side = stage
                    .actions
                    .iter()
                    .filter(|action| action.run_order == order);
                let runs = side_by_side
                    .map(|action| self.act(pipeline, &stage.name, index, action, execution));
                if join_all(runs).await.contains(&false) {
                    status = "Failed";
                    break;
                }
                if self.status(execution) != "InProgress" {
                    break;
                }
            }
            match self.status(execution).as_str() {
                "InProgress" => {}
                // `Stopping` waits for what runs; then nothing more begins.
                "Stopping" => status = "Stopped",
                // Stopped by abandoning: everything was ended there.
                _ => return,
            }
            self.end_stage(pipeline, &stage.name, index, execution, status);
            if status != "Succeeded" {
                self.end(execution, status);
                return;
            }
        }
        self.end(execution, "Succeeded");
    }

    pub(super) fn status(&self, execution: &str) -> String {
        self.state()
            .executions
            .get(execution)
            .map(|run| run.status.clone())
            .unwrap_or_default()
    }

    fn begin_stage(&self, stage: &str, execution: &str) -> usize {
        let index = {
            let mut state = self.state();
            let run = state
                .executions
                .get_mut(execution)
                .expect("a running release is known");
            run.stages.push(StageRun {
                name: stage.to_owned(),
                status: "InProgress".to_owned(),
                actions: Vec::new(),
            });
            run.stages.len() - 1
        };
        self.tell(
            execution,
            HappeningKind::StageStarted {
                stage: stage.to_owned(),
            },
        );
        index
    }

    fn end_stage(
        &self,
        pipeline: &Pipeline,
        stage: &str,
        index: usize,
        execution: &str,
        status: &str,
    ) {
        {
            let mut state = self.state();
            if let Some(run) = state.executions.get_mut(execution) {
                run.stages[index].status = status.to_owned();
            }
            if let Some(own) = state.pipelines.get_mut(&pipeline.name) {
                own.running
                    .retain(|name, id| name != stage || id != execution);
            }
        }
        self.0.changed.notify_waiters();
        self.tell(
            execution,
            HappeningKind::StageEnded {
                stage: stage.to_owned(),
                status: status.to_owned(),
            },
        );
    }

    pub(super) fn end(&self, execution: &str, status: &str) {
        {
            let mut state = self.state();
            if let Some(run) = state.executions.get_mut(execution) {
                run.status = status.to_owned();
                run.ended = Some(self.0.clock.now());
            }
        }
        self.0.changed.notify_waiters();
        self.tell(
            execution,
            HappeningKind::ExecutionEnded {
                status: status.to_owned(),
            },
        );
    }

    /// Runs one action. `true`: it succeeded.
    async fn act(
        &self,
        pipeline: &Pipeline,
        stage: &str,
        stage_index: usize,
        action: &Action,
        execution: &str,
    ) -> bool {
        let began = self.0.clock.now();
        let place = {
            let mut state = self.state();
            let id = state.id();
            let run = state
                .executions
                .get_mut(execution)
                .expect("a running release is known");
            let actions = &mut run.stages[stage_index].actions;
            actions.push(ActionRun {
                id,
                name: action.name.clone(),
                status: "InProgress".to_owned(),
                began,
                ended: None,
                summary: None,
                percent: None,
                external_id: None,
                failure: None,
                output_variables: Default::default(),
                jobs: Vec::new(),
            });
            JobPlace {
                execution: execution.to_owned(),
                stage: stage_index,
                action: actions.len() - 1,
                job: 0,
            }
        };
        let (stage, name) = (stage.to_owned(), action.name.clone());
        self.tell(
            execution,
            HappeningKind::ActionStarted {
                stage: stage.clone(),
                action: name.clone(),
            },
        );
        let answer = match &action.work {
            Work::Source { artifact, content } => {
                let key = artifact_key(&pipeline.name, execution, artifact);
                self.0
                    .s3
                    .put(&pipeline.artifact_bucket, &key, content.clone());
                Some(Answer::Success)
            }
            Work::Deploy { takes } => {
                tokio::select! {
                    biased;
                    () = tokio::time::sleep(wait(*takes)) => {
                        let stage = stage.clone();
                        self.tell(execution, HappeningKind::DeploymentEnded { stage });
                        Some(Answer::Success)
                    }
                    () = self.abandoned(execution) => None,
                }
            }
            Work::Lambda { function, .. } => {
                self.invoke(pipeline, action, function, &place, began).await
            }
        };
        let mut state = self.state();
        let own = state.action_mut(&place).expect("a running action is known");
        own.ended = Some(self.0.clock.now());
        let (status, text) = match answer {
            Some(Answer::Success | Answer::Continue(_)) => ("Succeeded", own.summary.clone()),
            Some(Answer::Failure(kind, message)) => {
                own.failure = Some((kind, message.clone()));
                ("Failed", Some(message))
            }
            None => ("Abandoned", None),
        };
        own.status = status.to_owned();
        drop(state);
        let ended = HappeningKind::ActionEnded {
            stage,
            action: name,
            status: status.to_owned(),
            text,
        };
        self.tell(execution, ended);
        status == "Succeeded"
    }

    /// Invokes a function until its jobs end. `None`: abandoned.
    async fn invoke(
        &self,
        pipeline: &Pipeline,
        action: &Action,
        function: &str,
        place: &JobPlace,
        began: Timestamp,
    ) -> Option<Answer> {
        let settings = &self.0.settings;
        let mut token: Option<String> = None;
        let mut heard = began;
        loop {
            let (job, answer) = self.open_job(place, token.as_deref());
            let event = self.event(pipeline, action, &place.execution, &job, token.as_deref());
            self.deliver(function, event, &place.execution);
            let silent = heard + settings.silence_limit;
            let too_old = began + settings.action_limit;
            let ends = silent.min(too_old);
            let answer = tokio::select! {
                biased;
                answer = answer => answer.ok(),
                () = self.0.clock.sleep_until(ends) => {
                    self.state().close(&job);
                    return Some(timed_out(function, too_old <= silent));
                }
                () = self.abandoned(&place.execution) => { self.state().close(&job); None }
            };
            let Some(Answer::Continue(next)) = answer else {
                return answer;
            };
            heard = self.0.clock.now();
            token = Some(next);
            let pause = self.state().draw(settings.look_every);
            tokio::select! {
                biased;
                () = self.0.clock.sleep_until((heard + pause).min(too_old)) => {}
                () = self.abandoned(&place.execution) => return None,
            }
            if self.0.clock.now() >= too_old {
                return Some(timed_out(function, true));
            }
        }
    }

    async fn abandoned(&self, execution: &str) {
        loop {
            let changed = self.0.changed.notified();
            if matches!(self.status(execution).as_str(), "Stopped" | "Superseded") {
                return;
            }
            changed.await;
        }
    }

    fn open_job(
        &self,
        place: &JobPlace,
        token: Option<&str>,
    ) -> (String, oneshot::Receiver<Answer>) {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.state();
        let id = state.id();
        let created = self.0.clock.now();
        let jobs = &mut state
            .action_mut(place)
            .expect("a running action is known")
            .jobs;
        jobs.push(JobRecord {
            id: id.clone(),
            created,
            token: token.map(str::to_owned),
            answer: None,
            refused_answers: 0,
            open: true,
        });
        let place = JobPlace {
            job: jobs.len() - 1,
            ..place.clone()
        };
        state.jobs.insert(id.clone(), place);
        state.open.insert(id.clone(), sender);
        (id, receiver)
    }
}

fn timed_out(function: &str, too_old: bool) -> Answer {
    let message = if too_old {
        format!(
            "The AWS Lambda function {function} did not complete within the action's time limit."
        )
    } else {
        format!(
            "The AWS Lambda function {function} failed to return a result. Check the function to verify that it has \
             permission to call the PutJobSuccessResult action and that it made a call to PutJobSuccessResult."
        )
    };
    Answer::Failure("JobFailed".to_owned(), message)
}
