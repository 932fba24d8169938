//! `sluice judge`: whether a canary is worse than its baseline, from two files.
//!
//! The files are read by `values.rs`; the flags and the configuration become the
//! judge's own parameters in `plan.rs` and `rules.rs`; each method has a module
//! that judges and says why. Whatever cannot be read ends the command with a
//! message of its own and is never a pass.

mod chart;
mod explain;
mod flags;
mod fold;
mod kayenta;
mod number;
mod plan;
mod report;
mod rules;
mod sequential;
mod trouble;
mod values;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::Value;
use sluice_judge::Verdict;
use sluice_report::{FilesCompared, files_page};

use self::flags::{KayentaArguments, SequentialArguments, WorseWord};
use self::trouble::Trouble;
use self::values::Pair;
use crate::{exit, pages};

const EXIT_CODES: &str = "\
Files: CSV with the header `timestamp,value`, or `timestamp,count,total` for
events and the requests they come from. Times as 2026-03-01T12:00:00Z or
2026-03-01 12:00:00 (UTC). An empty field or NaN is a missing value.

Exit codes:
  0   pass: safe, or Kayenta's Pass
  1   fail: harm, or Kayenta's High or Low
  2   inconclusive: nothing is proven, or there are no data
  3   a file that cannot be used
  64  wrong usage";

/// Say whether a canary is worse than its baseline, from two files
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct JudgeArguments {
    /// The baseline's values
    baseline: PathBuf,
    /// The canary's values
    canary: PathBuf,
    /// How to compare
    #[arg(long, value_enum, default_value_t = Method::Sequential)]
    method: Method,
    /// A plan of one metric (sequential), or a metric's
    /// `analysisConfigurations` (kayenta), as JSON; flags go before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Which way is bad; `either` only with kayenta, where it is the default
    #[arg(long, value_enum)]
    worse: Option<WorseWord>,
    /// A canary without data is harmed
    #[arg(long)]
    must_have_data: bool,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
    /// Write a page about it here
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Sequential")]
    sequential: SequentialArguments,
    #[command(flatten, next_help_heading = "Kayenta")]
    kayenta: KayentaArguments,
}

/// How to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    /// Right about its own errors at every look
    Sequential,
    /// Mann-Whitney as Kayenta does it
    Kayenta,
}

/// What a method has to say.
struct Report {
    verdict: Verdict,
    document: Value,
    text: String,
    /// For a page; only of the sequential method.
    compared: Option<FilesCompared>,
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &JudgeArguments) -> io::Result<u8> {
    let report = match judged(arguments) {
        Ok(report) => report,
        Err(trouble) => {
            if arguments.json {
                writeln!(io::stdout(), "{:#}", trouble.document())?;
            }
            writeln!(anstream::stderr(), "{trouble}")?;
            return Ok(trouble.code());
        }
    };
    if let (Some(path), Some(compared)) = (&arguments.html, &report.compared)
        && let Err(message) = pages::put(path, files_page(compared).as_bytes())
    {
        writeln!(anstream::stderr(), "{message}")?;
        return Ok(exit::GATE_ERROR);
    }
    if arguments.json {
        writeln!(io::stdout(), "{:#}", report.document)?;
    } else {
        anstream::stdout().write_all(report.text.as_bytes())?;
    }
    Ok(match report.verdict {
        Verdict::Pass => exit::PASS,
        Verdict::Fail => exit::FAIL,
        Verdict::Inconclusive => exit::INCONCLUSIVE,
    })
}

fn judged(arguments: &JudgeArguments) -> Result<Report, Trouble> {
    flags::check_method(arguments)?;
    let pair = Pair::read(&arguments.baseline, &arguments.canary)?;
    match arguments.method {
        Method::Sequential => {
            let plan = plan::plan(arguments, pair.kind)?;
            let aligned = arguments.sequential.align_start;
            sequential::judged(&plan, &pair, arguments.sequential.period, aligned)
        }
        Method::Kayenta => kayenta::judged(&rules::rules(arguments)?, &pair),
    }
}
