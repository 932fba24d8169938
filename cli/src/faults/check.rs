//! What must be true of every release, whatever went wrong in it.
//!
//! (a) one final answer, (b) an answer in time, (c) no go without evidence,
//! (d) repeating changes nothing; (e) what is started is started once; a verdict computed again is the same; no
//! secret comes out, nothing is rolled back.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sluice_aws::MARK_VARIABLE;
use sluice_core::evidence::Evidence;
use sluice_core::plan::GateSettings;
use sluice_core::settings::{Mode, OnRollback};
use sluice_core::token::sha256;
use sluice_core::verdict::{DecidedBy, Outcome};
use sluice_core::{ReasonCode, Verdict};
use sluice_world::codepipeline::{
    ActionRun, ActionStatus, Answer, Execution, InvocationRecord, JobRecord, JobState,
};
use sluice_world::faults::{Kind, ProcessRecord};

use super::records::{evidence, record_of};
use super::run::{Gate, Seen};
use super::subjects::SUBJECTS;
use super::truth::Truth;
use crate::replay::replayed;

/// Marks of the credentials that jobs bring.
const SECRETS: [&str; 2] = ["ArtifactSecretKey", "ArtifactSessionToken"];

/// What of AWS would roll something back.
const ROLLS_BACK: [&str; 3] = ["RollbackStage", "StopDeployment", "StopPipelineExecution"];

/// How long one attempt of a function may take.
const ATTEMPT: SignedDuration = SignedDuration::from_secs(121);

/// Everything that is broken, in words.
pub(super) fn check(seen: &Seen) -> Vec<String> {
    let mut broken = Vec::new();
    for execution in &seen.executions {
        for (gate, action) in seen.actions(execution) {
            one_final_answer(action, &mut broken);
            answered_in_time(action, seen, &mut broken);
            functions_answer(action, seen, &mut broken);
            if let Err(why) = go_has_evidence(gate, execution, action, seen) {
                broken.push(format!("(c) go without evidence for it: {why}"));
            }
            one_beginning(gate, execution, action, seen, &mut broken);
        }
    }
    started_once(seen, &mut broken);
    repeating_changes_nothing(seen, &mut broken);
    computed_again(seen, &mut broken);
    no_secret_comes_out(seen, &mut broken);
    for operation in seen.calls.keys() {
        if ROLLS_BACK.iter().any(|name| operation.ends_with(name)) {
            broken.push(format!("something is rolled back by `{operation}`"));
        }
    }
    broken
}

/// What a test starts it starts once in each attempt: a build is marked with
/// what it was started for.
fn started_once(seen: &Seen, broken: &mut Vec<String>) {
    let mut marks = BTreeSet::new();
    for build in seen.world.builds() {
        let mark = build.variables.get(MARK_VARIABLE).cloned();
        if !marks.insert(mark) {
            broken.push(format!("(e) build {} is a second one", build.arn));
        }
    }
}

/// (a)
fn one_final_answer(action: &ActionRun, broken: &mut Vec<String>) {
    let mut finals = 0;
    for job in &action.jobs {
        if job.accepted() > 1 {
            broken.push(format!("(a) job {} has {} answers", job.id, job.accepted()));
        }
        let accepted = job.answers.iter().filter(|sent| sent.refused.is_none());
        finals += accepted.filter(|sent| sent.answer.is_final()).count();
    }
    if finals > 1 {
        broken.push(format!("(a) the action has {finals} final answers"));
    }
}

/// The invocations of an action for one job, with what befell each.
fn attempts<'a>(
    job: &JobRecord,
    action: &'a ActionRun,
    seen: &'a Seen,
) -> Vec<(&'a InvocationRecord, &'a ProcessRecord)> {
    let runs = action.invocations.iter().filter(|run| run.job == job.id);
    let processes = seen
        .processes
        .iter()
        .filter(|process| process.job == job.id);
    runs.zip(processes).collect()
}

/// Whether something befell a process that may keep it from answering.
fn is_kept_from_answering(process: &ProcessRecord) -> bool {
    process.befell.iter().any(|(kind, operation)| {
        kind.ends_the_process()
            || *kind == Kind::OutOfTime
            || operation.starts_with("codepipeline:PutJob")
    })
}

/// (b)
fn answered_in_time(action: &ActionRun, seen: &Seen, broken: &mut Vec<String>) {
    for job in &action.jobs {
        let attempts = attempts(job, action, seen);
        if attempts.is_empty() {
            if job.state == JobState::Answered {
                broken.push(format!("(c) job {} was answered unheard", job.id));
            }
            continue;
        }
        if job.state != JobState::TimedOut {
            continue;
        }
        let over = action.ended.unwrap_or(Timestamp::MAX);
        for (run, process) in attempts {
            let had_its_time = over.duration_since(run.began) >= ATTEMPT;
            if had_its_time && !is_kept_from_answering(process) {
                broken.push(format!(
                    "(b) job {} got no answer, and nothing kept invocation {} ({}) from giving one; befell: {:?}, ended: {:?}",
                    job.id, process.number, process.function, process.befell, run.error
                ));
            }
        }
    }
}

/// A function that nothing kept from it ends well: it recognises an answered
/// job, and ends before Lambda ends it.
fn functions_answer(action: &ActionRun, seen: &Seen, broken: &mut Vec<String>) {
    for job in &action.jobs {
        for (run, process) in attempts(job, action, seen) {
            if let Some(error) = &run.error
                && !is_kept_from_answering(process)
            {
                broken.push(format!(
                    "(a) invocation {} of {} failed by itself: {error}; befell: {:?}",
                    process.number, process.function, process.befell
                ));
            }
        }
    }
}

/// (c)
fn go_has_evidence(
    gate: &Gate,
    execution: &Execution,
    action: &ActionRun,
    seen: &Seen,
) -> Result<(), String> {
    if action.status != ActionStatus::Succeeded {
        return Ok(());
    }
    let all = action.jobs.iter().flat_map(|job| &job.answers);
    let mut accepted = all.filter(|sent| sent.refused.is_none());
    let success = accepted.find_map(|sent| match &sent.answer {
        Answer::Success {
            output_variables, ..
        } => Some(output_variables),
        _ => None,
    });
    let variables = success.ok_or("nobody said so")?;
    let settings = &gate.1.settings;
    let watches = settings.mode() == Mode::WatchOnly || only_watches_rollbacks(settings, seen);
    let Some(address) = variables.get("Evidence") else {
        // Where a function died that only watched, the reaper lets go.
        return watches.then_some(()).ok_or("it names none".to_owned());
    };
    let evidence = evidence(seen, address)?;
    let mut jobs = action.jobs.iter().map(|job| &job.id);
    if evidence.subject.release != execution.id || !jobs.any(|job| *job == evidence.job) {
        return Err("it is of another release".to_owned());
    }
    if evidence.decision.outcome != Outcome::Go {
        return Err("it says stop".to_owned());
    }
    decided(&evidence, watches, seen)?;
    let has_passed = evidence.verdict == Some(Verdict::Pass);
    if !has_passed && !is_accepted(&evidence, seen) {
        return Ok(());
    }
    let subject = SUBJECTS.iter().find(|own| own.kind == settings.kind());
    let subject = subject.ok_or("the gate is not among the subjects")?;
    let truth = Truth::of(execution, action, &evidence, seen);
    let allows = if has_passed {
        subject.may_pass
    } else {
        subject.may_accept
    };
    allows(settings, &evidence, &truth)
}

/// Whether the gate itself says that what is undecided may go on.
fn is_accepted(evidence: &Evidence, seen: &Seen) -> bool {
    let code = evidence.reason.as_ref().map(|reason| reason.code);
    evidence.decision.decided_by == DecidedBy::Policy
        && !seen.proceeds
        && code.is_some_and(ReasonCode::is_accepted)
}

/// Whether the release is a rollback, which the plan only has watched.
fn only_watches_rollbacks(settings: &GateSettings, seen: &Seen) -> bool {
    seen.scenario.pipeline.rollback && settings.on_rollback() == Some(OnRollback::Watch)
}

fn decided(evidence: &Evidence, watches: bool, seen: &Seen) -> Result<(), String> {
    let is_so = match evidence.decision.decided_by {
        DecidedBy::Verdict => evidence.verdict == Some(Verdict::Pass),
        DecidedBy::Policy => {
            (seen.proceeds || is_accepted(evidence, seen))
                && evidence.verdict == Some(Verdict::Inconclusive)
        }
        DecidedBy::WatchOnly => watches,
        DecidedBy::Waiver => false,
    };
    let by = evidence.decision.decided_by;
    is_so
        .then_some(())
        .ok_or_else(|| format!("nothing in the plan lets it go by {by}"))
}

/// (d): one attempt, one beginning, one record, from the first token to the last.
fn one_beginning(
    gate: &Gate,
    execution: &Execution,
    action: &ActionRun,
    seen: &Seen,
    broken: &mut Vec<String>,
) {
    let first_job = action.jobs.first().map_or("", |job| job.id.as_str());
    let mut record: Option<Value> = None;
    let mut begin: Option<Value> = None;
    for job in &action.jobs {
        let Some(token) = &job.token_in else { continue };
        let token: Value = serde_json::from_str(token).unwrap_or_default();
        if token["attempt"] != first_job {
            broken.push(format!(
                "(d) job {} is of attempt {}",
                job.id, token["attempt"]
            ));
        }
        let first = begin.get_or_insert_with(|| token["first"].clone());
        if *first != token["first"] {
            broken.push(format!(
                "(d) the gate began at {first} and at {}",
                token["first"]
            ));
        }
        let Some(own) = token.get("record") else {
            if record.is_some() {
                broken.push(format!("(d) job {} has lost its record", job.id));
            }
            continue;
        };
        if record.get_or_insert_with(|| own.clone()) != own {
            broken.push(format!("(d) job {} has another record", job.id));
        }
        stored_as_said(own, seen, broken);
    }
    let folder = format!("begun/{}/{}/{}/", execution.id, gate.0, gate.1.name);
    for (key, body) in &seen.records.0 {
        if key.starts_with(&folder)
            && record_of(body).is_ok_and(|record| record.attempt != first_job)
        {
            broken.push(format!("(d) there is a second beginning: {key}"));
        }
    }
}

/// A token's record is in the bucket as the token says.
fn stored_as_said(record: &Value, seen: &Seen, broken: &mut Vec<String>) {
    let Some(stored) = record.get("stored") else {
        return;
    };
    let key = stored["key"].as_str().unwrap_or_default();
    match seen.records.0.get(key) {
        None => broken.push(format!(
            "(d) a token names a record that is not there: {key}"
        )),
        Some(body) if stored["sha256"] != sha256(body) => {
            broken.push(format!("(d) a token names another record than {key}"));
        }
        Some(_) => {}
    }
}

/// (d): the same events once more.
fn repeating_changes_nothing(seen: &Seen, broken: &mut Vec<String>) {
    let (before, after) = &seen.records;
    for (key, body) in before {
        if after.get(key) != Some(body) {
            broken.push(format!("(d) a repeated look changed the record {key}"));
        }
    }
    let accepted = |executions: &[Execution]| -> Vec<(String, usize, ActionStatus)> {
        let actions = executions
            .iter()
            .flat_map(|own| &own.stages)
            .flat_map(|own| &own.actions);
        actions
            .filter(|action| action.ended.is_some())
            .flat_map(|action| {
                action
                    .jobs
                    .iter()
                    .map(|job| (job.id.clone(), job.accepted(), action.status))
            })
            .collect()
    };
    let is_known = |job: &(String, usize, ActionStatus)| accepted(&seen.repeated).contains(job);
    for job in accepted(&seen.executions) {
        if !is_known(&job) {
            broken.push(format!(
                "(d) a repeated look changed the answers of job {}",
                job.0
            ));
        }
    }
}

/// Each verdict follows from its evidence.
fn computed_again(seen: &Seen, broken: &mut Vec<String>) {
    for evidence in seen.ends().filter(|own| own.verdict.is_some()) {
        let found = replayed(evidence).text;
        if found != "agrees" {
            let (kind, job) = (&evidence.kind, &evidence.job);
            broken.push(format!("the verdict of {kind} in job {job}: {found}"));
        }
    }
}

fn no_secret_comes_out(seen: &Seen, broken: &mut Vec<String>) {
    let mut check = |place: &str, text: &str| {
        if SECRETS.iter().any(|secret| text.contains(secret)) {
            broken.push(format!("a secret comes out in {place}"));
        }
    };
    for line in &seen.gathered.log {
        check("the log", &line.to_string());
    }
    for execution in &seen.executions {
        check("CodePipeline", &format!("{execution:?}"));
    }
    let objects = seen.world.s3().list(crate::rehearsal::EVIDENCE_BUCKET, "");
    for (key, _) in objects {
        let body = seen.world.s3().get(crate::rehearsal::EVIDENCE_BUCKET, &key);
        check(&key, &String::from_utf8_lossy(&body.unwrap_or_default()));
    }
}
