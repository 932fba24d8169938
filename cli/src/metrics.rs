//! `sluice metrics`: how often a pipeline deploys, how long a change takes, how
//! often it fails, and for how long. `docs/metrics.md` defines the figures.

mod show;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sluice_aws::Aws;
use sluice_core::Duration;
use sluice_core::delivery::{Asked, Figures, Recorded, figures};

use crate::exit;
use crate::region::{Stopped, pipelines, with_aws};

const MORE_HELP: &str = "\
Exit codes:
  0   the figures are shown, whatever they are
  3   AWS or a file could not be read
  64  wrong usage";

/// CodePipeline keeps a year.
const SINCE_DAYS_MAX: i64 = 366;
/// Read from before the period: releases that were under way when it began,
/// and revisions that were deployed before.
const BEFORE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Bytes of a file that is read.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Show the four figures of delivery of pipelines, from their releases
///
/// Deployment frequency, lead time for changes, change failure rate and time to
/// restore, each with its definition. What is broken comes first.
#[derive(Debug, Args)]
#[command(after_help = MORE_HELP)]
pub struct MetricsArguments {
    /// Pipelines; all of the region if none is named
    #[arg(value_name = "PIPELINE")]
    pipelines: Vec<String>,
    /// The length of the period, for instance 30d or 12h, 366d at most
    #[arg(long, value_name = "LENGTH", default_value = "30d", value_parser = days)]
    since: SignedDuration,
    /// The stage [default: the last one that deploys]
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// So long after a deployment a rollback counts against it
    #[arg(long, value_name = "LENGTH", default_value = "24h", value_parser = days)]
    window: SignedDuration,
    /// An action that deploys though it is not of category Deploy; may be
    /// given several times
    #[arg(long, value_name = "ACTION")]
    deployed_by: Vec<String>,
    /// Read this file and ask AWS nothing: what `aws codepipeline
    /// list-pipeline-executions` or `list-action-executions` printed, or a
    /// `sluice-history/1`; may be given several times
    #[arg(long, value_name = "FILE")]
    history: Vec<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

/// A length with days, which other lengths here do without.
fn days(text: &str) -> Result<SignedDuration, String> {
    let seconds = match text.strip_suffix('d').map(str::parse::<u32>) {
        Some(Ok(days)) => i64::from(days) * 86_400,
        _ => {
            let length: Duration = text.parse().map_err(|error| format!("{error}"))?;
            i64::from(length.as_seconds())
        }
    };
    if seconds == 0 || seconds > SINCE_DAYS_MAX * 86_400 {
        return Err(format!("it has to be from 1s to {SINCE_DAYS_MAX}d"));
    }
    Ok(SignedDuration::from_secs(seconds))
}

/// What was read, and what could not be.
struct Read {
    recorded: Recorded,
    unread: Vec<Stopped>,
    cut: bool,
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &MetricsArguments) -> io::Result<u8> {
    let read = if arguments.history.is_empty() {
        with_aws(|aws| ask(arguments, aws))
    } else {
        read_files(arguments)
    };
    match read {
        Ok(read) => show(arguments, &read),
        Err(stopped) => stopped.tell(),
    }
}

fn show(arguments: &MetricsArguments, read: &Read) -> io::Result<u8> {
    let all = sorted(arguments, &read.recorded);
    if arguments.json {
        let unread: Vec<&str> = read.unread.iter().map(|own| own.error.as_str()).collect();
        let document = json!({
            "format": "sluice-metrics/1",
            "figures": all,
            "unread": unread,
            "pipelines_cut": read.cut,
        });
        writeln!(io::stdout(), "{document:#}")?;
    } else if !all.is_empty() || read.unread.is_empty() {
        let text = show::text(&all, read.cut);
        anstream::stdout().write_all(text.as_bytes())?;
    }
    let mut code = exit::PASS;
    for stopped in &read.unread {
        code = stopped.tell()?;
    }
    Ok(code)
}

/// The figures of all pipelines: what has been broken longest first, then what
/// fails most.
fn sorted(arguments: &MetricsArguments, recorded: &Recorded) -> Vec<Figures> {
    let asked = Asked {
        stage: arguments.stage.as_deref(),
        deployed_by: &arguments.deployed_by,
        since: arguments.since,
        until: recorded.recorded_at,
        window: arguments.window,
    };
    let histories = recorded.pipelines.iter();
    let mut all: Vec<Figures> = histories.map(|history| figures(history, &asked)).collect();
    let broken =
        |own: &Figures| (own.restoring.broken.as_ref()).map_or(Timestamp::MAX, |o| o.since);
    let rate = |own: &Figures| own.change_failures.rate.unwrap_or(0.0);
    all.sort_by(|a, b| {
        (broken(a).cmp(&broken(b)))
            .then(rate(b).total_cmp(&rate(a)))
            .then(a.pipeline.cmp(&b.pipeline))
    });
    all
}

async fn ask(arguments: &MetricsArguments, aws: Aws) -> Result<Read, Stopped> {
    let (names, cut) = pipelines(&aws, &arguments.pipelines).await?;
    let now = aws.now();
    let back = arguments.since + arguments.window + BEFORE;
    let since = now.checked_sub(back).unwrap_or(Timestamp::MIN);
    let mut histories = Vec::new();
    let mut unread = Vec::new();
    for name in names {
        match aws.delivery_history(&name, since).await {
            Ok(history) => histories.push(history),
            // Without rights or a network the next one fares no better.
            Err(error) if histories.is_empty() && unread.is_empty() && !is_own(&error) => {
                return Err(error.into());
            }
            Err(error) => unread.push(error.into()),
        }
    }
    let recorded = Recorded::new(now, histories);
    Ok(Read {
        recorded,
        unread,
        cut,
    })
}

/// Whether an error is about one pipeline.
fn is_own(error: &sluice_aws::AwsError) -> bool {
    error.has_code("PipelineNotFoundException")
}

fn read_files(arguments: &MetricsArguments) -> Result<Read, Stopped> {
    let named = match arguments.pipelines.as_slice() {
        [] => None,
        [one] => Some(one.as_str()),
        _ => {
            let hint = "name none to see all that the files tell of";
            let error = "with --history only one pipeline can be named".to_owned();
            return Err(Stopped::usage(error, hint));
        }
    };
    let read = |path: &PathBuf| read_file(path, named);
    let all: Result<Vec<Recorded>, Stopped> = arguments.history.iter().map(read).collect();
    let hint = "name another pipeline, or none";
    let mut recorded = Recorded::joined(all?)
        .ok_or_else(|| Stopped::unread("the files tell of no pipeline".to_owned(), hint))?;
    if let Some(named) = named {
        recorded.pipelines.retain(|own| own.pipeline == named);
        if recorded.pipelines.is_empty() {
            let error = format!("the files tell nothing of the pipeline `{named}`");
            return Err(Stopped::unread(error, hint));
        }
    }
    Ok(Read {
        recorded,
        unread: Vec::new(),
        cut: false,
    })
}

/// One file. A pipeline that it does not name is called as the command line
/// says, or as the file.
fn read_file(path: &Path, named: Option<&str>) -> Result<Recorded, Stopped> {
    use std::io::Read as _;
    let hint = "it is what `aws codepipeline list-pipeline-executions --pipeline-name NAME` prints";
    let stopped = |error: String| Stopped::unread(format!("{}: {error}", path.display()), hint);
    let mut text = String::new();
    (std::fs::File::open(path))
        .and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text))
        .map_err(|error| stopped(error.to_string()))?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy());
    let name = named.or(stem.as_deref()).unwrap_or("pipeline");
    Recorded::read(&text, name).map_err(|error| stopped(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::days;

    #[test]
    fn lengths_may_be_in_days_up_to_what_aws_keeps() {
        let seconds = |text: &str| days(text).ok().map(|length| length.as_secs());
        assert_eq!(seconds("30d"), Some(2_592_000));
        assert_eq!(seconds("12h"), Some(43_200));
        for refused in ["0d", "367d", "-1d", "d", "30", "99999999999d", "9000h"] {
            assert_eq!(seconds(refused), None, "{refused}");
        }
    }
}
