//! Where a build is, from when it was started and what its project says.

use jiff::Timestamp;
use serde::Serialize;

use super::{BuildSwitches, StartedBuild, Variable};
use crate::caller::Caller;
use crate::scenario::Project;
use crate::wire::Time;

/// The phases that take time, in order.
pub(crate) const PHASES: [&str; 9] = [
    "QUEUED",
    "PROVISIONING",
    "DOWNLOAD_SOURCE",
    "INSTALL",
    "PRE_BUILD",
    "BUILD",
    "POST_BUILD",
    "UPLOAD_ARTIFACTS",
    "FINALIZING",
];

/// A build as CodeBuild shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BuildShape {
    id: String,
    arn: String,
    build_number: u64,
    start_time: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<Time>,
    current_phase: &'static str,
    build_status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_version: Option<String>,
    project_name: String,
    phases: Vec<PhaseShape>,
    environment: Environment,
    logs: Logs,
    build_complete: bool,
    initiator: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhaseShape {
    phase_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase_status: Option<String>,
    start_time: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_in_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contexts: Vec<Context>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    status_code: &'static str,
    message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Environment {
    #[serde(rename = "type")]
    kind: &'static str,
    image: &'static str,
    compute_type: &'static str,
    environment_variables: Vec<Variable>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logs {
    #[serde(skip_serializing_if = "Option::is_none")]
    group_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_name: Option<String>,
    deep_link: String,
}

impl BuildShape {
    pub(super) fn has_ended(&self) -> bool {
        self.build_complete
    }
}

pub(super) fn shape(
    build: &StartedBuild,
    caller: &Caller<'_>,
    switches: &BuildSwitches,
) -> BuildShape {
    let default = Project::default();
    let project = caller.scenario.projects.get(&build.project);
    let course = course(project.unwrap_or(&default), build, caller.now);
    let variables = build.variables.iter().map(|(name, value)| Variable {
        name: name.clone(),
        value: value.clone(),
        kind: Some("PLAINTEXT".to_owned()),
    });
    let variables = variables.filter(|_| switches.shows_variables).collect();
    BuildShape {
        id: super::id_of(&build.arn).to_owned(),
        arn: build.arn.clone(),
        build_number: build.number,
        start_time: Time(build.at),
        end_time: course.ended.map(Time),
        current_phase: course
            .phases
            .last()
            .map_or("SUBMITTED", |own| own.phase_type),
        build_status: course.status,
        source_version: build.source_version.clone(),
        project_name: build.project.clone(),
        logs: logs(build, caller, &course.phases),
        phases: course.phases,
        environment: Environment {
            kind: "LINUX_CONTAINER",
            image: "aws/codebuild/standard:7.0",
            compute_type: "BUILD_GENERAL1_SMALL",
            environment_variables: variables,
        },
        build_complete: course.ended.is_some(),
        initiator: "sluice",
    }
}

/// A log is there from the time when the build's container is.
fn logs(build: &StartedBuild, caller: &Caller<'_>, phases: &[PhaseShape]) -> Logs {
    let runs = phases.iter().any(|own| own.phase_type == "PROVISIONING");
    let (_, stream) = build.arn.rsplit_once(':').unwrap_or_default();
    let group = format!("/aws/codebuild/{}", build.project);
    let (shown_group, shown_stream) = if runs {
        (group.as_str(), stream)
    } else {
        ("null", "null")
    };
    Logs {
        deep_link: format!(
            "https://console.aws.amazon.com/cloudwatch/home?region={}#logEvent:group={shown_group};stream={shown_stream}",
            caller.region
        ),
        group_name: runs.then(|| group.clone()),
        stream_name: runs.then(|| stream.to_owned()),
    }
}

struct Course {
    phases: Vec<PhaseShape>,
    status: String,
    ended: Option<Timestamp>,
}

/// What has happened to a build by now.
fn course(project: &Project, build: &StartedBuild, now: Timestamp) -> Course {
    let until = build.stopped.unwrap_or(now);
    let mut phases = vec![finished("SUBMITTED", "SUCCEEDED", build.at, build.at)];
    let mut at = build.at;
    let mut status = "SUCCEEDED".to_owned();
    for name in PHASES {
        if skipped(project, name) {
            continue;
        }
        let takes = project.phases.get(name).copied().unwrap_or_default();
        let end = at.saturating_add(takes.0).unwrap_or(Timestamp::MAX);
        if end > until {
            return cut_off(phases, name, at, build.stopped);
        }
        let failure = project.fails.as_ref().filter(|own| own.phase == name);
        let own = failure.map_or("SUCCEEDED", |own| own.status.as_deref().unwrap_or("FAILED"));
        let mut phase = finished(name, own, at, end);
        if let Some(failure) = failure {
            own.clone_into(&mut status);
            phase.contexts.push(Context {
                status_code: "COMMAND_EXECUTION_ERROR",
                message: failure.message.clone(),
            });
        }
        phases.push(phase);
        at = end;
    }
    phases.push(open("COMPLETED", at));
    Course {
        phases,
        status,
        ended: Some(at),
    }
}

/// A phase that fails ends the build, but for what always follows: after
/// `BUILD` still `POST_BUILD` and the artifacts, and the end in any case.
fn skipped(project: &Project, name: &str) -> bool {
    let place = |name: &str| PHASES.iter().position(|own| *own == name);
    let Some(failed) = project.fails.as_ref() else {
        return false;
    };
    let always = name == "FINALIZING" || failed.phase == "BUILD";
    place(name) > place(&failed.phase) && !always
}

fn cut_off(
    mut phases: Vec<PhaseShape>,
    name: &'static str,
    at: Timestamp,
    stopped: Option<Timestamp>,
) -> Course {
    match stopped {
        None => phases.push(open(name, at)),
        Some(end) => {
            phases.push(finished(name, "STOPPED", at, end));
            phases.push(open("COMPLETED", end));
        }
    }
    Course {
        phases,
        status: stopped.map_or("IN_PROGRESS", |_| "STOPPED").to_owned(),
        ended: stopped,
    }
}

fn finished(name: &'static str, status: &str, from: Timestamp, to: Timestamp) -> PhaseShape {
    PhaseShape {
        phase_type: name,
        phase_status: Some(status.to_owned()),
        start_time: Time(from),
        end_time: Some(Time(to)),
        duration_in_seconds: Some(to.duration_since(from).as_secs()),
        contexts: Vec::new(),
    }
}

fn open(name: &'static str, from: Timestamp) -> PhaseShape {
    PhaseShape {
        phase_type: name,
        phase_status: None,
        start_time: Time(from),
        end_time: None,
        duration_in_seconds: None,
        contexts: Vec::new(),
    }
}
