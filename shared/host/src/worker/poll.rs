//! Polling for jobs, and making them one's own.

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use sluice_aws::{Acknowledged, AwsError, Context, EntryPut, PolledJob, Refusal};

use super::lease::{Lease, due};
use super::{AT_ONCE, CLAIMING_TAKES, Mine, Next, OPEN, Run, Worked};
use crate::asked::Part;

/// Jobs of one poll: as many as can be claimed at once, for a worker that dies
/// in between may leave them to nobody.
const BATCH: i32 = 10;
/// Until an acknowledgement that got no answer is tried again.
const ACKNOWLEDGE_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(1);
/// How often it is tried.
const ACKNOWLEDGE_TRIES: u32 = 3;

/// What became of a job that was polled.
enum Claim {
    /// It is to be looked at now.
    Mine(Box<Mine>),
    Done(Worked),
}

impl Run<'_> {
    /// Polls all action types until nothing is left, and claims what comes.
    /// Gives the jobs that are due.
    pub(super) async fn polled(&self) -> (Vec<Mine>, Worked) {
        let types = self.worker.types.iter().map(|own| self.of_type(own));
        let types: Vec<(Vec<Mine>, Worked)> = join_all(types).await;
        let (mut mine, mut worked) = (Vec::new(), Worked::default());
        for (own, told) in types {
            mine.extend(own);
            worked = worked.and(told);
        }
        (mine, worked)
    }

    async fn of_type(&self, (provider, version): &(String, String)) -> (Vec<Mine>, Worked) {
        let (mut mine, mut worked) = (Vec::new(), Worked::default());
        // What is polled without time to claim it is lost for a while.
        while self.left() > CLAIMING_TAKES {
            let polled = self.worker.aws.poll_jobs((provider, version), BATCH).await;
            let jobs = match polled {
                Ok(jobs) if jobs.is_empty() => break,
                Ok(jobs) => jobs,
                Err(error) if error.has_code("ActionTypeNotFoundException") => break,
                Err(error) => {
                    worked = worked.and(Worked::trouble(error));
                    break;
                }
            };
            let claims = stream::iter(jobs).map(|job| self.claim((provider, version), job));
            let claims: Vec<Claim> = claims.buffer_unordered(AT_ONCE).collect().await;
            for claim in claims {
                worked.polled += 1;
                match claim {
                    Claim::Mine(own) => mine.push(*own),
                    Claim::Done(told) => worked = worked.and(told),
                }
            }
        }
        (mine, worked)
    }

    /// Makes a job this worker's: first by a lease, then with CodePipeline.
    async fn claim(&self, of_type: (&str, &str), job: PolledJob) -> Claim {
        let mut mine = match self.lease(of_type, &job).await {
            Ok(Some(mine)) => mine,
            Ok(None) => return Claim::Done(Worked::left()),
            Err(error) => return Claim::Done(Worked::trouble(error)),
        };
        let acknowledged = self.acknowledge(&job.id, &job.nonce).await;
        match acknowledged {
            Ok(Acknowledged::Ours) => {}
            // Another worker than one of ours: it is left alone.
            Ok(Acknowledged::NotOurs | Acknowledged::Over) => {
                return Claim::Done(self.over(&mine).await);
            }
            // It may be ours: a later run asks.
            Err(error) => return Claim::Done(self.in_trouble(mine, error).await),
        }
        let now = self.now();
        let due = due(&job.data, now);
        if due <= now {
            mine.lease.nonce = None;
            mine.data = Some(job.data);
            return Claim::Mine(Box::new(mine));
        }
        let held = mine.lease.held(due);
        Claim::Done(self.keep(&mine, &held).await)
    }

    /// Writes the lease of a job that was polled, unless another worker has it.
    async fn lease(
        &self,
        (provider, version): (&str, &str),
        job: &PolledJob,
    ) -> Result<Option<Mine>, String> {
        let now = self.now();
        let lease = Lease {
            provider: provider.to_owned(),
            version: version.to_owned(),
            part: part(job.data.context.as_ref()),
            since: now,
            nonce: Some(job.nonce.clone()),
            due: now,
            taken: Some(self.me.clone()),
            deaths: 0,
            trouble: None,
        };
        let mine = |lease, version| Mine {
            job: job.id.clone(),
            lease,
            version,
            data: None,
            next: Next::Look,
        };
        let put = self.put(&job.id, &lease, 0).await;
        if put.map_err(|error| error.to_string())? == EntryPut::Done {
            return Ok(Some(mine(lease, 1)));
        }
        // Polled once more: whoever had it may have died before it was acknowledged.
        let there = self.leases().get::<Lease>((OPEN, &job.id)).await;
        let there = there.map_err(|error| error.to_string())?;
        let Some(old) = there.value.filter(|own| own.may_be_taken_over(now)) else {
            return Ok(None);
        };
        let lease = Lease {
            since: old.since,
            deaths: old.deaths,
            trouble: old.trouble,
            ..lease
        };
        let put = self.put(&job.id, &lease, there.version).await;
        let is_mine = put.map_err(|error| error.to_string())? == EntryPut::Done;
        Ok(is_mine.then(|| mine(lease, there.version + 1)))
    }

    /// Acknowledges a job. After an answer that got lost, one that is nobody's
    /// to have any more is ours: nobody else has its lease.
    pub(super) async fn acknowledge(
        &self,
        job: &str,
        nonce: &str,
    ) -> Result<Acknowledged, AwsError> {
        let mut may_be_ours = false;
        for tried in 1.. {
            match self.worker.aws.acknowledge_job(job, nonce).await {
                Ok(Acknowledged::NotOurs) if may_be_ours => return Ok(Acknowledged::Ours),
                Err(error) if error.is_passing() && tried < ACKNOWLEDGE_TRIES => {
                    may_be_ours |= error.refusal == Refusal::Unavailable;
                    self.worker.aws.pause(ACKNOWLEDGE_AGAIN_AFTER).await;
                }
                told => return told,
            }
        }
        unreachable!("the last try is told")
    }
}

fn part(context: Option<&Context>) -> Part {
    let unknown = || "unknown".to_owned();
    let Some(own) = context else {
        return Part {
            pipeline: unknown(),
            release: unknown(),
            stage: unknown(),
            action: unknown(),
        };
    };
    Part {
        pipeline: own.pipeline.clone(),
        release: own.release.clone(),
        stage: own.stage.clone(),
        action: own.action.clone(),
    }
}
