//! What CodePipeline knows: pipelines, executions, actions and jobs.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use super::{Interval, Pipeline};

/// An execution, with all it did.
#[derive(Debug, Clone)]
pub struct Execution {
    /// Its id.
    pub id: String,
    /// Its pipeline.
    pub pipeline: String,
    /// `InProgress`, `Stopping`, `Stopped`, `Superseded`, `Succeeded`, `Failed`.
    pub status: String,
    /// When it began.
    pub began: Timestamp,
    /// When it ended, if it did.
    pub ended: Option<Timestamp>,
    /// The stages that it entered, in order.
    pub stages: Vec<StageRun>,
}

/// A stage of an execution.
#[derive(Debug, Clone)]
pub struct StageRun {
    /// Its name.
    pub name: String,
    /// `InProgress`, `Succeeded`, `Failed`, `Stopped`.
    pub status: String,
    /// Its actions that began, in order.
    pub actions: Vec<ActionRun>,
}

/// An action of an execution.
#[derive(Debug, Clone)]
pub struct ActionRun {
    /// The action execution's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `InProgress`, `Succeeded`, `Failed`, `Abandoned`.
    pub status: String,
    /// When it began.
    pub began: Timestamp,
    /// When it ended, if it did.
    pub ended: Option<Timestamp>,
    /// What it last showed.
    pub summary: Option<String>,
    /// What it last showed of 100.
    pub percent: Option<i64>,
    /// What it points to outside.
    pub external_id: Option<String>,
    /// Type and message of its failure.
    pub failure: Option<(String, String)>,
    /// What it gave to later actions.
    pub output_variables: BTreeMap<String, String>,
    /// Its jobs, in order.
    pub jobs: Vec<JobRecord>,
}

/// A job of a Lambda action.
#[derive(Debug, Clone)]
pub struct JobRecord {
    /// Its id.
    pub id: String,
    /// When it came up.
    pub created: Timestamp,
    /// The token that it brought.
    pub token: Option<String>,
    /// What it was answered with, if it was.
    pub answer: Option<Answer>,
    /// Answers that were refused because it had one, or was over.
    pub refused_answers: u32,
    /// Whether it still takes an answer.
    pub open: bool,
}

/// An answer to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It goes on with this token.
    Continue(String),
    /// It ended well.
    Success,
    /// It failed: type and message.
    Failure(String, String),
}

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// In which execution.
    pub execution: String,
    /// What.
    pub kind: HappeningKind,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum HappeningKind {
    /// The execution began.
    ExecutionStarted,
    /// It entered a stage.
    StageStarted {
        /// The stage.
        stage: String,
    },
    /// An action began.
    ActionStarted {
        /// The stage.
        stage: String,
        /// The action.
        action: String,
    },
    /// A deployment ended.
    DeploymentEnded {
        /// The stage.
        stage: String,
    },
    /// A job went on.
    JobContinued {
        /// The stage.
        stage: String,
        /// The action.
        action: String,
        /// What it shows.
        summary: Option<String>,
        /// What it shows of 100.
        percent: Option<i64>,
    },
    /// A function ended with an error, or was killed.
    FunctionFailed {
        /// Its name.
        function: String,
        /// The error.
        error: String,
        /// Which attempt.
        attempt: u32,
    },
    /// An event was lost.
    EventLost {
        /// The function that it was for.
        function: String,
    },
    /// An action ended.
    ActionEnded {
        /// The stage.
        stage: String,
        /// The action.
        action: String,
        /// `Succeeded`, `Failed`, `Abandoned`.
        status: String,
        /// What it shows, or why it failed.
        text: Option<String>,
    },
    /// A stage ended.
    StageEnded {
        /// The stage.
        stage: String,
        /// How.
        status: String,
    },
    /// The execution ended.
    ExecutionEnded {
        /// How.
        status: String,
    },
}

/// A pipeline and who is in it.
pub(super) struct PipelineState {
    pub(super) definition: Pipeline,
    /// Who runs in each stage, and who waits for it.
    pub(super) running: HashMap<String, String>,
    pub(super) waiting: HashMap<String, Vec<String>>,
    /// The latest execution of each stage.
    pub(super) latest: HashMap<String, String>,
}

impl PipelineState {
    pub(super) fn new(definition: Pipeline) -> PipelineState {
        PipelineState {
            definition,
            running: HashMap::new(),
            waiting: HashMap::new(),
            latest: HashMap::new(),
        }
    }
}

/// Where a job belongs.
#[derive(Debug, Clone)]
pub(super) struct JobPlace {
    pub(super) execution: String,
    pub(super) stage: usize,
    pub(super) action: usize,
    pub(super) job: usize,
}

/// All that is known.
pub(super) struct State {
    pub(super) pipelines: BTreeMap<String, PipelineState>,
    pub(super) executions: HashMap<String, Execution>,
    /// Ids of executions, in the order in which they began.
    pub(super) order: Vec<String>,
    pub(super) jobs: HashMap<String, JobPlace>,
    /// Who waits for the answer of an open job.
    pub(super) open: HashMap<String, oneshot::Sender<Answer>>,
    pub(super) invocations: u32,
    random: u64,
}

impl State {
    pub(super) fn new(seed: u64) -> State {
        State {
            pipelines: BTreeMap::new(),
            executions: HashMap::new(),
            order: Vec::new(),
            jobs: HashMap::new(),
            open: HashMap::new(),
            invocations: 0,
            random: seed,
        }
    }

    /// The next number of a SplitMix64 sequence (Steele, Lea, Flood 2014).
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A new id: a UUID in lower case.
    pub(super) fn id(&mut self) -> String {
        let (high, low) = (self.random(), self.random());
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            (low >> 48) & 0xfff,
            low & 0xffff_ffff_ffff
        )
    }

    /// A length between two others, drawn on a logarithmic scale.
    pub(super) fn draw(&mut self, interval: Interval) -> SignedDuration {
        let Interval { from, to } = interval;
        if from >= to {
            return from;
        }
        #[expect(clippy::cast_precision_loss, reason = "53 bits are plenty for a draw")]
        let share = (self.random() >> 11) as f64 / (1_u64 << 53) as f64;
        let (low, high) = (from.as_secs_f64().max(0.001).ln(), to.as_secs_f64().ln());
        SignedDuration::try_from_secs_f64((low + share * (high - low)).exp())
            .unwrap_or(to)
            .clamp(from, to)
    }

    pub(super) fn action_mut(&mut self, place: &JobPlace) -> Option<&mut ActionRun> {
        self.executions
            .get_mut(&place.execution)?
            .stages
            .get_mut(place.stage)?
            .actions
            .get_mut(place.action)
    }

    pub(super) fn job_mut(&mut self, place: &JobPlace) -> Option<&mut JobRecord> {
        let job = place.job;
        self.action_mut(place)?.jobs.get_mut(job)
    }

    /// Ends a job that had no answer.
    pub(super) fn close(&mut self, job: &str) {
        self.open.remove(job);
        if let Some(place) = self.jobs.get(job).cloned()
            && let Some(record) = self.job_mut(&place)
        {
            record.open = false;
        }
    }
}
