//! What a served world prints: how to reach it, what happens, what it was
//! asked; for people or, line by line, as JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::{Value, json};
use sluice_world::World;
use sluice_world::codepipeline::{ExecutionStatus, Happening, What};
use sluice_world::world::FUNCTION_ACCESS_KEY;

use super::WorldArguments;
use crate::lines::folded;
use crate::rehearsal::Line;
use crate::rehearse::show::{self, Filter};

/// No signature is verified, so any secret does.
const SECRET: &str = "simulated";

/// Prints what a served world has to say.
pub(super) struct Output {
    json: bool,
    about: String,
    begin: Timestamp,
    region: String,
    has_recorded: bool,
    functions: Option<String>,
    filter: Mutex<Filter>,
}

impl Output {
    pub(super) fn new(arguments: &WorldArguments, world: &World) -> Output {
        let scenario = world.scenario();
        Output {
            json: arguments.json,
            about: scenario.about.clone(),
            begin: scenario.begin,
            region: scenario.region.clone(),
            has_recorded: scenario.recorded().is_some(),
            functions: arguments.functions.as_ref().map(ToString::to_string),
            filter: Mutex::new(Filter::new(arguments.verbose)),
        }
    }

    /// Where the world is, and how to point a client at it.
    pub(super) fn guide(&self, port: u16, is_up: bool) -> io::Result<()> {
        let url = format!("http://127.0.0.1:{port}");
        if self.json {
            return write_json(&json!({
                "event": "listening",
                "url": url,
                "region": self.region,
                "access_key_id": FUNCTION_ACCESS_KEY,
                "secret_access_key": SECRET,
                "began": self.begin,
                "functions_are_up": self.functions.as_ref().map(|_| is_up),
            }));
        }
        let mut out = anstream::stdout();
        write!(out, "{}", self.guide_text(&url))?;
        for note in self.notes(is_up) {
            writeln!(out, "{}", folded(&format!("note: {note}"), "", "  "))?;
        }
        writeln!(out)
    }

    fn guide_text(&self, url: &str) -> String {
        let Output { region, begin, .. } = self;
        let about = format!("a simulated AWS listens at {url}: {}", self.about);
        let heading = folded(&about, "", "  ");
        format!(
            "\
{heading}
it began at {begin:.0} and keeps real time; Ctrl-C ends it

for the AWS CLI, SDKs and functions:
  export AWS_ENDPOINT_URL={url}
  export AWS_REGION={region} AWS_DEFAULT_REGION={region}
  export AWS_ACCESS_KEY_ID={FUNCTION_ACCESS_KEY} AWS_SECRET_ACCESS_KEY={SECRET}
  aws cloudwatch describe-alarms
in Python, with these set:
  boto3.client(\"cloudwatch\").describe_alarms()
"
        )
    }

    fn notes(&self, is_up: bool) -> Vec<String> {
        let mut notes = Vec::new();
        if self.has_recorded {
            notes.push(
                "a recorded series of this scenario stands at its own times; `at` moves it \
                 to a moment of the release"
                    .to_owned(),
            );
        }
        if let Some(address) = self.functions.as_ref().filter(|_| !is_up) {
            notes.push(format!("nothing listens at {address} yet"));
        }
        notes
    }

    /// A line of the timeline. Nobody can be told that it was not printed.
    pub(super) fn line(&self, line: &Line) {
        let _ = if self.json {
            write_json(&json!({
                "event": "line",
                "at": line.at,
                "depth": line.depth,
                "text": line.text,
            }))
        } else if self.filter.lock().is_ok_and(|mut own| own.shows(line)) {
            show::line(&mut anstream::stdout(), line, self.begin)
        } else {
            Ok(())
        };
    }

    /// A job: whoever knows its id can answer it. People are told where no
    /// function is there to do so.
    pub(super) fn job(&self, happening: &Happening) {
        let What::JobCreated {
            stage, action, job, ..
        } = &happening.what
        else {
            return;
        };
        let _ = if self.json {
            write_json(&json!({
                "event": "job",
                "at": happening.at,
                "stage": stage,
                "action": action,
                "job": job,
            }))
        } else if self.functions.is_none() {
            let line = Line {
                at: happening.at,
                depth: 2,
                text: format!("{action} waits for an answer to its job {job}"),
                is_progress: false,
            };
            show::line(&mut anstream::stdout(), &line, self.begin)
        } else {
            Ok(())
        };
    }

    /// How the release ended, if one was awaited, and what was called.
    pub(super) fn end(
        &self,
        status: Option<ExecutionStatus>,
        calls: &BTreeMap<String, u64>,
    ) -> io::Result<()> {
        if self.json {
            return write_json(&json!({ "event": "ended", "status": status, "calls": calls }));
        }
        let mut out = anstream::stdout();
        writeln!(out)?;
        show::calls(&mut out, calls)
    }
}

fn write_json(document: &Value) -> io::Result<()> {
    writeln!(io::stdout(), "{document}")
}
