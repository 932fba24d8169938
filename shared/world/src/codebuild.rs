//! CodeBuild: builds that take their time, of projects that the scenario
//! describes.
//!
//! A build runs nothing. Where it is follows from when it was started and how
//! long its project's phases take. `StartBuild` keeps idempotency tokens for
//! five minutes, as documented; how soon a build can be seen, and whether it
//! shows the variables that it was started with, is not ([`BuildSwitches`]).

mod build;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::caller::{Caller, uuid};
use crate::wire::{ApiError, Protocol};
pub(crate) use build::PHASES;
use build::{BuildShape, shape};

/// Builds on one page, and ids in one call.
const PAGE: usize = 100;

/// How CodeBuild behaves where its documentation leaves it open.
#[derive(Debug, Clone)]
pub struct BuildSwitches {
    /// How long an idempotency token is known. Documented: 5 min.
    pub token_lasts: SignedDuration,
    /// How long after its start a build is neither listed nor shown. Not
    /// documented; default 0 s.
    pub seen_after: SignedDuration,
    /// Whether a build shows the variables that it was started with. Not
    /// documented; default yes.
    pub shows_variables: bool,
    /// Whether to stop a build that has ended is refused. Not documented;
    /// default no.
    pub refuses_late_stop: bool,
}

impl Default for BuildSwitches {
    fn default() -> BuildSwitches {
        BuildSwitches {
            token_lasts: SignedDuration::from_mins(5),
            seen_after: SignedDuration::ZERO,
            shows_variables: true,
            refuses_late_stop: false,
        }
    }
}

/// A build that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedBuild {
    /// Its ARN.
    pub arn: String,
    /// Its project.
    pub project: String,
    /// Its number in the project, from 1.
    pub number: u64,
    /// When it was started.
    pub at: Timestamp,
    /// What it was started for.
    pub source_version: Option<String>,
    /// The variables that it was started with.
    pub variables: BTreeMap<String, String>,
    /// When it was stopped.
    pub stopped: Option<Timestamp>,
}

/// All builds of the world.
#[derive(Debug, Default)]
pub(crate) struct CodeBuild {
    pub(crate) switches: BuildSwitches,
    builds: Vec<StartedBuild>,
    tokens: Vec<Token>,
}

/// A token that is known, and what it was used for.
#[derive(Debug)]
struct Token {
    token: String,
    at: Timestamp,
    request: StartBuild,
    arn: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StartBuild {
    project_name: String,
    source_version: Option<String>,
    #[serde(default)]
    environment_variables_override: Vec<Variable>,
    idempotency_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Variable {
    name: String,
    value: String,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Ids {
    ids: Vec<String>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    project_name: String,
    sort_order: Option<String>,
    next_token: Option<String>,
}

#[derive(Serialize)]
struct OneBuild {
    build: BuildShape,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Builds {
    builds: Vec<BuildShape>,
    builds_not_found: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

impl CodeBuild {
    /// All that were started, in order.
    pub(crate) fn started(&self) -> Vec<StartedBuild> {
        self.builds.clone()
    }

    pub(crate) fn call(
        &mut self,
        caller: &Caller<'_>,
        operation: &str,
        protocol: Protocol,
        body: &[u8],
    ) -> Result<Vec<u8>, ApiError> {
        match operation {
            "StartBuild" => protocol.run(body, |input| self.start(caller, input)),
            "BatchGetBuilds" => protocol.run(body, |input| self.get(caller, input)),
            "ListBuildsForProject" => protocol.run(body, |input| self.list(caller, &input)),
            "StopBuild" => protocol.run(body, |input: Id| self.stop(caller, &input.id)),
            other => {
                let message = format!("this world's CodeBuild has no operation {other}");
                Err(ApiError::client("UnknownOperationException", message))
            }
        }
    }

    fn start(&mut self, caller: &Caller<'_>, input: StartBuild) -> Result<OneBuild, ApiError> {
        let name = project_name(&input.project_name).to_owned();
        known(caller, "codebuild:StartBuild", &name)?;
        if let Some(variable) = unusable(&input.environment_variables_override) {
            let message = format!("Environment variable {variable} cannot be used");
            return Err(ApiError::client("InvalidInputException", message));
        }
        if let Some(arn) = self.known_token(caller, &input)? {
            return self.one(caller, &arn);
        }
        let number = self.builds.iter().filter(|own| own.project == name).count() as u64 + 1;
        let id = uuid(0x8003, self.builds.len() as u64 + 1);
        let arn = caller.arn("codebuild", &format!("build/{name}:{id}"));
        let variables = input.environment_variables_override.iter();
        self.builds.push(StartedBuild {
            arn: arn.clone(),
            project: name,
            number,
            at: caller.now,
            source_version: input.source_version.clone(),
            variables: variables
                .map(|own| (own.name.clone(), own.value.clone()))
                .collect(),
            stopped: None,
        });
        if let Some(token) = input.idempotency_token.clone() {
            self.tokens.push(Token {
                token,
                at: caller.now,
                request: input,
                arn: arn.clone(),
            });
        }
        self.one(caller, &arn)
    }

    /// The build that this token started, while it is known.
    fn known_token(
        &mut self,
        caller: &Caller<'_>,
        input: &StartBuild,
    ) -> Result<Option<String>, ApiError> {
        let lasts = self.switches.token_lasts;
        self.tokens
            .retain(|own| caller.now.duration_since(own.at) < lasts);
        let home = caller.arn("codebuild", "build/");
        let known = self.tokens.iter().find(|own| {
            Some(&own.token) == input.idempotency_token.as_ref() && own.arn.starts_with(&home)
        });
        match known {
            None => Ok(None),
            Some(own) if own.request == *input => Ok(Some(own.arn.clone())),
            Some(_) => Err(ApiError::client(
                "InvalidInputException",
                "Idempotency token was used with other parameters: parameter mismatch",
            )),
        }
    }

    fn one(&self, caller: &Caller<'_>, arn: &str) -> Result<OneBuild, ApiError> {
        let build = self.builds.iter().find(|own| own.arn == arn);
        let build = build.ok_or_else(|| no_build(arn))?;
        let build = shape(build, caller, &self.switches);
        Ok(OneBuild { build })
    }

    /// The builds of this account and region that can be seen by now.
    fn seen<'a>(&'a self, caller: &'a Caller<'_>) -> impl Iterator<Item = &'a StartedBuild> {
        let home = caller.arn("codebuild", "build/");
        let after = self.switches.seen_after;
        self.builds.iter().filter(move |own| {
            own.arn.starts_with(&home) && caller.now.duration_since(own.at) >= after
        })
    }

    fn get(&mut self, caller: &Caller<'_>, input: Ids) -> Result<Builds, ApiError> {
        if !(1..=PAGE).contains(&input.ids.len()) {
            let message = format!("{} ids; between 1 and {PAGE} are taken", input.ids.len());
            return Err(ApiError::client("InvalidInputException", message));
        }
        let mut builds = Vec::new();
        let mut builds_not_found = Vec::new();
        for id in input.ids {
            let found = self.seen(caller).find(|own| is_id(&own.arn, &id));
            match found {
                Some(own) => {
                    may(caller, "codebuild:BatchGetBuilds", &own.project)?;
                    builds.push(shape(own, caller, &self.switches));
                }
                None => builds_not_found.push(id),
            }
        }
        Ok(Builds {
            builds,
            builds_not_found,
        })
    }

    fn list(&mut self, caller: &Caller<'_>, input: &List) -> Result<Listed, ApiError> {
        let name = project_name(&input.project_name);
        known(caller, "codebuild:ListBuildsForProject", name)?;
        let all = self.seen(caller).filter(|own| own.project == name);
        let mut ids: Vec<String> = all.map(|own| id_of(&own.arn).to_owned()).collect();
        if input.sort_order.is_some() && ids.len() > PAGE {
            let message = "sortOrder cannot be set for a project of more than 100 builds";
            return Err(ApiError::client("InvalidInputException", message));
        }
        if input.sort_order.as_deref() != Some("ASCENDING") {
            ids.reverse();
        }
        let from = input.next_token.as_deref().map_or(Ok(0), str::parse);
        let from: usize =
            from.map_err(|_| ApiError::client("InvalidInputException", "Invalid nextToken"))?;
        let more = ids.len() > from + PAGE;
        Ok(Listed {
            ids: ids.into_iter().skip(from).take(PAGE).collect(),
            next_token: more.then(|| (from + PAGE).to_string()),
        })
    }

    fn stop(&mut self, caller: &Caller<'_>, id: &str) -> Result<OneBuild, ApiError> {
        let found = self.seen(caller).find(|own| is_id(&own.arn, id)).cloned();
        let found = found.ok_or_else(|| no_build(id))?;
        may(caller, "codebuild:StopBuild", &found.project)?;
        if !shape(&found, caller, &self.switches).has_ended() {
            let own = self.builds.iter_mut().find(|own| own.arn == found.arn);
            own.expect("it was just found").stopped = Some(caller.now);
        } else if self.switches.refuses_late_stop {
            let message = format!("Build {id} has ended");
            return Err(ApiError::client("InvalidInputException", message));
        }
        self.one(caller, &found.arn)
    }
}

fn no_build(id: &str) -> ApiError {
    ApiError::client(
        "ResourceNotFoundException",
        format!("Build {id} does not exist"),
    )
}

/// The name in a project's ARN.
fn project_name(name: &str) -> &str {
    name.rsplit_once("project/").map_or(name, |(_, name)| name)
}

fn id_of(arn: &str) -> &str {
    arn.split_once('/').map_or(arn, |(_, id)| id)
}

fn is_id(arn: &str, id: &str) -> bool {
    arn == id || id_of(arn) == id
}

/// A variable without a name, or of a kind that does not exist.
fn unusable(variables: &[Variable]) -> Option<&str> {
    let kinds = ["PLAINTEXT", "PARAMETER_STORE", "SECRETS_MANAGER"];
    let is_usable = |own: &&Variable| {
        let kind = own.kind.as_deref().unwrap_or("PLAINTEXT");
        !own.name.is_empty() && kinds.contains(&kind)
    };
    let wrong = variables.iter().find(|own| !is_usable(own));
    wrong.map(|own| own.name.as_str())
}

/// Refuses a project that is not there, or that others may use.
fn known(caller: &Caller<'_>, action: &str, name: &str) -> Result<(), ApiError> {
    let arn = caller.arn("codebuild", &format!("project/{name}"));
    let own = caller.scenario.projects.get(name);
    if !own.is_some_and(|own| caller.is_home_of(own)) {
        let message = format!("Project cannot be found: {arn}");
        return Err(ApiError::client("ResourceNotFoundException", message));
    }
    may(caller, action, name)
}

fn may(caller: &Caller<'_>, action: &str, name: &str) -> Result<(), ApiError> {
    let arn = caller.arn("codebuild", &format!("project/{name}"));
    let own = caller.scenario.projects.get(name);
    own.map_or(Ok(()), |own| caller.may(action, own, &arn))
}
