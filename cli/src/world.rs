//! `sluice world`: the simulated AWS behind a socket, in real time, for
//! functions and other clients that are processes of their own.

mod output;
mod served;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;
use sluice_core::Duration;
use sluice_core::plan::Plan;
use sluice_world::codepipeline::{Pipeline, Settings};
use sluice_world::functions::Address;
use sluice_world::{Scenario, World};

use crate::assumptions_file::assume;
use crate::rehearsal::{
    EVIDENCE_BUCKET, action_types, checked_pipeline, pipeline, with_custom_actions,
};
use crate::{exit, plan_file, scenario_file};

const MORE_HELP: &str = "\
The scenario's `begin` becomes the present moment, because clients have clocks
of their own: moments such as `12m` and `prod + 3m` hold, while absolute times
and recorded series without `at` stay where they are.

Exit codes:
  0   ended by Ctrl-C; with --release: it Succeeded
  1   with --release: it did not succeed
  3   a file, the port or the functions cannot be used
  64  wrong usage";

/// Serve a simulated AWS on this machine, in real time, for any AWS client
#[derive(Debug, Args)]
#[command(after_help = MORE_HELP)]
pub struct WorldArguments {
    /// What happens in the world
    #[arg(long, value_name = "FILE")]
    scenario: PathBuf,
    /// The port on 127.0.0.1; 0 picks one
    #[arg(long, value_name = "PORT", default_value_t = 5056)]
    port: u16,
    /// Give CodePipeline this plan's pipeline, and S3 the bucket
    /// `sluice-evidence`
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// In that pipeline let one action of each stage have all its gates run,
    /// after the deployment, by a state machine (function `sluice-checks`)
    #[arg(long, requires = "plan")]
    checks: bool,
    /// In that pipeline make the gates custom actions, whose jobs wait for a
    /// worker
    #[arg(long, requires = "plan")]
    custom_actions: bool,
    /// The worker: a function that is invoked when a custom action has
    /// started, and again and again
    #[arg(
        long,
        value_name = "FUNCTION",
        requires = "custom_actions",
        requires = "functions"
    )]
    worker: Option<String>,
    /// How often the worker is invoked
    #[arg(long, value_name = "LENGTH", default_value = "1m", requires = "worker")]
    worker_every: Duration,
    /// Where functions are invoked, such as cargo-lambda's emulator at
    /// `http://127.0.0.1:9000`
    #[arg(long, value_name = "URL")]
    functions: Option<Address>,
    /// Start one release at once, show what happens, and end with it
    #[arg(long, requires = "plan", requires = "functions")]
    release: bool,
    /// Lambda's waits before it tries a failed function again, one for each
    /// retry
    #[arg(
        long,
        value_name = "LENGTH",
        default_value = "1m",
        value_delimiter = ','
    )]
    retry_wait: Vec<Duration>,
    /// Lambda gives up on a function that runs longer
    #[arg(long, value_name = "LENGTH", default_value = "2m")]
    function_timeout: Duration,
    /// CodePipeline fails an action that says nothing for so long
    #[arg(long, value_name = "LENGTH", default_value = "20m")]
    reply_limit: Duration,
    /// The function that Lambda tells of events whose function failed for good
    #[arg(long, value_name = "FUNCTION", default_value = "sluice-reaper")]
    on_failure: String,
    /// Have AWS behave as `sluice probe` measured
    #[arg(long, value_name = "FILE")]
    assumptions: Option<PathBuf>,
    /// A role that every client may assume; may be given several times
    #[arg(long, value_name = "ARN")]
    role: Vec<String>,
    /// Print one JSON document for each line
    #[arg(long)]
    json: bool,
    /// Print every look of a gate, not only those that show something new
    #[arg(long, short)]
    verbose: bool,
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &WorldArguments) -> io::Result<u8> {
    let done = read(arguments).and_then(|read| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("error: the runtime did not start: {error}"))?;
        runtime.block_on(served::run(arguments, read))
    });
    done.or_else(|message| {
        writeln!(anstream::stderr(), "{}", message.trim_end())?;
        Ok(exit::GATE_ERROR)
    })
}

/// The files that the command was given.
struct Read {
    scenario: Scenario,
    plan: Option<(Plan, String)>,
}

fn read(arguments: &WorldArguments) -> Result<Read, String> {
    let plan = arguments.plan.as_deref().map(plan_file::load).transpose()?;
    let mut scenario = scenario_file::load(&arguments.scenario)?;
    assume(&mut scenario, arguments.assumptions.as_deref())?;
    Ok(Read { scenario, plan })
}

/// A world that begins now, and the pipeline of the plan in it.
fn world(arguments: &WorldArguments, read: Read) -> (World, Option<Pipeline>) {
    let mut scenario = read.scenario;
    scenario.begin = jiff::Timestamp::now();
    let made = if arguments.checks {
        checked_pipeline
    } else {
        pipeline
    };
    let pipeline = read.plan.map(|(plan, text)| made(&plan, &text, &scenario));
    let pipeline = pipeline.map(|own| match arguments.custom_actions {
        true => with_custom_actions(own),
        false => own,
    });
    let world = World::with_settings(scenario, |settings| settle(settings, arguments));
    if pipeline.is_some() {
        world.s3().create_bucket(EVIDENCE_BUCKET);
    }
    if arguments.custom_actions {
        for described in action_types() {
            let created = world.codepipeline().create_action_type(&described);
            created.expect("our action types are within CodePipeline's limits");
        }
    }
    for role in &arguments.role {
        world.sts().allow(role, None);
    }
    (world, pipeline)
}

fn settle(settings: &mut Settings, arguments: &WorldArguments) {
    let waits = arguments.retry_wait.iter();
    settings.retry_waits = waits.map(|wait| SignedDuration::from(*wait)).collect();
    settings.function_timeout = arguments.function_timeout.into();
    settings.silence_limit = arguments.reply_limit.into();
    settings.on_failure = Some(arguments.on_failure.clone());
}
