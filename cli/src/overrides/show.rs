//! Waivers as text.

use serde_json::Value;

use crate::lines::folded;

/// What was given, or the list of what there is.
pub(super) fn text(document: &Value, list: bool) -> String {
    let lines = if list {
        listed(document)
    } else {
        given(document)
    };
    lines.join("\n") + "\n"
}

fn said<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or("?")
}

fn given(document: &Value) -> Vec<String> {
    let mut lines = vec![format!("waived: {}", about(&document["waiver"]))];
    if document["already_given"] == true {
        lines.push("  it was given a moment ago already".to_owned());
    }
    lines.push(format!(
        "  pipeline {}, release {}",
        said(document, "pipeline"),
        said(document, "release")
    ));
    lines.extend(details(&document["waiver"]));
    if document["replaced"].is_object() {
        let old = &document["replaced"];
        lines.push(format!(
            "  in the place of one until {}, by",
            said(old, "expires")
        ));
        lines.push(format!("    {}", said(old, "by")));
    }
    let remarks = document["remarks"].as_array().into_iter().flatten();
    lines.extend(
        remarks
            .filter_map(Value::as_str)
            .map(|remark| folded(remark, "  note: ", "    ")),
    );
    lines.push(next(document));
    lines
}

/// The command that runs the gate again where it has stopped the release.
fn next(document: &Value) -> String {
    format!(
        "next: if the gate has stopped the release already, run it again\n  \
         aws codepipeline retry-stage-execution --retry-mode FAILED_ACTIONS \\\n    \
         --pipeline-name {} --stage-name {} \\\n    --pipeline-execution-id {}",
        said(document, "pipeline"),
        said(document, "stage"),
        said(document, "release")
    )
}

fn listed(document: &Value) -> Vec<String> {
    let all = document["waivers"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    if all.is_empty() {
        return vec!["no waivers for this release".to_owned()];
    }
    let one = |waiver: &Value| {
        let expired = if waiver["expired"] == true {
            " (expired)"
        } else {
            ""
        };
        let mut lines = vec![format!("{}{expired}", about(waiver))];
        lines.extend(details(waiver));
        lines
    };
    all.iter().flat_map(one).collect()
}

fn about(waiver: &Value) -> String {
    match said(waiver, "scope").split_once('/') {
        Some((stage, "*")) => format!("all gates of stage `{stage}`"),
        Some((stage, gate)) => format!("gate `{gate}` of stage `{stage}`"),
        None => said(waiver, "scope").to_owned(),
    }
}

fn details(waiver: &Value) -> Vec<String> {
    let errors = if waiver["covers_gate_errors"] == true {
        "  also if the gate cannot answer"
    } else {
        "  not if the gate cannot answer"
    };
    vec![
        format!("  by {}", said(waiver, "by")),
        format!(
            "  from {} until {}",
            said(waiver, "at"),
            said(waiver, "expires")
        ),
        errors.to_owned(),
        folded(said(waiver, "reason"), "  because: ", "    "),
    ]
}
