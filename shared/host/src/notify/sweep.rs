//! Every few minutes all pipelines are looked at, for what no event told.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_aws::Refusal;
use sluice_core::GateError;

use super::Turn;
use super::look::{Asked, ONLY, WATCHED, Watched};

/// The partition with how far sweeps are.
const SWEEP: &str = "sweep";
/// What happened so long before the first sweep is looked for.
const FIRST_LOOK_BACK: SignedDuration = SignedDuration::from_hours(1);
/// What CodePipeline lists late is still found.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);
/// Pipelines that are looked at beside each other.
const BESIDE: usize = 6;
/// With less time than this, what is left is left to the next sweep.
const TIME_LEFT_MIN: SignedDuration = SignedDuration::from_secs(30);

/// How far sweeps are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Swept {
    /// What became of pipelines before this moment was looked for.
    at: Timestamp,
    /// When the round began that is under way.
    round: Timestamp,
    /// The last pipeline of it, by name.
    after: Option<String>,
}

/// One round over all pipelines, or a part of it.
struct Round {
    names: Vec<String>,
    /// Of these something has still to be told.
    pending: BTreeSet<String>,
    since: Timestamp,
}

/// How far it came.
struct Gone {
    looked: usize,
    failed: usize,
}

impl Turn<'_> {
    pub(super) async fn sweep(&self) -> Result<(), GateError> {
        let begun = self.now();
        let known = self.entries().get::<Swept>((SWEEP, ONLY)).await?;
        let swept = known.value.unwrap_or_else(|| Swept {
            at: begun - FIRST_LOOK_BACK,
            round: begun,
            after: None,
        });
        let began = if swept.after.is_some() {
            swept.round
        } else {
            begun
        };
        let round = self.round(&swept).await?;
        let gone = self.go(&round).await;
        let left = round.names.len() - gone.looked;
        let last = round.names[..gone.looked].last().cloned();
        let next = Swept {
            at: if left == 0 { began } else { swept.at },
            round: began,
            after: last.or(swept.after).filter(|_| left > 0),
        };
        // Another sweep at the same time has written down as much.
        let entries = self.entries();
        entries
            .put((SWEEP, ONLY), (&next, known.version), None)
            .await?;
        let more = json!({ "pipelines": gone.looked, "left": left, "failed": gone.failed });
        self.log("INFO", "swept", more);
        Ok(())
    }

    /// The pipelines that have not been looked at in this round.
    async fn round(&self, swept: &Swept) -> Result<Round, GateError> {
        let watched = self.entries().all::<Watched>(WATCHED).await?;
        let (mut names, _) = self.host.aws.pipelines().await?;
        names.extend(watched.iter().map(|(name, _)| name.clone()));
        names.sort();
        names.dedup();
        names.retain(|name| swept.after.as_ref().is_none_or(|after| name > after));
        let pending = watched.into_iter().filter(|(_, own)| own.pending);
        Ok(Round {
            names,
            pending: pending.map(|(name, _)| name).collect(),
            since: swept.at.saturating_sub(OVERLAP).unwrap_or(Timestamp::MIN),
        })
    }

    /// Looks at pipelines as long as there is time.
    async fn go(&self, round: &Round) -> Gone {
        let mut gone = Gone {
            looked: 0,
            failed: 0,
        };
        for some in round.names.chunks(BESIDE) {
            if self.left() < TIME_LEFT_MIN {
                break;
            }
            let mut looks = Vec::new();
            for name in some {
                looks.push(self.swept(name, round.since, round.pending.contains(name)));
            }
            let looked = join_all(looks).await;
            gone.looked += some.len();
            gone.failed += looked.iter().filter(|own| own.is_err()).count();
        }
        gone
    }

    /// Looks at one pipeline, if anything became of it. One that could not be
    /// looked at stays marked, so the next sweep does.
    async fn swept(
        &self,
        pipeline: &str,
        since: Timestamp,
        pending: bool,
    ) -> Result<(), GateError> {
        let result = match pending {
            true => self.look_after(pipeline, since).await,
            false => match self.host.aws.newest_releases(pipeline).await {
                Ok(releases) if releases.iter().all(|own| own.updated < since) => Ok(()),
                Ok(_) => self.look_after(pipeline, since).await,
                // Others may be none of this installation's business.
                Err(error) if error.refusal == Refusal::Denied => return Ok(()),
                Err(error) => {
                    self.watch(pipeline).await?;
                    Err(error.into())
                }
            },
        };
        if let Err(error) = &result {
            let more = json!({ "pipeline": pipeline, "error": error.to_string() });
            self.log("WARN", "a pipeline could not be looked at", more);
        }
        result
    }

    async fn look_after(&self, pipeline: &str, since: Timestamp) -> Result<(), GateError> {
        let asked = Asked {
            pipeline,
            about: Some(since),
            ..Asked::default()
        };
        self.look(asked).await
    }
}
