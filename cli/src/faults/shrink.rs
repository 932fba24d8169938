//! Makes a failing case small: leaves out one thing after another, as long as
//! the same kind of thing stays broken.

use std::sync::Arc;

use sluice_world::faults::FaultPlan;

use super::run::run;
use super::sketch::{Case, Sketch};

/// More runs than this are not worth the time.
const RUNS_MAX: usize = 400;

/// A case as small as can be found in which the same is broken.
pub fn shrink(case: &Case) -> Case {
    let Some(wrong) = broken(case) else {
        return case.clone();
    };
    let (mut best, mut runs) = (case.clone(), 0);
    loop {
        let smaller = smaller(&best);
        let count = smaller.len();
        let found = smaller.into_iter().take(RUNS_MAX - runs).find(|one| {
            runs += 1;
            broken(one).as_ref() == Some(&wrong)
        });
        match found {
            Some(found) => best = found,
            None => return best,
        }
        if runs >= RUNS_MAX || count == 0 {
            return best;
        }
    }
}

/// What is broken, by its beginning: the ids in it differ from case to case.
fn broken(case: &Case) -> Option<String> {
    let ran = run(case, Arc::new(|_| {})).ok()?;
    ran.broken
        .first()
        .map(|text| text.chars().take(4).collect())
}

/// The same case with one thing less, in all ways.
fn smaller(case: &Case) -> Vec<Case> {
    let mut found: Vec<Case> = plans(&case.faults)
        .into_iter()
        .map(|faults| Case {
            faults,
            ..case.clone()
        })
        .collect();
    if let Some(sketch) = &case.sketch {
        let of = |sketch| Case {
            host: case.host,
            ..Case::of(case.seed, sketch, case.with_bucket, case.faults.clone())
        };
        found.extend(sketches(sketch).into_iter().map(of));
    }
    found
}

fn plans(plan: &FaultPlan) -> Vec<FaultPlan> {
    let mut found = Vec::new();
    let mut less = |change: &dyn Fn(&mut FaultPlan)| {
        let mut one = plan.clone();
        change(&mut one);
        if one != *plan {
            found.push(one);
        }
    };
    for index in 0..plan.calls.len() {
        less(&|one| {
            one.calls.remove(index);
        });
    }
    for index in 0..plan.lives.len() {
        less(&|one| {
            one.lives.remove(index);
        });
    }
    for index in 0..plan.events.len() {
        less(&|one| {
            one.events.remove(index);
        });
    }
    less(&|one| one.clock_ahead_seconds = 0);
    less(&|one| one.switches = Default::default());
    less(&|one| one.switches.history_drops = None);
    less(&|one| one.switches.history_delay_seconds = 0);
    less(&|one| one.switches.page_size_max = None);
    less(&|one| one.switches.job_details = false);
    for index in 0..plan.calls.len() {
        less(&|one| one.calls[index].times = 1);
    }
    found
}

fn sketches(sketch: &Sketch) -> Vec<Sketch> {
    let mut found = Vec::new();
    let lists: [fn(&mut Sketch) -> &mut Vec<String>; 5] = [
        |own| &mut own.refusals,
        |own| &mut own.happenings,
        |own| &mut own.policies,
        |own| &mut own.settings,
        |own| &mut own.pipeline,
    ];
    for list in lists {
        for index in 0..list(&mut sketch.clone()).len() {
            let mut one = sketch.clone();
            list(&mut one).remove(index);
            found.push(one);
        }
    }
    for index in 1..sketch.requests.len() {
        let mut one = sketch.clone();
        one.requests.remove(index);
        found.push(one);
    }
    for index in 0..sketch.alarms.len() {
        if sketch.alarms.len() > 1 {
            let mut one = sketch.clone();
            one.alarms.remove(index);
            found.push(one);
        }
    }
    found
}
