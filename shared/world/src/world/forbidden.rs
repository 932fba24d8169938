//! Which rights a call needs, and the refusal of one that its caller lacks.

use http::{Request, Response};
use serde_json::Value;

use super::World;
use super::target::{Target, refusal};
use crate::rights::Wanted;
use crate::s3::percent_decoded;
use crate::scenario::RefusalKind;
use crate::secrets;
use crate::wire::{self, ApiError, read_form};

/// An action of a policy, and the resource that it is about.
type Right = (String, String);

impl World {
    /// The answer to a call that its caller may not make.
    pub(super) fn forbidden(
        &self,
        target: &Target,
        request: &Request<Vec<u8>>,
    ) -> Option<Response<Vec<u8>>> {
        let guard = self.0.guard.as_ref()?;
        // Artifact credentials are a bucket's, and no role's.
        if self.0.s3.is_granted(&target.access_key) {
            return None;
        }
        let assumed = self.0.sts.assumed(&target.access_key);
        let wanted = self.rights(target, request).into_iter();
        let mut wanted = wanted.map(|(action, resource)| Wanted {
            access_key: target.access_key.clone(),
            assumed: assumed.clone(),
            action,
            resource,
        });
        let lacking = wanted.find(|own| !guard(own))?;
        Some(target.refused(&self.denied(target, &lacking)))
    }

    /// A refusal as IAM words it.
    fn denied(&self, target: &Target, lacking: &Wanted) -> ApiError {
        let session = self.0.sts.session_of(&target.access_key);
        let account = &self.0.scenario.account;
        let who = session.unwrap_or(format!("arn:aws:sts::{account}:assumed-role/caller/caller"));
        let (action, resource) = (&lacking.action, &lacking.resource);
        ApiError {
            message: format!(
                "User: {who} is not authorized to perform: {action} on resource: {resource} because no \
                 identity-based policy allows the {action} action"
            ),
            ..refusal(target, RefusalKind::AccessDenied)
        }
    }

    /// The rights that a call needs. Operations that AWS gives to everybody
    /// need none.
    fn rights(&self, target: &Target, request: &Request<Vec<u8>>) -> Vec<Right> {
        let own = |resource: String| {
            let action = format!("{}:{}", target.service, target.operation);
            vec![(action, resource)]
        };
        match target.service {
            "cloudwatch" => own("*".to_owned()),
            "s3" => self.rights_to_objects(target),
            "sts" => rights_to_roles(&form(request)),
            "sns" => own(form(request).remove("TopicArn").unwrap_or_default()),
            "lambda" => {
                let action = match target.operation.as_str() {
                    "Invoke" => "lambda:InvokeFunction".to_owned(),
                    other => format!("lambda:{other}"),
                };
                vec![(action, self.named(target, "function:", &function(request)))]
            }
            "synthetics" => {
                let name = request.uri().path().split('/').nth(2).unwrap_or_default();
                own(self.named(target, "canary:", name))
            }
            _ => {
                let body = wire::unpacked(request).ok();
                let body = body.and_then(|body| target.protocol.read::<Value>(&body).ok());
                let resources = self.named_in(target, &body.unwrap_or_default());
                resources.into_iter().flat_map(own).collect()
            }
        }
    }

    /// Without the right to list a bucket an absent object is a forbidden one.
    fn rights_to_objects(&self, target: &Target) -> Vec<Right> {
        let (bucket, key) = &target.object;
        let of_bucket = ("s3:ListBucket".to_owned(), format!("arn:aws:s3:::{bucket}"));
        if key.is_empty() {
            return vec![of_bucket];
        }
        let action = format!("s3:{}", target.operation);
        let mut rights = vec![(action, format!("arn:aws:s3:::{bucket}/{key}"))];
        if target.operation == "GetObject" && self.0.s3.get(bucket, key).is_none() {
            rights.push(of_bucket);
        }
        rights
    }

    /// What a body names.
    fn named_in(&self, target: &Target, body: &Value) -> Vec<String> {
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        let one = |kind: &str, name: &str| vec![self.named(target, kind, text(name))];
        match (target.service, target.operation.as_str()) {
            ("codebuild", "StopBuild") => one("project/", "id"),
            ("codebuild", "BatchGetBuilds") => {
                let ids = body["ids"].as_array().into_iter().flatten();
                let ids = ids.filter_map(Value::as_str);
                ids.map(|id| self.named(target, "project/", id)).collect()
            }
            ("codebuild", _) => one("project/", "projectName"),
            ("codedeploy", _) => vec![self.deployment_group(target, text("deploymentId"))],
            ("codepipeline", "PollForJobs") => {
                let part = |name: &str| body["actionTypeId"][name].as_str().unwrap_or_default();
                let parts = ["owner", "category", "provider", "version"].map(part);
                vec![self.named(target, "actiontype:", &parts.join("/"))]
            }
            ("codepipeline", "GetPipelineState") => one("", "name"),
            ("codepipeline", _) if body["pipelineName"].is_string() => one("", "pipelineName"),
            ("dynamodb", _) => one("table/", "TableName"),
            ("events", _) => {
                let entries = body["Entries"].as_array().into_iter().flatten();
                let bus =
                    |own: &Value| own["EventBusName"].as_str().unwrap_or("default").to_owned();
                let mut buses: Vec<String> = entries.map(bus).collect();
                buses.dedup();
                let buses = buses.iter();
                buses
                    .map(|bus| self.named(target, "event-bus/", bus))
                    .collect()
            }
            ("secretsmanager", _) => {
                let secret = text("SecretId");
                let resource = self.calling(target, |caller| secrets::resource(caller, secret));
                vec![resource]
            }
            ("states", "StartExecution") => vec![text("stateMachineArn").to_owned()],
            ("states", _) => vec![text("executionArn").to_owned()],
            // Jobs of CodePipeline, and lists of all that there is.
            _ => vec!["*".to_owned()],
        }
    }

    /// The ARN of something by its name, or the ARN by which it was named. The
    /// parts of a build's id are its project and its own.
    fn named(&self, target: &Target, kind: &str, name: &str) -> String {
        if name.starts_with("arn:") {
            return name.to_owned();
        }
        let name = match target.service {
            "codebuild" => name.split(':').next().unwrap_or_default(),
            _ => name,
        };
        let (service, region) = (target.service, &target.region);
        let account = self.account_of(target);
        format!("arn:aws:{service}:{region}:{account}:{kind}{name}")
    }

    /// The group of a deployment; of one that is not there, nobody knows it.
    fn deployment_group(&self, target: &Target, deployment: &str) -> String {
        self.with_deployments(|all| {
            let own = all.deployments.iter().find(|own| own.id == deployment);
            own.map_or("*".to_owned(), |own| {
                let group = format!("{}/{}", own.application, own.group);
                self.named(target, "deploymentgroup:", &group)
            })
        })
    }
}

fn form(request: &Request<Vec<u8>>) -> std::collections::HashMap<String, String> {
    read_form(&String::from_utf8_lossy(request.body()))
}

/// `GetCallerIdentity` needs no right; tags of a session need one of their own.
fn rights_to_roles(form: &std::collections::HashMap<String, String>) -> Vec<Right> {
    let Some(role) = form.get("RoleArn") else {
        return Vec::new();
    };
    let right = |action: &str| (action.to_owned(), role.clone());
    let tags = form.keys().any(|name| name.starts_with("Tags.member."));
    let tags = tags.then(|| right("sts:TagSession"));
    [right("sts:AssumeRole")].into_iter().chain(tags).collect()
}

/// The function of a path, with its qualifier where one is invoked.
fn function(request: &Request<Vec<u8>>) -> String {
    let path = request.uri().path().split('/').nth(3).unwrap_or_default();
    let name = percent_decoded(path);
    let query = read_form(request.uri().query().unwrap_or_default());
    match query.get("Qualifier") {
        Some(qualifier) => format!("{name}:{qualifier}"),
        None => name,
    }
}

#[cfg(test)]
mod tests;
