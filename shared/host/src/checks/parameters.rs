//! What the action's `UserParameters` say: which stage of which release.

use serde::Deserialize;
use serde_json::Value;
use sluice_aws::Context;
use sluice_core::{GateError, NAME_HINT, is_name};

use crate::parameters::{agree, json, unresolved_variable};

/// What to write where there is nothing useful.
const EXAMPLE: &str = r##"{"pipeline":"NAME","release":"#{codepipeline.PipelineExecutionId}","service":"NAME","stage":"NAME"}"##;

/// What an action's `UserParameters` say.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    pub(super) pipeline: String,
    pub(super) release: String,
    pub(super) stage: String,
    #[serde(default)]
    pub(super) service: Option<String>,
    /// The input artifact with the release's own plan. Default: the first.
    #[serde(default)]
    pub(super) artifact: Option<String>,
    /// The plan's path in the artifact.
    #[serde(default = "default_path")]
    pub(super) path: String,
}

fn default_path() -> String {
    "sluice.yaml".to_owned()
}

impl Parameters {
    /// Reads them; the error says what to write.
    pub(super) fn read(text: Option<&str>) -> Result<Parameters, GateError> {
        let value = json(text, EXAMPLE)?;
        unresolved_variable(&value)?;
        if value.get("gate").is_some() {
            return Err(invalid(
                "they name a `gate`, and this function runs every gate of the stage",
                format!("write {EXAMPLE}, or let the action invoke the function of that gate"),
            ));
        }
        let parameters = Parameters::deserialize(&value)
            .map_err(|error| invalid(&error.to_string(), format!("write {EXAMPLE}")))?;
        match parameters.not_a_name() {
            None => Ok(parameters),
            Some(name) => Err(invalid(
                &format!("`{name}` is no name: {}", value[name]),
                format!("a name has {NAME_HINT}; write {EXAMPLE}"),
            )),
        }
    }

    fn not_a_name(&self) -> Option<&'static str> {
        let named = [
            ("pipeline", Some(&self.pipeline)),
            ("release", Some(&self.release)),
            ("stage", Some(&self.stage)),
            ("service", self.service.as_ref()),
        ];
        let is_bad = |name: &String| !is_name(name) || matches!(name.as_str(), "." | "..");
        let bad = named.into_iter().find(|(_, own)| own.is_some_and(is_bad));
        bad.map(|(name, _)| name)
    }

    /// What the event's own context says wins; a difference is a mistake.
    pub(super) fn agree_with(&self, context: &Context) -> Result<(), GateError> {
        let said = [&self.pipeline, &self.release, &self.stage];
        agree(said.map(|said| Some(said.as_str())), context, EXAMPLE)
    }
}

fn invalid(detail: &str, mend: String) -> GateError {
    GateError::ParametersInvalid {
        detail: detail.to_owned(),
        mend,
    }
}

/// Of JSON that was read.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(text: &str, expected: &str) {
        let error = Parameters::read(Some(text)).expect_err("should be refused");
        let whole = format!("{error} / {}", error.hint());
        assert!(whole.contains(expected), "{whole}");
    }

    #[test]
    fn the_example_is_accepted_once_it_is_filled_in() {
        let filled = EXAMPLE.replace("#{codepipeline.PipelineExecutionId}", "r-1");
        let read = Parameters::read(Some(&filled)).expect("readable");
        assert_eq!(
            (read.release.as_str(), read.path.as_str()),
            ("r-1", "sluice.yaml")
        );
    }

    #[test]
    fn a_gate_a_missing_stage_and_an_unfilled_variable_are_named() {
        check_refused(
            r#"{"pipeline":"p","release":"r","stage":"s","gate":"bake"}"#,
            "every gate of the stage",
        );
        check_refused(r#"{"pipeline":"p","release":"r"}"#, "stage");
        check_refused(EXAMPLE, "was not filled in");
        check_refused(
            r#"{"pipeline":"p","release":"../r","stage":"s"}"#,
            "`release` is no name",
        );
        check_refused("", "#{codepipeline.PipelineExecutionId}");
    }
}
