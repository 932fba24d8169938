//! Which gates the hooks of a deployment group ask: one list for the whole
//! installation, so that who may choose a gate is who installs Sluice.

use std::collections::BTreeMap;

use serde::Deserialize;
use sluice_aws::RunningEvent;
use sluice_core::GateError;

/// What to write for a group.
const EXAMPLE: &str = r#"{"APPLICATION/GROUP":{"service":"NAME","stage":"NAME","gates":{"AfterAllowTraffic":"bake"}}}"#;

/// What the installation says of a deployment group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) service: String,
    pub(super) stage: String,
    /// The pipeline that deploys; without one, the application stands for it.
    #[serde(default)]
    pub(super) pipeline: Option<String>,
    /// The gate's name in the plan, by CodeDeploy's lifecycle event.
    gates: BTreeMap<String, String>,
}

impl Group {
    /// The gate that a hook asks. `name` is the group's.
    pub(super) fn gate(&self, name: &str, running: &[RunningEvent]) -> Result<&str, GateError> {
        if let [event] = running
            && let Some(gate) = self.gates.get(&event.name)
        {
            return Ok(gate);
        }
        let mut gates = self.gates.values();
        if let (false, Some(gate), None) = (running.len() == 1, gates.next(), gates.next()) {
            return Ok(gate);
        }
        let seen: Vec<&str> = running.iter().map(|event| event.name.as_str()).collect();
        let known: Vec<&str> = self.gates.keys().map(String::as_str).collect();
        Err(invalid(&format!(
            "`{name}` has gates for `{}`, and the deployment is at `{}`",
            known.join("`, `"),
            seen.join("`, `")
        )))
    }
}

/// What the list says of a group.
pub(super) fn group(list: Option<&str>, name: &str) -> Result<Group, GateError> {
    let list = list.unwrap_or("{}");
    let mut groups: BTreeMap<String, Group> = serde_json::from_str(list)
        .map_err(|error| invalid(&format!("the list of groups does not read: {error}")))?;
    groups
        .remove(name)
        .ok_or_else(|| invalid(&format!("`{name}` is not in the list of groups")))
}

fn invalid(detail: &str) -> GateError {
    GateError::SettingsInvalid {
        place: "`SLUICE_HOOK_GROUPS` of the function (the parameter HookGroups)".to_owned(),
        problems: format!("{detail}; write {EXAMPLE}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"{
        "shop/prod": {"service": "shop", "stage": "prod", "gates": {"BeforeAllowTraffic": "smoke", "AfterAllowTraffic": "bake"}},
        "shop/one-box": {"service": "shop", "stage": "one-box", "gates": {"AfterAllowTraffic": "bake"}}
    }"#;

    #[track_caller]
    fn check(name: &str, running: &[&str], expected: Result<&str, &str>) {
        let running: Vec<RunningEvent> = running
            .iter()
            .map(|name| RunningEvent {
                name: (*name).to_owned(),
                began: None,
            })
            .collect();
        let gate =
            group(Some(LIST), name).and_then(|group| group.gate(name, &running).map(str::to_owned));
        match (gate, expected) {
            (Ok(gate), Ok(expected)) => assert_eq!(gate, expected),
            (Err(error), Err(expected)) => {
                assert!(error.to_string().contains(expected), "{error}");
            }
            (gate, _) => panic!("{gate:?}"),
        }
    }

    #[test]
    fn the_event_that_runs_says_which_gate() {
        check("shop/prod", &["BeforeAllowTraffic"], Ok("smoke"));
        check("shop/prod", &["AfterAllowTraffic"], Ok("bake"));
    }

    #[test]
    fn where_it_cannot_be_told_only_a_group_with_one_gate_has_it_asked() {
        check("shop/one-box", &[], Ok("bake"));
        check(
            "shop/one-box",
            &["AllowTraffic", "AfterAllowTraffic"],
            Ok("bake"),
        );
        check("shop/prod", &[], Err("has gates for"));
    }

    #[test]
    fn an_event_without_a_gate_and_a_group_that_is_not_listed_are_refused() {
        check(
            "shop/one-box",
            &["BeforeAllowTraffic"],
            Err("is at `BeforeAllowTraffic`"),
        );
        check(
            "shop/test",
            &["AfterAllowTraffic"],
            Err("is not in the list"),
        );
    }

    #[test]
    fn a_list_that_does_not_read_is_refused_and_shows_what_to_write() {
        for list in ["", "[]", "{", r#"{"shop/prod": {"service": "shop"}}"#] {
            let error = group(Some(list), "shop/prod").expect_err("refused");
            assert!(error.to_string().contains("APPLICATION/GROUP"), "{error}");
        }
    }
}
