//! The life of a served world: bind, tell, serve, end.

use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use sluice_world::World;
use sluice_world::codepipeline::{ExecutionStatus, Pipeline};
use sluice_world::functions::{Address, functions_at};
use sluice_world::serve::serve;
use sluice_world::world::Schedule;
use tokio::net::TcpListener;

use super::output::Output;
use super::{Read, WorldArguments, world};
use crate::exit;
use crate::rehearsal::Timeline;

/// How long functions may take to end after the release did.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Serves until somebody ends it, or until the release has ended.
pub(super) async fn run(arguments: &WorldArguments, read: Read) -> Result<u8, String> {
    let listener = bind(arguments.port).await?;
    let port = listener.local_addr().map_err(|error| unwritten(&error))?;
    let (world, pipeline) = world(arguments, read);
    let output = Arc::new(Output::new(arguments, &world));
    // From here on Ctrl-C ends it with its last line.
    let end = ended_by_somebody().map_err(|error| unwritten(&error))?;
    let is_up = invoke_at(&world, arguments).await?;
    output
        .guide(port.port(), is_up)
        .map_err(|error| unwritten(&error))?;
    let timeline = watch(&world, &output);
    let _schedule = start_worker(&world, arguments);
    let release = prepare(&world, pipeline, arguments.release)?;
    let status = tokio::select! {
        () = serve(listener, world.clone(), end) => None,
        status = finished(&world, release.as_deref()) => Some(status),
    };
    timeline.finish();
    output
        .end(status, &world.calls_by_operation())
        .map_err(|error| unwritten(&error))?;
    Ok(match status {
        None if !arguments.release => exit::PASS,
        Some(ExecutionStatus::Succeeded) => exit::PASS,
        _ => exit::FAIL,
    })
}

async fn bind(port: u16) -> Result<TcpListener, String> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    bound.map_err(|error| {
        let why = match error.kind() {
            ErrorKind::AddrInUse => "is in use".to_owned(),
            _ => format!("cannot be used: {error}"),
        };
        format!(
            "error: port {port} of 127.0.0.1 {why}\n  hint: end what listens there, or \
             take another: `--port 0` picks one"
        )
    })
}

/// Has functions invoked at their address, if there is one; says whether
/// somebody listens there.
async fn invoke_at(world: &World, arguments: &WorldArguments) -> Result<bool, String> {
    let Some(address) = &arguments.functions else {
        return Ok(true);
    };
    world.set_functions(functions_at(address));
    let is_up = address.is_up().await;
    if is_up || !arguments.release {
        Ok(is_up)
    } else {
        Err(nobody_listens(address))
    }
}

/// Has the worker of custom actions invoked, if there is one, for as long as
/// the schedule is held.
fn start_worker(world: &World, arguments: &WorldArguments) -> Option<Schedule> {
    let worker = arguments.worker.as_deref()?;
    world.invoke_on_started(worker);
    Some(world.invoke_every(arguments.worker_every.into(), worker))
}

fn nobody_listens(address: &Address) -> String {
    format!(
        "error: nothing listens at {address}\n  hint: start the functions first: \
         `cargo lambda watch --ignore-changes`"
    )
}

fn watch(world: &World, output: &Arc<Output>) -> Timeline {
    let lines = Arc::clone(output);
    let timeline = Timeline::new(world, Arc::new(move |line| lines.line(line)));
    world.observe(timeline.observer());
    let jobs = Arc::clone(output);
    world.observe(Arc::new(move |happening| jobs.job(happening)));
    timeline
}

/// Defines the pipeline, and starts the release that was asked for.
fn prepare(
    world: &World,
    pipeline: Option<Pipeline>,
    release: bool,
) -> Result<Option<String>, String> {
    let refused = |error| format!("error: CodePipeline would refuse this pipeline: {error}");
    match pipeline {
        Some(pipeline) if release => world.start(pipeline).map(Some).map_err(refused),
        Some(pipeline) => {
            let defined = world.codepipeline().define(pipeline);
            defined.map(|()| None).map_err(refused)
        }
        None => Ok(None),
    }
}

/// Waits for the end of a release and of its functions, which still have to
/// hear what CodePipeline said to their answers. Never ends without one.
async fn finished(world: &World, release: Option<&str>) -> ExecutionStatus {
    let Some(release) = release else {
        return std::future::pending().await;
    };
    let status = world.codepipeline().finished(release).await.status;
    // Functions that outlive their release are cut off.
    let _ = tokio::time::timeout(LAST_WORDS, async {
        while world.functions_running() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    status
}

/// Resolves at Ctrl-C, and where there are signals at the one to terminate.
#[cfg(unix)]
fn ended_by_somebody() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves at Ctrl-C, and where there are signals at the one to terminate.
#[cfg(not(unix))]
fn ended_by_somebody() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn unwritten(error: &std::io::Error) -> String {
    format!("error: {error}")
}
