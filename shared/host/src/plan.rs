//! Where a gate's settings come from: `UserParameters`, or the plan in an
//! input artifact.

use sluice_aws::{Aws, Refusal};
use sluice_core::GateError;
use sluice_core::plan::{GateSettings, Notify, Plan};
use sluice_core::settings::Mode;

use crate::Host;
use crate::job::Job;
use crate::parameters::{EXAMPLE, Parameters};
use crate::task;
use crate::zip::{ARTIFACT_BYTES_MAX, file};

/// A gate's settings, and what the plan says about undecided verdicts.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) settings: GateSettings,
    pub(crate) proceed_undecided: bool,
    /// The service that the plan is of, where a plan was read.
    pub(crate) service: Option<String>,
    /// In which service's name roles are assumed: what the action says or the
    /// plan store, never only the plan.
    pub(crate) acts_for: Option<String>,
    /// Whom it wants told.
    pub(crate) notify: Notify,
}

/// Settings that stand in the parameters themselves.
pub(crate) fn inline(parameters: &Parameters) -> Option<Result<GateSettings, GateError>> {
    let value = parameters.settings.as_ref()?;
    Some(
        GateSettings::read_json(&parameters.gate, value).map_err(|problems| {
            GateError::SettingsInvalid {
                place: "`settings` in the action's `UserParameters`".to_owned(),
                problems: problems
                    .render("UserParameters", None)
                    .trim_end()
                    .to_owned(),
            }
        }),
    )
}

/// Whether settings in the parameters say that the gate only watches.
pub(crate) fn only_watches(parameters: &Parameters) -> bool {
    matches!(inline(parameters), Some(Ok(settings)) if settings.mode() == Mode::WatchOnly)
}

/// Finds the settings of the gate that a job asks for.
pub(crate) async fn settings(
    parameters: &Parameters,
    job: &Job,
    host: &Host,
) -> Result<Settings, GateError> {
    if let Some(settings) = inline(parameters) {
        return Ok(Settings {
            settings: settings?,
            proceed_undecided: false,
            service: None,
            acts_for: parameters.service.clone(),
            notify: Notify::default(),
        });
    }
    if let Some(task) = &job.task {
        return task::settings(task, parameters, host).await;
    }
    let wanted = Wanted {
        artifact: parameters.artifact.as_deref(),
        path: &parameters.path,
    };
    let text = artifact(&wanted, job, &host.aws).await?;
    let plan = Plan::read_yaml(&text).map_err(|problems| GateError::SettingsInvalid {
        place: format!("`{}`", parameters.path),
        problems: problems
            .render(&parameters.path, None)
            .trim_end()
            .to_owned(),
    })?;
    if let Some(service) = parameters
        .service
        .as_ref()
        .filter(|service| **service != plan.service)
    {
        let detail = format!(
            "the plan is of service `{}`, and the action asks for service `{service}`",
            plan.service
        );
        return Err(GateError::GateNotInPlan { detail });
    }
    let Some(stage) = &parameters.stage else {
        return Err(GateError::ParametersInvalid {
            detail: "they name no `stage`, and the plan has its gates by stage".to_owned(),
            mend: format!("write {EXAMPLE}"),
        });
    };
    let (stage, gate) =
        plan.find(stage, &parameters.gate)
            .map_err(|error| GateError::GateNotInPlan {
                detail: format!("{error}; {}", error.hint()),
            })?;
    Ok(Settings {
        settings: gate.settings.clone(),
        proceed_undecided: stage.policies.on_inconclusive.proceed,
        service: Some(plan.service.clone()),
        acts_for: parameters.service.clone(),
        notify: Notify::from(&stage.policies),
    })
}

/// Which file of which input artifact.
pub(crate) struct Wanted<'a> {
    /// The artifact's name; the first one without.
    pub(crate) artifact: Option<&'a str>,
    /// The file's path in it.
    pub(crate) path: &'a str,
}

/// The text of a plan in an input artifact.
pub(crate) async fn artifact(
    wanted: &Wanted<'_>,
    job: &Job,
    aws: &Aws,
) -> Result<String, GateError> {
    let unreadable = |detail: String, mend: &str| GateError::PlanUnreadable {
        detail,
        mend: mend.to_owned(),
    };
    let give = "give the action the input artifact that holds `sluice.yaml`, or write `settings` into its `UserParameters`";
    let artifacts = job.data.input_artifacts.as_deref().unwrap_or_default();
    let artifact = match wanted.artifact {
        None => artifacts
            .first()
            .ok_or_else(|| unreadable("the action has no input artifact".to_owned(), give))?,
        Some(name) => artifacts
            .iter()
            .find(|artifact| artifact.name == name)
            .ok_or_else(|| {
                unreadable(format!("the action has no input artifact `{name}`"), give)
            })?,
    };
    let name = &artifact.name;
    let place = artifact
        .location
        .as_ref()
        .and_then(|location| location.s3_location.as_ref());
    let (Some(place), Some(credentials)) = (place, &job.data.artifact_credentials) else {
        return Err(unreadable(
            format!("the event does not say how to read input artifact `{name}`"),
            give,
        ));
    };
    let (bucket, key) = (&place.bucket_name, &place.object_key);
    let read = aws
        .read_artifact(credentials.clone().into(), bucket, key, ARTIFACT_BYTES_MAX)
        .await;
    let bytes = read.map_err(|error| match &error.refusal {
        Refusal::Code(code) if code == "TooLarge" => unreadable(
            format!("input artifact `{name}` is larger than {ARTIFACT_BYTES_MAX} bytes"),
            "let the build put the plan into an artifact of its own, and name that with `artifact`",
        ),
        Refusal::Code(_) => unreadable(
            format!(
                "input artifact `{name}` (s3://{bucket}/{key}): {}",
                error.message
            ),
            give,
        ),
        Refusal::Denied => GateError::AccessDenied {
            operation: error.operation,
            scope: format!("on s3://{bucket}/{key} with the job's artifact credentials"),
        },
        _ => error.into(),
    })?;
    file(bytes, name, wanted.path)
}
