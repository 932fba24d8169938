//! The addresses that the console shows for an action of a custom type.

use std::collections::BTreeMap;

use super::types::ActionType;
use crate::codepipeline::record::ActionRun;
use crate::codepipeline::state::State;

const EXTERNAL_ID: &str = "{ExternalExecutionId}";

/// The names in `{Config:NAME}` of a template.
pub(super) fn properties_of(template: &str) -> impl Iterator<Item = &str> {
    let parts = template.split("{Config:").skip(1);
    parts.map(|part| part.split('}').next().unwrap_or(part))
}

/// The address of what the action works on.
pub(in crate::codepipeline) fn entity_link(state: &State, run: &ActionRun) -> Option<String> {
    let settings = of(state, run)?.settings.as_ref()?;
    let template = settings.entity_url_template.as_deref()?;
    Some(filled(template, &run.resolved_configuration))
}

/// The address of the action's run, once its worker named the run.
pub(in crate::codepipeline) fn execution_link(state: &State, run: &ActionRun) -> Option<String> {
    let settings = of(state, run)?.settings.as_ref()?;
    let template = settings.execution_url_template.as_deref()?;
    let filled = filled(template, &run.resolved_configuration);
    match run.external_execution_id.as_deref() {
        Some(id) => Some(filled.replace(EXTERNAL_ID, id)),
        None => (!filled.contains(EXTERNAL_ID)).then_some(filled),
    }
}

fn of<'a>(state: &'a State, run: &ActionRun) -> Option<&'a ActionType> {
    state.catalogue.known(&run.action_type)
}

fn filled(template: &str, configuration: &BTreeMap<String, String>) -> String {
    let mut filled = template.to_owned();
    for (name, value) in configuration {
        filled = filled.replace(&format!("{{Config:{name}}}"), value);
    }
    filled
}
