//! Many cases in a row, and what came of all of them together.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use sluice_core::ReasonCode;
use sluice_world::faults::{Kind, Switches};

use super::run::{Outcome, Ran, run};
use super::shrink::shrink;
use super::sketch::Case;

/// What came of many cases.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// How many were run.
    pub cases: u64,
    /// Calls of AWS in all of them.
    pub calls: u64,
    /// The most looks of one gate.
    pub looks_max: usize,
    /// How often each kind of fault occurred.
    pub occurred: BTreeMap<Kind, u64>,
    /// Switches that were turned in any of them.
    pub switches: BTreeSet<&'static str>,
    /// How often each kind of fault occurred around each kind of gate.
    pub occurred_to: BTreeMap<(String, Kind), u64>,
    /// How often each kind of gate gave each reason.
    pub reasons: BTreeMap<(String, ReasonCode), u64>,
    /// How often they ended how, by the gate's kind.
    pub outcomes: BTreeMap<(String, Outcome), u64>,
    /// What was broken, each with all that is needed to see it again.
    pub broken: Vec<String>,
}

/// Failing cases told in full: one is enough to work on.
const TOLD_MAX: usize = 2;

impl Batch {
    /// Runs the cases of these seeds.
    pub fn of_seeds(seeds: std::ops::Range<u64>) -> Batch {
        let mut batch = Batch::default();
        for seed in seeds {
            batch.add(&Case::draw(seed));
        }
        batch
    }

    /// Runs one more case, and gives how it ended.
    pub fn add(&mut self, case: &Case) -> Option<Outcome> {
        self.cases += 1;
        self.switches.extend(case.faults.switches.turned());
        match run(case, Arc::new(|_| {})) {
            Ok(ran) => {
                let outcome = ran.outcome.clone();
                self.count(case, ran);
                Some(outcome)
            }
            Err(error) => {
                self.broken
                    .push(format!("seed {}: cannot begin: {error}", case.seed));
                None
            }
        }
    }

    fn count(&mut self, case: &Case, ran: Ran) {
        self.calls += ran.calls;
        self.looks_max = self.looks_max.max(ran.looks);
        let kind = case.sketch.as_ref().map_or("", |sketch| sketch.kind);
        for (fault, times) in ran.occurred {
            *self.occurred.entry(fault).or_default() += times;
            let to = (kind.to_owned(), fault);
            *self.occurred_to.entry(to).or_default() += times;
        }
        let reasons = ran.evidence.iter().filter_map(|own| own.reason.as_ref());
        for reason in reasons {
            let given = (kind.to_owned(), reason.code);
            *self.reasons.entry(given).or_default() += 1;
        }
        let ended = (kind.to_owned(), ran.outcome);
        *self.outcomes.entry(ended).or_default() += 1;
        if !ran.broken.is_empty() {
            self.broken
                .push(told(case, &ran.broken, self.broken.len() < TOLD_MAX));
        }
    }

    /// How many cases of this kind ended like this.
    pub fn ended(&self, kind: &str, outcome: &Outcome) -> u64 {
        let ended = (kind.to_owned(), outcome.clone());
        self.outcomes.get(&ended).copied().unwrap_or(0)
    }

    /// How often this kind of gate gave this reason.
    pub fn gave(&self, kind: &str, reason: ReasonCode) -> u64 {
        let given = (kind.to_owned(), reason);
        self.reasons.get(&given).copied().unwrap_or(0)
    }

    /// Kinds of faults that never occurred around this kind of gate.
    pub fn never_occurred_to(&self, kind: &str) -> Vec<Kind> {
        let never = |fault: &Kind| !self.occurred_to.contains_key(&(kind.to_owned(), *fault));
        Kind::all().filter(never).collect()
    }

    /// Kinds of faults and switches that never were: a run without them shows
    /// nothing about them.
    pub fn never_occurred(&self) -> Vec<String> {
        let kinds = Kind::all().filter(|kind| !self.occurred.contains_key(kind));
        let switches = Switches::names();
        let switches = switches
            .iter()
            .filter(|name| !self.switches.contains(*name));
        kinds
            .map(|kind| format!("{kind:?}"))
            .chain(switches.map(|name| (*name).to_owned()))
            .collect()
    }
}

/// A failing case, with the command that replays it.
fn told(case: &Case, broken: &[String], in_full: bool) -> String {
    let mut text = format!("seed {}:\n  {}\n", case.seed, broken.join("\n  "));
    text.push_str(&format!(
        "replay: sluice rehearse --seed {} --faults\n",
        case.seed
    ));
    if in_full {
        text.push_str(&format!("made small:\n{}", shrink(case).told()));
    }
    text
}

impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Batch {
            cases,
            calls,
            looks_max,
            ..
        } = self;
        writeln!(
            f,
            "{cases} releases, {calls} AWS calls, at most {looks_max} looks"
        )?;
        for ((kind, outcome), times) in &self.outcomes {
            writeln!(f, "  {times:>6}  {kind}: {outcome}")?;
        }
        for ((kind, reason), times) in &self.reasons {
            writeln!(f, "  {times:>6}  {kind}: {reason}")?;
        }
        for (kind, times) in &self.occurred {
            writeln!(f, "  {times:>6}  {kind:?}")?;
        }
        for text in &self.broken {
            writeln!(f, "BROKEN {text}")?;
        }
        Ok(())
    }
}
