//! `UserParameters`: which release and gate, and perhaps its settings.
//!
//! At most 1000 characters, and CodePipeline pastes variables into it without
//! escaping them, so that a commit message with a quote breaks the JSON.

use serde::Deserialize;
use serde_json::Value;
use sluice_aws::Context;
use sluice_core::settings::ReleaseCheck;
use sluice_core::{GateError, NAME_HINT, is_name};

/// What to write where there is nothing useful.
pub(crate) const EXAMPLE: &str = r##"{"pipeline":"NAME","release":"#{codepipeline.PipelineExecutionId}","service":"NAME","stage":"NAME","gate":"bake"}"##;

/// What an action's `UserParameters` say.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    pub(crate) pipeline: Option<String>,
    pub(crate) release: Option<String>,
    pub(crate) service: Option<String>,
    pub(crate) stage: Option<String>,
    /// The gate's name in the plan, or its kind with settings here.
    pub(crate) gate: String,
    /// Settings here, instead of in a plan.
    #[serde(default)]
    pub(crate) settings: Option<Value>,
    /// `off` is the explicit way out of naming the release.
    #[serde(default)]
    pub(crate) release_check: ReleaseCheck,
    /// The input artifact with the plan. Default: the first.
    #[serde(default)]
    pub(crate) artifact: Option<String>,
    /// The plan's path in the artifact.
    #[serde(default = "default_path")]
    pub(crate) path: String,
}

fn default_path() -> String {
    "sluice.yaml".to_owned()
}

impl Parameters {
    /// Reads them; the error says what to write.
    pub(crate) fn read(text: Option<&str>) -> Result<Parameters, GateError> {
        let invalid =
            |detail: String, mend: String| Err(GateError::ParametersInvalid { detail, mend });
        let value = json(text, EXAMPLE)?;
        unresolved_variable(&value)?;
        let parameters: Parameters = match serde_json::from_value(value) {
            Ok(parameters) => parameters,
            Err(error) => {
                let mend = format!("write {EXAMPLE}, with `settings` only if there is no plan");
                return invalid(error.to_string(), mend);
            }
        };
        if let Some((name, value)) = parameters.not_a_name() {
            const SHOWN: usize = 40;
            let shown: String = value.chars().take(SHOWN).collect();
            let cut = if shown == value { "" } else { "..." };
            let detail = format!("`{name}` is no name: `{}{cut}`", shown.escape_debug());
            return invalid(detail, format!("a name has {NAME_HINT}; write {EXAMPLE}"));
        }
        Ok(parameters)
    }

    /// What the event's own context says wins; a difference is a mistake.
    pub(crate) fn agree_with(&self, context: &Context) -> Result<(), GateError> {
        let said = [&self.pipeline, &self.release, &self.stage];
        agree(said.map(Option::as_deref), context, EXAMPLE)
    }

    /// What cannot name a pipeline, release, stage or gate. They stand in
    /// tokens and in the keys of records, where anything else does not fit.
    fn not_a_name(&self) -> Option<(&'static str, &str)> {
        [
            ("pipeline", self.pipeline.as_deref()),
            ("release", self.release.as_deref()),
            ("stage", self.stage.as_deref()),
            ("gate", Some(self.gate.as_str())),
        ]
        .into_iter()
        .find_map(|(name, value)| {
            Some((
                name,
                value.filter(|value| !is_name(value) || matches!(*value, "." | ".."))?,
            ))
        })
    }
}

/// Holds pipeline, release and stage, as far as parameters say them, against
/// what the job is of. `example` is what to write.
pub(crate) fn agree(
    said: [Option<&str>; 3],
    context: &Context,
    example: &str,
) -> Result<(), GateError> {
    let names = ["pipeline", "release", "stage"];
    let known = [&context.pipeline, &context.release, &context.stage];
    for ((name, said), known) in names.into_iter().zip(said).zip(known) {
        if let Some(said) = said.filter(|said| said != known) {
            return Err(GateError::ReleaseMismatch {
                detail: format!(
                    "`UserParameters` say {name} `{said}`, and the job is of {name} `{known}`"
                ),
                mend: format!("write {example}, with the action's own pipeline and stage"),
            });
        }
    }
    Ok(())
}

/// Reads JSON that CodePipeline may have broken. `example` is what to write.
pub(crate) fn json(text: Option<&str>, example: &str) -> Result<Value, GateError> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Err(GateError::ParametersInvalid {
            detail: "the action has none".to_owned(),
            mend: format!("write {example}"),
        });
    };
    serde_json::from_str(text).map_err(|error| GateError::ParametersInvalid {
        detail: format!("they are not JSON ({error}): {}", excerpt(text, &error)),
        mend: format!(
            "CodePipeline pastes variables such as a commit message into the text without escaping them, and a \
             quote or a line break in one breaks it: leave such variables out. A text that works: {example}"
        ),
    })
}

/// A variable that CodePipeline did not fill in is a mistake.
pub(crate) fn unresolved_variable(value: &Value) -> Result<(), GateError> {
    match unresolved(value) {
        None => Ok(()),
        Some(variable) => Err(GateError::ParametersInvalid {
            detail: format!("`{variable}` was not filled in by CodePipeline"),
            mend: "the action that sets it needs a `namespace` and has to run earlier; without `#{...}` support \
                   (pipeline type V1) write the value itself"
                .to_owned(),
        }),
    }
}

/// The text around a JSON error, 40 characters.
fn excerpt(text: &str, error: &serde_json::Error) -> String {
    let line = text
        .lines()
        .nth(error.line().saturating_sub(1))
        .unwrap_or("");
    let from = error.column().saturating_sub(20);
    let piece: String = line.chars().skip(from).take(40).collect();
    format!("near `{piece}`")
}

/// A variable that still stands in a text.
fn unresolved(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let from = text.find("#{")?;
            let to = text[from..].find('}')?;
            Some(text[from..=from + to].to_owned())
        }
        Value::Array(list) => list.iter().find_map(unresolved),
        Value::Object(map) => map.values().find_map(unresolved),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(text: Option<&str>, expected: &str) {
        let error = Parameters::read(text).expect_err("should be refused");
        let whole = format!("{error} / {}", error.hint());
        assert!(whole.contains(expected), "{whole}");
    }

    #[test]
    fn the_example_is_accepted_once_it_is_filled_in() {
        let filled = EXAMPLE.replace("#{codepipeline.PipelineExecutionId}", "r-1");
        assert_eq!(
            Parameters::read(Some(&filled)).map(|p| p.gate),
            Ok("bake".to_owned())
        );
    }

    #[test]
    fn a_pasted_commit_message_that_broke_the_json_is_named_as_such() {
        check_refused(
            Some(r#"{"gate":"bake","release":"fix "quotes" here"}"#),
            "without escaping",
        );
        check_refused(
            Some("{\"gate\":\"bake\",\"release\":\"two\nlines\"}"),
            "without escaping",
        );
    }

    #[test]
    fn missing_parameters_come_with_the_text_to_paste() {
        check_refused(None, "#{codepipeline.PipelineExecutionId}");
        check_refused(Some("  "), "#{codepipeline.PipelineExecutionId}");
    }

    #[test]
    fn an_unknown_field_and_an_unfilled_variable_are_named() {
        check_refused(Some(r#"{"gate":"bake","allarms":[]}"#), "allarms");
        check_refused(
            Some(EXAMPLE),
            "`#{codepipeline.PipelineExecutionId}` was not filled in",
        );
    }
}
