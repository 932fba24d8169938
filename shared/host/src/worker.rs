//! The worker of custom actions: takes jobs, has the gates' own functions look
//! at them, and gives the answers.
//!
//! It runs when an action starts and every minute, perhaps several times at
//! once. A job is taken by a lease, an entry in a table that one worker writes,
//! and then acknowledged. One that is not due yet waits with its lease, and is
//! found again by a later run, as is one whose worker died. The worker judges
//! nothing: it does not know what a gate is.

mod ask;
mod lease;
mod poll;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use sluice_aws::{Aws, AwsError, EntryPut, JobData};

use crate::Log;
use crate::entries::Entries;
use lease::{Lease, Next, Taken};

/// The partition of all jobs that are open.
const OPEN: &str = "open";
/// Jobs that are asked about at the same time: answers of a gate's function
/// come in seconds, and the worker itself waits.
const AT_ONCE: usize = 16;
/// What a gate's function may take, and the answer after it.
const ASKING_TAKES: SignedDuration = SignedDuration::from_secs(135);
/// What claiming jobs may take that were polled.
const CLAIMING_TAKES: SignedDuration = SignedDuration::from_secs(20);
/// A lease that nobody took away is gone after this.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(48);

/// What the worker is made of.
pub struct Worker {
    /// AWS.
    pub aws: Aws,
    /// The table of leases.
    pub leases_table: String,
    /// The function that answers for each provider of our action types.
    pub functions: BTreeMap<String, String>,
    /// Provider and version of the action types that are polled.
    pub types: Vec<(String, String)>,
    /// The bus on which is said that a gate could not answer.
    pub event_bus: Option<String>,
    /// Where its log goes.
    pub log: Log,
}

/// What one run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Worked {
    /// Jobs that were polled.
    pub polled: u32,
    /// Jobs that were somebody else's.
    pub left: u32,
    /// Jobs whose gates were asked.
    pub asked: u32,
    /// Of these, those that ended.
    pub ended: u32,
    /// Jobs that said how far they are.
    pub shown: u32,
    /// Jobs that wait.
    pub waiting: u32,
    /// What went wrong, for the log.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trouble: Vec<String>,
}

impl Worked {
    fn and(mut self, other: Worked) -> Worked {
        self.polled += other.polled;
        self.left += other.left;
        self.asked += other.asked;
        self.ended += other.ended;
        self.shown += other.shown;
        self.waiting += other.waiting;
        self.trouble.extend(other.trouble);
        self
    }

    fn trouble(what: impl std::fmt::Display) -> Worked {
        Worked {
            trouble: vec![what.to_string()],
            ..Worked::default()
        }
    }

    fn left() -> Worked {
        Worked {
            left: 1,
            ..Worked::default()
        }
    }

    fn waiting() -> Worked {
        Worked {
            waiting: 1,
            ..Worked::default()
        }
    }
}

/// A job in this worker's hands.
struct Mine {
    job: String,
    lease: Lease,
    /// Of the lease's entry.
    version: u64,
    /// What the job is about, where it was just polled.
    data: Option<JobData>,
    next: Next,
}

/// Works until nothing is left to do now, or `deadline` is near. `request` is
/// the invocation's own id.
///
/// # Errors
///
/// Where the table of leases could not be read: then nothing was done.
pub async fn work(
    (request, deadline): (&str, Timestamp),
    worker: &Worker,
) -> Result<Worked, AwsError> {
    let life = deadline.duration_since(worker.aws.now());
    let run = Run {
        worker,
        asking_takes: ASKING_TAKES.min(life / 2),
        me: Taken {
            by: format!("{request}/{:x}", chance()),
            until: deadline,
        },
    };
    let (mut mine, mut worked) = run.found().await?;
    loop {
        let (polled, told) = run.polled().await;
        worked = worked.and(told);
        mine.extend(polled);
        if mine.is_empty() || !run.can_ask() {
            break;
        }
        let asked = stream::iter(mine.drain(..)).map(|own| run.one(own));
        let asked: Vec<Worked> = asked.buffer_unordered(AT_ONCE).collect().await;
        worked = asked.into_iter().fold(worked, Worked::and);
    }
    for own in mine {
        worked = worked.and(run.put_back(own).await);
    }
    run.log(&worked);
    Ok(worked)
}

/// Tells runs apart: an event that Lambda delivers twice has one request id.
fn chance() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// One run of a worker.
struct Run<'a> {
    worker: &'a Worker,
    me: Taken,
    /// What one question takes; of a short life, half.
    asking_takes: SignedDuration,
}

impl Run<'_> {
    fn now(&self) -> Timestamp {
        self.worker.aws.now()
    }

    /// Whether there is time for one more question.
    fn can_ask(&self) -> bool {
        self.left() >= self.asking_takes
    }

    /// What is left of the invocation.
    fn left(&self) -> SignedDuration {
        self.me.until.duration_since(self.now())
    }

    fn leases(&self) -> Entries<'_> {
        Entries {
            aws: &self.worker.aws,
            table: &self.worker.leases_table,
        }
    }

    /// Writes a lease over the version that was seen.
    async fn put(&self, job: &str, lease: &Lease, over: u64) -> Result<EntryPut, AwsError> {
        let expires = Some(lease.since + FORGOTTEN_AFTER);
        let leases = self.leases();
        leases.put((OPEN, job), (lease, over), expires).await
    }

    /// The leases that nobody has and that something is to be done about, in
    /// this worker's hands, the one first that waits longest.
    async fn found(&self) -> Result<(Vec<Mine>, Worked), AwsError> {
        let now = self.now();
        let (aws, table) = (&self.worker.aws, &self.worker.leases_table);
        let mut worked = Worked::default();
        let mut open = Vec::new();
        for entry in aws.entries(table, OPEN).await? {
            // One of another version of Sluice must not keep all others waiting.
            match serde_json::from_str::<Lease>(&entry.body) {
                Ok(lease) => open.push((entry.part, entry.version, lease)),
                Err(error) => {
                    let what = format!("the lease of job {} does not read: {error}", entry.part);
                    worked = worked.and(Worked::trouble(what));
                }
            }
        }
        open.retain(|(_, _, lease)| lease.next(now) != Next::Leave);
        open.sort_by_key(|(_, _, lease)| lease.due);
        let taken = stream::iter(open).map(|own| self.take(own, now));
        let taken: Vec<Result<Option<Mine>, AwsError>> = taken.buffered(AT_ONCE).collect().await;
        let mut mine = Vec::new();
        for own in taken {
            match own {
                Ok(own) => mine.extend(own),
                Err(error) => worked = worked.and(Worked::trouble(error)),
            }
        }
        Ok((mine, worked))
    }

    /// Takes a lease into this worker's hands, unless another was quicker.
    async fn take(
        &self,
        (job, version, lease): (String, u64, Lease),
        now: Timestamp,
    ) -> Result<Option<Mine>, AwsError> {
        let next = lease.next(now);
        let lease = lease.taken(&self.me, next);
        let put = self.put(&job, &lease, version).await?;
        Ok((put == EntryPut::Done).then_some(Mine {
            job,
            lease,
            version: version + 1,
            data: None,
            next,
        }))
    }

    /// Does what is next for a job, if there is time.
    async fn one(&self, mine: Mine) -> Worked {
        if !self.can_ask() {
            return self.put_back(mine).await;
        }
        match mine.next {
            Next::Progress => self.progress(mine).await,
            _ => self.look(mine).await,
        }
    }

    /// Leaves a job to the next run.
    async fn put_back(&self, mine: Mine) -> Worked {
        let lease = Lease {
            taken: None,
            ..mine.lease.clone()
        };
        self.keep(&mine, &lease).await
    }

    /// Keeps a job under this lease, for a later run.
    async fn keep(&self, mine: &Mine, lease: &Lease) -> Worked {
        match self.put(&mine.job, lease, mine.version).await {
            Ok(_) => Worked::waiting(),
            Err(error) => Worked::trouble(error),
        }
    }

    /// Forgets a job that has its answer. What cannot be forgotten now is
    /// asked about once more, and has its answer then.
    async fn forget(&self, mine: &Mine) -> Worked {
        match self.leases().remove((OPEN, &mine.job), mine.version).await {
            Ok(_) => Worked::default(),
            Err(error) => Worked::trouble(error),
        }
    }

    /// The function that answers for a job's provider.
    fn function<'a>(&'a self, mine: &'a Mine) -> &'a str {
        let provider = &mine.lease.provider;
        self.worker.functions.get(provider).unwrap_or(provider)
    }

    fn log(&self, worked: &Worked) {
        let is_quiet = worked.trouble.is_empty();
        let mut line = json!({
            "level": if is_quiet { "INFO" } else { "ERROR" },
            "message": "worked",
        });
        if let (Some(line), Value::Object(told)) = (line.as_object_mut(), json!(worked)) {
            line.extend(told);
        }
        (self.worker.log)(line);
    }
}
