//! `sluice status`: how pipelines are now, in one table.

mod show;

use std::io::{self, IsTerminal, Write};

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use sluice_aws::{ActionState, Aws, AwsError, StageState};
use sluice_core::delivery::Release;

use crate::exit;
use crate::region::{Stopped, pipelines, with_aws};

const MORE_HELP: &str = "\
Exit codes:
  0   the table is shown, whatever it shows
  3   AWS could not be read
  64  wrong usage";

/// Show how pipelines are now: what is broken first
///
/// Of a pipeline whose stages have all succeeded only the last one is shown,
/// unless the pipeline is named.
#[derive(Debug, Args)]
#[command(after_help = MORE_HELP)]
pub struct StatusArguments {
    /// Pipelines; all of the region if none is named
    #[arg(value_name = "PIPELINE")]
    pipelines: Vec<String>,
    /// Print one JSON document, with all stages, instead of text
    #[arg(long)]
    json: bool,
}

/// A stage of a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Row {
    pipeline: String,
    stage: String,
    /// CodePipeline's word; none if no release was ever there.
    state: Option<String>,
    release: Option<String>,
    /// The action that failed, runs, or ended last.
    action: Option<String>,
    /// What it says.
    says: Option<String>,
    since: Option<Timestamp>,
    /// What started the release.
    by: Option<String>,
    revisions: Vec<String>,
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &StatusArguments) -> io::Result<u8> {
    match with_aws(|aws| ask(arguments, aws)) {
        Ok(read) => tell(arguments, read),
        Err(stopped) => stopped.tell(),
    }
}

struct Read {
    rows: Vec<Row>,
    unread: Vec<Stopped>,
    cut: bool,
    now: Timestamp,
}

fn tell(arguments: &StatusArguments, mut read: Read) -> io::Result<u8> {
    read.rows.sort_by_key(|row| rank(row.state.as_deref()));
    if arguments.json {
        let unread: Vec<&str> = read.unread.iter().map(|own| own.error.as_str()).collect();
        let document = json!({
            "format": "sluice-status/1",
            "at": read.now,
            "stages": read.rows,
            "unread": unread,
            "pipelines_cut": read.cut,
        });
        writeln!(io::stdout(), "{document:#}")?;
    } else if !read.rows.is_empty() || read.unread.is_empty() {
        let rows = shown(&read.rows, !arguments.pipelines.is_empty());
        let text = show::text(&rows, read.now, read.cut, io::stdout().is_terminal());
        anstream::stdout().write_all(text.as_bytes())?;
    }
    let mut code = exit::PASS;
    for stopped in &read.unread {
        code = stopped.tell()?;
    }
    Ok(code)
}

/// What is broken first; within a rank pipelines by name, stages in their order.
fn rank(state: Option<&str>) -> u8 {
    match state {
        Some("Failed") => 0,
        Some("Stopped" | "Stopping" | "Cancelled") => 1,
        Some("InProgress") => 2,
        Some("Succeeded") => 4,
        Some(_) => 3,
        None => 5,
    }
}

/// All rows, or those that say something.
fn shown(rows: &[Row], all: bool) -> Vec<&Row> {
    let is_quiet = |row: &Row| matches!(row.state.as_deref(), Some("Succeeded") | None);
    let all_quiet = |row: &Row| {
        let mut own = rows.iter().filter(|own| own.pipeline == row.pipeline);
        let mut ran = own.clone().filter(|own| own.state.is_some());
        let last = ran.next_back().or_else(|| own.clone().next_back());
        own.all(is_quiet) && last.is_some_and(|last| last.stage == row.stage)
    };
    (rows.iter())
        .filter(|row| all || !is_quiet(row) || all_quiet(row))
        .collect()
}

async fn ask(arguments: &StatusArguments, aws: Aws) -> Result<Read, Stopped> {
    let (mut names, cut) = pipelines(&aws, &arguments.pipelines).await?;
    names.sort();
    names.dedup();
    let mut rows = Vec::new();
    let mut unread: Vec<Stopped> = Vec::new();
    for name in names {
        match pipeline(&aws, &name).await {
            Ok(own) => rows.extend(own),
            Err(error) if error.has_code("PipelineNotFoundException") => unread.push(error.into()),
            // Without rights or a network the next one fares no better.
            Err(error) if rows.is_empty() => return Err(error.into()),
            Err(error) => unread.push(error.into()),
        }
    }
    let now = aws.now();
    Ok(Read {
        rows,
        unread,
        cut,
        now,
    })
}

async fn pipeline(aws: &Aws, name: &str) -> Result<Vec<Row>, AwsError> {
    let stages = aws.pipeline_state(name).await?;
    let releases = aws.newest_releases(name).await?;
    let row = |stage| row(name, stage, &releases);
    Ok(stages.into_iter().map(row).collect())
}

fn row(pipeline: &str, stage: StageState, releases: &[Release]) -> Row {
    let (release, state) = stage.latest.clone().unzip();
    let own = releases
        .iter()
        .find(|own| Some(&own.id) == release.as_ref());
    let action = telling(&stage.actions, state.as_deref());
    Row {
        pipeline: pipeline.to_owned(),
        action: action.map(|action| action.action.clone()),
        says: action.and_then(|action| action.says.clone()),
        since: action.and_then(|action| action.since),
        by: own.and_then(|own| own.trigger.clone()),
        revisions: own.map_or_else(Vec::new, |own| {
            own.revisions.iter().map(|own| own.id.clone()).collect()
        }),
        stage: stage.stage,
        state,
        release,
    }
}

/// The action that says most about its stage: one as the stage is, of several
/// the one that changed last.
fn telling<'a>(actions: &'a [ActionState], state: Option<&str>) -> Option<&'a ActionState> {
    let as_stage = actions.iter().filter(|own| own.status.as_deref() == state);
    let ran = |own: &&ActionState| own.status.is_some();
    as_stage
        .filter(ran)
        .max_by_key(|own| own.since)
        .or_else(|| actions.iter().filter(ran).max_by_key(|own| own.since))
}
