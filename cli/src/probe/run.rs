//! A probe from its stack's making to its removal.

use std::io::Write;

use jiff::{SignedDuration, Timestamp};
use sluice_aws::{Aws, AwsError};
use tokio::signal;

use super::conclude::conclude;
use super::file::{Against, ProbeFile};
use super::seen::Seen;
use super::stack::Stack;
use super::{ProbeArguments, alarms, releases, wanted};
use crate::lines::folded;
use crate::region::Stopped;

/// What came of it.
pub(super) struct Probed {
    pub(super) file: ProbeFile,
    /// What is left in the account, as lines for people.
    pub(super) left: Vec<String>,
}

/// What all parts of a probe share.
pub(super) struct Probe<'a> {
    pub(super) aws: &'a Aws,
    pub(super) stack: &'a Stack,
    every: SignedDuration,
    patience: SignedDuration,
    began: Timestamp,
}

/// Alarms are read more often: what is measured takes seconds. Not more often
/// than three histories a second, which is all that an account has.
const ALARMS_EVERY_MIN: SignedDuration = SignedDuration::from_millis(400);

impl Probe<'_> {
    /// Says what happens, on standard error.
    pub(super) fn say(&self, what: &str) {
        let since = self.aws.now().duration_since(self.began).as_secs();
        let line = format!("{:>3}:{:02}  {what}", since / 60, since % 60);
        // Whoever closed it does not want to read it.
        let _ = writeln!(anstream::stderr(), "{}", folded(&line, "", "        "));
    }

    /// Looks until something is there, or patience ends. What may pass by
    /// itself is no error.
    pub(super) async fn until<T>(
        &self,
        mut look: impl AsyncFnMut() -> Result<Option<T>, AwsError>,
    ) -> Result<Option<T>, AwsError> {
        self.until_every(self.every, &mut look).await
    }

    /// The same, as often as alarms are read.
    pub(super) async fn until_soon<T>(
        &self,
        mut look: impl AsyncFnMut() -> Result<Option<T>, AwsError>,
    ) -> Result<Option<T>, AwsError> {
        let every = (self.every / 5).max(ALARMS_EVERY_MIN);
        self.until_every(every, &mut look).await
    }

    async fn until_every<T>(
        &self,
        every: SignedDuration,
        look: &mut impl AsyncFnMut() -> Result<Option<T>, AwsError>,
    ) -> Result<Option<T>, AwsError> {
        let began = self.aws.now();
        loop {
            match look().await {
                Ok(Some(found)) => return Ok(Some(found)),
                Err(error) if !error.is_passing() => return Err(error),
                Ok(None) | Err(_) => {}
            }
            if self.aws.now().duration_since(began) >= self.patience {
                return Ok(None);
            }
            self.aws.pause(every).await;
        }
    }
}

/// Makes the stack, measures, and removes the stack, whatever happens between.
pub(super) async fn probe(arguments: &ProbeArguments, aws: Aws) -> Result<Probed, Stopped> {
    let stack = Stack::named(&format!("sluice-probe-{:08x}", fastrand::u32(..)));
    let probe = Probe {
        aws: &aws,
        stack: &stack,
        every: arguments.every.into(),
        patience: arguments.patience.into(),
        began: aws.now(),
    };
    let measured = tokio::select! {
        measured = measure(&probe, arguments) => measured,
        _interrupted = signal::ctrl_c() => Err(Stopped::unread(
            "interrupted: nothing was written".to_owned(),
            "`--only` names fewer measures",
        )),
    };
    let left = match arguments.keep {
        true => kept(&probe).await,
        false => removed(&probe).await,
    };
    match measured {
        Ok(file) => Ok(Probed { file, left }),
        Err(stopped) => {
            for line in left {
                let _ = writeln!(anstream::stderr(), "{line}");
            }
            Err(stopped)
        }
    }
}

async fn measure(probe: &Probe<'_>, arguments: &ProbeArguments) -> Result<ProbeFile, Stopped> {
    let wanted = wanted(arguments);
    probe.stack.make(probe).await?;
    let parts: Vec<&str> = wanted.iter().map(|name| name.part()).collect();
    let (mut seen, mut beside) = (Seen::default(), Seen::default());
    tokio::join!(
        releases::look(probe, &parts, &mut seen),
        alarms::look(probe, &parts, &mut beside),
    );
    seen.changes = beside.changes;
    seen.datapoints = beside.datapoints;
    seen.trouble.extend(beside.trouble);
    let against = match probe.aws.went_elsewhere() {
        true => Against::Simulation,
        false => Against::Aws,
    };
    let when = (probe.began, probe.aws.now());
    let concluded = conclude(&seen, &wanted);
    let region = probe.aws.region_name();
    Ok(ProbeFile::new((against, region), when, concluded))
}

async fn kept(probe: &Probe<'_>) -> Vec<String> {
    let there = probe.aws.stack(&probe.stack.name).await;
    match there {
        Ok(None) => Vec::new(),
        Ok(Some(_)) | Err(_) => vec![format!("kept: {}", probe.stack.how_to_remove())],
    }
}

/// Removes the stack; another Ctrl-C ends that as well.
async fn removed(probe: &Probe<'_>) -> Vec<String> {
    let removing = tokio::select! {
        removed = probe.stack.remove(probe) => removed,
        _interrupted = signal::ctrl_c() => Err("interrupted while it was being removed".to_owned()),
    };
    let Err(why) = removing else {
        return Vec::new();
    };
    let mut left = vec![
        format!("left in the account: {why}"),
        format!("  hint: {}", probe.stack.how_to_remove()),
    ];
    let resources = probe.aws.stack_resources(&probe.stack.name).await;
    left.extend(
        resources
            .unwrap_or_default()
            .iter()
            .map(|own| format!("  {own}")),
    );
    left
}
