//! What the worker of custom actions passes to a gate's function: a job that it
//! took, in the types that the events of Lambda actions are read into. What the
//! action's properties say stands in the form of `UserParameters`, so that a
//! look is the same look; the answer is returned, and the worker gives it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_core::GateError;
use sluice_core::actions::{AskedOfAction, asked};
use sluice_core::token::is_job_id;

use crate::Host;
use crate::answer::{goes_on, log_continued, say};
use crate::given::JobAnswer;
use crate::job::{ActionConfiguration, Configuration, Data, Job};
use crate::look::Concluded;
use crate::publish::{CUSTOM_ACTION, verdict};

/// The field that tells such a payload.
pub(crate) const ASKED: &str = "sluice.job";

/// A job of a custom action, as far as it is no job of a Lambda action.
#[derive(Debug, Clone)]
pub(crate) struct OfAction {
    /// The action's name in its stage.
    pub(crate) action: String,
    /// What is wrong with its configuration.
    pub(crate) mistake: Option<GateError>,
}

/// What a job is part of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) pipeline: String,
    pub(crate) release: String,
    pub(crate) stage: String,
    pub(crate) action: String,
}

#[derive(Deserialize)]
struct Payload {
    provider: String,
    context: Part,
    data: Value,
}

/// Whether an event is a job that the worker took.
pub fn is_asked(raw: &Value) -> bool {
    raw.get(ASKED).is_some()
}

/// The id of the job that the worker took.
pub(crate) fn job_id(raw: &Value) -> Option<&str> {
    let id = raw.get(ASKED)?.get("id")?.as_str();
    id.filter(|id| is_job_id(id))
}

/// A payload that names no job.
pub(crate) fn without_id() -> GateError {
    GateError::ParametersInvalid {
        detail: format!("`{ASKED}` has no `id` in the form of a UUID"),
        mend: "let the function `sluice-worker` invoke this one".to_owned(),
    }
}

/// Handles one job of a worker, which gives the answer. `deadline` is when the
/// function is killed.
pub async fn handle_asked(raw: &Value, deadline: Timestamp, host: &Host) -> JobAnswer {
    let Some(id) = job_id(raw) else {
        let now = host.aws.now();
        let none = crate::look::gate_error(raw, "unknown", now, without_id());
        return returned("unknown", None, none, deadline, host).await;
    };
    let concluded = crate::concluded(raw, id, deadline, host).await;
    let pipeline = crate::pipeline(raw);
    returned(id, pipeline.as_deref(), concluded, deadline, host).await
}

/// The answer, for somebody else to give. That a gate ended is said before it
/// is given: who gives it does not know what to say.
async fn returned(
    job: &str,
    pipeline: Option<&str>,
    concluded: Concluded,
    deadline: Timestamp,
    host: &Host,
) -> JobAnswer {
    match concluded {
        Concluded::Continue {
            token,
            percent,
            line,
        } => {
            log_continued(job, pipeline, &token, &line, host);
            goes_on(&token, percent, &line).linked(token.record_key())
        }
        Concluded::End(ending) => {
            let said = say(*ending, host).await;
            said.log(job, host);
            let verdict = verdict(&said, CUSTOM_ACTION);
            host.bus().publish(&verdict, deadline).await;
            said.answer().linked(said.kept.page_key().as_deref())
        }
    }
}

/// A job of a custom action as one of a Lambda action.
pub(crate) fn job(raw: &Value) -> Result<Job, serde_json::Error> {
    let Payload {
        provider,
        context,
        data,
    } = Payload::deserialize(&raw[ASKED])?;
    let configuration = &data["actionConfiguration"]["configuration"];
    let configuration: BTreeMap<String, String> = match configuration {
        Value::Null => BTreeMap::new(),
        said => BTreeMap::deserialize(said)?,
    };
    let (asked, mistake) = match asked(&provider, &configuration) {
        Ok(asked) => (asked, None),
        Err(mistake) => (AskedOfAction::default(), Some(mistake.into())),
    };
    let parameters = parameters(&context, asked, mistake.is_some());
    let configuration = Configuration {
        user_parameters: Some(parameters.to_string()),
    };
    Ok(Job {
        data: Data {
            action_configuration: Some(ActionConfiguration {
                configuration: Some(configuration),
            }),
            ..Data::deserialize(data)?
        },
        of_action: Some(OfAction {
            action: context.action,
            mistake,
        }),
        ..Job::default()
    })
}

/// What the action says, in the form of `UserParameters`.
fn parameters(context: &Part, asked: AskedOfAction, is_mistaken: bool) -> Value {
    let mut parameters = json!({
        "pipeline": context.pipeline,
        "release": context.release,
        "stage": context.stage,
    });
    // Evidence needs the name of a gate, and a mistaken action may have none.
    let of_mistake = || is_mistaken.then(|| context.action.clone());
    let said = [
        ("service", asked.service.map(Value::from)),
        ("gate", asked.gate.or_else(of_mistake).map(Value::from)),
        ("settings", asked.settings),
        ("path", asked.path.map(Value::from)),
    ];
    for (name, value) in said {
        if let Some(value) = value {
            parameters[name] = value;
        }
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(configuration: Value) -> Value {
        json!({ ASKED: {
            "id": "11111111-abcd-1111-abcd-111111abcdef", "provider": "SluiceBake", "version": "1",
            "context": { "pipeline": "checkout", "release": "r-1", "stage": "prod", "action": "Bake" },
            "data": {
                "actionConfiguration": { "configuration": configuration },
                "artifactCredentials": { "accessKeyId": "AKIAPLANTED", "secretAccessKey": "planted", "sessionToken": "planted" },
            },
        } })
    }

    #[test]
    fn properties_are_read_into_the_form_of_parameters() {
        let raw = payload(json!({ "Service": "checkout", "Gate": "errors" }));
        let job = Job::read(&raw).expect("a job");
        let said: Value = serde_json::from_str(job.user_parameters().expect("some")).expect("JSON");
        assert_eq!(
            said,
            json!({ "pipeline": "checkout", "release": "r-1", "stage": "prod", "service": "checkout", "gate": "errors" })
        );
        assert_eq!(job.of_action.expect("of an action").action, "Bake");
        assert!(job.data.artifact_credentials.is_some());
    }

    #[test]
    fn a_mistake_is_known_with_what_the_job_is_part_of() {
        let job = Job::read(&payload(json!({ "Alarm": "x" }))).expect("a job");
        let said: Value = serde_json::from_str(job.user_parameters().expect("some")).expect("JSON");
        assert_eq!(said["pipeline"], "checkout");
        let mistake = job.of_action.and_then(|own| own.mistake).expect("one");
        assert!(mistake.to_string().contains("`Alarm`"), "{mistake}");
    }

    #[test]
    fn what_is_no_such_payload_has_no_id() {
        for raw in [
            json!({}),
            json!({ ASKED: { "id": "x" } }),
            json!({ ASKED: 7 }),
        ] {
            assert_eq!(job_id(&raw), None);
        }
    }
}
