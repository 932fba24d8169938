//! The study: how often gates are wrong, over many seeded releases in worlds
//! with realistic noise, rehearsed through host, gate and tokens. The canary
//! stands beside a bake by alarms as people set them, in the same worlds.
//!
//! Nothing here knows how the judge decides. Start at [`study`].

mod draws;
mod plans;
mod service;
mod table;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sluice::rehearsal::rehearse;
use sluice_core::Verdict;
use sluice_core::plan::Plan;

pub(crate) use plans::{GATES, GateUnderStudy};
pub(crate) use service::{KINDS, Release};
pub(crate) use table::page;

/// Releases that are harmless, and of each kind that is not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) harmless: u64,
    pub(crate) harmful: u64,
}

/// What one gate said of one release.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// `None` is a gate error.
    pub(crate) verdict: Option<Verdict>,
    /// Minutes from the deployment to the answer.
    pub(crate) minutes: f64,
}

/// What all gates said of one release, in their order.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) kind: usize,
    pub(crate) answers: Vec<Answer>,
}

/// Rehearses one release under one gate.
pub(crate) fn answer(release: &Release, gate: &GateUnderStudy) -> Answer {
    // What the SDK draws for its waits follows from the seed, too.
    fastrand::seed(release.seed);
    let text = (gate.plan)(release);
    let plan = Plan::read_yaml(&text).expect("the plan of the study is right");
    let done = rehearse(&plan, &text, release.scenario(), Arc::new(|_| {}));
    let done = done.expect("the rehearsal begins");
    let end = done.gates.last().expect("the gate ends");
    let since = end.looked.1.duration_since(release.deployed());
    Answer {
        verdict: end.evidence.verdict,
        minutes: since.as_secs_f64() / 60.0,
    }
}

/// Rehearses all releases under all gates; `tell` hears how many are done.
pub(crate) fn study(size: Size, threads: usize, tell: impl Fn(usize, usize) + Sync) -> Vec<Row> {
    let all: Vec<(usize, u64)> = (0..KINDS.len())
        .flat_map(|kind| (0..size.of(kind)).map(move |number| (kind, number)))
        .collect();
    let (next, rows) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((kind, number)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let release = Release::draw(*kind, *number);
                    let answers = GATES.iter().map(|gate| answer(&release, gate));
                    let row = Row {
                        kind: *kind,
                        answers: answers.collect(),
                    };
                    let mut rows = rows.lock().expect("nothing panics while it holds this");
                    rows.push(row);
                    tell(rows.len(), all.len());
                }
            });
        }
    });
    rows.into_inner().expect("all threads are done")
}

impl Size {
    fn of(self, kind: usize) -> u64 {
        match KINDS[kind].harm {
            None => self.harmless,
            Some(_) => self.harmful,
        }
    }
}

/// The page with what was found, and how long that took.
pub(crate) fn written(old: &str, rows: &[Row], size: Size, took: Duration) -> Option<String> {
    let (before, rest) = old.split_once(BEGINS)?;
    let (_, after) = rest.split_once(ENDS)?;
    let page = page(rows, size, took);
    Some(format!("{before}{BEGINS}\n\n{page}\n{ENDS}{after}"))
}

/// Between these two lines of `docs/study.md` stands what the command wrote.
const BEGINS: &str = "<!-- written by `make study` -->";
const ENDS: &str = "<!-- end of what `make study` writes -->";

/// The page.
pub(crate) const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/study.md");
