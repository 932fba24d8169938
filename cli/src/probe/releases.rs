//! What is seen in the probe's pipeline: the looks of one release, and a
//! second one whose stage is rolled back.

use serde_json::json;
use sluice_aws::AwsError;

use super::run::Probe;
use super::seen::{Note, Rollback, Seen, TAKEN};
use super::stack::stop_all;
use crate::rehearsal::artifact;

/// The stage whose action looks.
const STAGE: &str = "look";
/// Looks of the release that is measured.
const LOOKS: u32 = 6;
/// Looks of the release that is rolled back, until it is told to fail: it has
/// to run while the order is given.
const LOOKS_UNTIL_TOLD: u32 = 1_000;
const NOTE_BYTES_MAX: u64 = 64 * 1024;

/// Looks at what these parts want. Why one was not finished is noted.
pub(super) async fn look(probe: &Probe<'_>, parts: &[&str], seen: &mut Seen) {
    let rollback = parts.contains(&"rollback");
    if !rollback && !parts.contains(&"looks") {
        return;
    }
    let first = match run_first(probe, seen).await {
        Ok(Ok(first)) => first,
        Ok(Err(why)) => return note_trouble(seen, &["looks", "rollback"], why),
        Err(error) => return note_trouble(seen, &["looks", "rollback"], error.to_string()),
    };
    if rollback && let Err(error) = roll_back(probe, &first, seen).await {
        note_trouble(seen, &["rollback"], error.to_string());
    }
}

fn note_trouble(seen: &mut Seen, parts: &[&'static str], why: String) {
    for part in parts {
        seen.trouble.insert(part, why.clone());
    }
}

/// Runs a release that succeeds, and notes its looks. Its id, or why nothing
/// can be rolled back to it.
async fn run_first(probe: &Probe<'_>, seen: &mut Seen) -> Result<Result<String, String>, AwsError> {
    stop_all(probe).await?;
    order(probe, LOOKS, "success").await?;
    put(probe, "source.zip", artifact("probe.txt", "sluice probe\n")).await?;
    let first = start(probe).await?;
    probe.say(&format!("a release began, whose gate looks {LOOKS} times"));
    let status = ended(probe, &first).await?;
    seen.notes = notes(probe, &first).await?;
    probe.say(&format!("it had {} looks", seen.notes.len()));
    Ok(match status.as_deref() {
        Some("Succeeded") => Ok(first),
        Some(status) => Err(format!("the release that looks ended as {status}")),
        None => Err("the release that looks did not end in time".to_owned()),
    })
}

/// Rolls the stage back while a second release runs in it, and after it.
async fn roll_back(probe: &Probe<'_>, first: &str, seen: &mut Seen) -> Result<(), AwsError> {
    order(probe, LOOKS_UNTIL_TOLD, "failure").await?;
    let second = start(probe).await?;
    probe.say("a release began whose gate will fail");
    let looks = async || Ok((!notes(probe, &second).await?.is_empty()).then_some(()));
    if probe.until(looks).await?.is_some() && is_running(probe, &second).await? {
        let told = order_rollback(probe, first).await?;
        probe.say("its stage was to be rolled back while it runs");
        // What was accepted would run beside what follows.
        if let Ok(release) = &told {
            abandon(probe, release).await?;
        }
        seen.while_running = Some(told.map_or_else(|code| code, |_| TAKEN.to_owned()));
    }
    order(probe, 1, "failure").await?;
    if ended(probe, &second).await?.is_none() {
        abandon(probe, &second).await?;
    }
    seen.rollback = Some(after(probe, first).await?);
    Ok(())
}

/// Rolls back a stage that has ended.
async fn after(probe: &Probe<'_>, first: &str) -> Result<Rollback, AwsError> {
    order(probe, 1, "success").await?;
    let release = match order_rollback(probe, first).await? {
        Ok(release) => release,
        Err(ordered) => {
            return Ok(Rollback {
                ordered,
                ..Rollback::default()
            });
        }
    };
    probe.say("it ended, and its stage is rolled back");
    let ended = ended(probe, &release).await?;
    let pipeline = probe.stack.output("Pipeline");
    let state = probe.aws.release_state(pipeline, &release).await?;
    let looks = notes(probe, &release).await?.len();
    probe.say(&format!("the rollback's gate had {looks} looks"));
    Ok(Rollback {
        ordered: TAKEN.to_owned(),
        says_so: Some(state.rollback),
        ended,
        looks,
    })
}

/// Tells the function what to do from now on.
async fn order(probe: &Probe<'_>, looks: u32, end: &str) -> Result<(), AwsError> {
    let orders = json!({ "looks": looks, "end": end });
    put(probe, "orders.json", orders.to_string().into_bytes()).await
}

async fn put(probe: &Probe<'_>, key: &str, body: Vec<u8>) -> Result<(), AwsError> {
    let bucket = probe.stack.output("Bucket");
    probe.aws.put_object(bucket, key, body).await
}

async fn start(probe: &Probe<'_>) -> Result<String, AwsError> {
    let pipeline = probe.stack.output("Pipeline");
    probe.aws.start_release(pipeline).await
}

async fn abandon(probe: &Probe<'_>, release: &str) -> Result<(), AwsError> {
    let pipeline = probe.stack.output("Pipeline");
    match probe.aws.abandon_release(pipeline, release).await {
        Err(error) if error.has_code("PipelineExecutionNotStoppableException") => Ok(()),
        other => other,
    }
}

/// The release that rolls back, or the code of the order's refusal.
async fn order_rollback(
    probe: &Probe<'_>,
    target: &str,
) -> Result<Result<String, String>, AwsError> {
    let pipeline = probe.stack.output("Pipeline");
    let told = probe.aws.roll_back_stage(pipeline, STAGE, target).await;
    match told {
        Ok(release) => Ok(Ok(release)),
        Err(error) => match &error.refusal {
            sluice_aws::Refusal::Code(code) => Ok(Err(code.clone())),
            _ => Err(error),
        },
    }
}

async fn is_running(probe: &Probe<'_>, release: &str) -> Result<bool, AwsError> {
    let pipeline = probe.stack.output("Pipeline");
    let state = probe.aws.release_state(pipeline, release).await?;
    Ok(state.status == "InProgress")
}

/// How a release ended, if it did in time.
async fn ended(probe: &Probe<'_>, release: &str) -> Result<Option<String>, AwsError> {
    let pipeline = probe.stack.output("Pipeline");
    let over = async || {
        let state = probe.aws.release_state(pipeline, release).await?;
        let goes_on = ["InProgress", "Stopping", "unknown"].contains(&&*state.status);
        Ok((!goes_on).then_some(state.status))
    };
    probe.until(over).await
}

/// What the function noted of a release, in the order of its looks.
async fn notes(probe: &Probe<'_>, release: &str) -> Result<Vec<Note>, AwsError> {
    let bucket = probe.stack.output("Bucket");
    let mut notes = Vec::new();
    for key in probe.aws.keys(bucket, &format!("notes/{release}/")).await? {
        let text = probe.aws.read_object(bucket, &key, NOTE_BYTES_MAX).await?;
        // A note of another form is no look that was seen.
        notes.extend(serde_json::from_slice::<Note>(&text));
    }
    Ok(notes)
}
