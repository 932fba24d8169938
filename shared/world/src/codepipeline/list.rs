//! `ListPipelines`.

use serde::{Deserialize, Serialize};

use super::limits::Checks;
use super::paging;
use super::settings::Settings;
use super::state::{PipelineState, State};
use crate::wire::{ApiError, Time};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListInput {
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListOutput<'a> {
    pipelines: Vec<Listed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    version: u32,
    created: Time,
    updated: Time,
}

/// `ListPipelines`, by name.
pub(super) fn pipelines<'a>(
    state: &'a State,
    settings: &Settings,
    input: &ListInput,
) -> Result<ListOutput<'a>, ApiError> {
    let mut checks = Checks::counting(settings.lengths);
    checks.range("maxResults", input.max_results, 1, 1000);
    checks.finish()?;
    let mut known: Vec<&PipelineState> = state.pipelines.values().collect();
    known.sort_by(|a, b| b.definition.name.cmp(&a.definition.name));
    let (pipelines, next_token) = paging::newest_first(
        &known,
        input.max_results,
        input.next_token.as_deref(),
        |pipeline| {
            Some(Listed {
                name: &pipeline.definition.name,
                version: pipeline.definition.version,
                created: Time(pipeline.created),
                updated: Time(pipeline.updated),
            })
        },
    )?;
    Ok(ListOutput {
        pipelines,
        next_token,
    })
}
