//! The values of variables, as they are given on the command line.

use std::path::Path;

use sluice_core::plan::Plan;
use sluice_core::settings::{Validate, Variable};
use sluice_gates::validate::Variables;

use super::Stopped;
use crate::{exit, plan_file};

/// What is known of variables on the command line.
pub(super) struct Given<'a> {
    pub(super) plan: &'a Plan,
    pub(super) stage: &'a str,
    pub(super) variables: &'a [String],
    pub(super) secrets: &'a [String],
}

const RELEASE: [&str; 4] = [
    "release.pipeline",
    "release.id",
    "release.service",
    "release.stage",
];

impl Given<'_> {
    /// The values for the tests of a gate.
    pub(super) fn of(&self, settings: &Validate) -> Result<Variables, Stopped> {
        let mut variables = Variables::of(settings);
        for (name, variable) in &settings.vars {
            if let Variable::Secret(_) = variable {
                let why = format!("give it with `--secret {name}=FILE`");
                variables.lacks(name, &why);
            }
        }
        for name in RELEASE {
            variables.lacks(name, &format!("give it with `--var {name}=VALUE`"));
        }
        variables.set("release.service", &self.plan.service);
        variables.set("release.stage", self.stage);
        for given in self.variables {
            let (name, value) = self.split(given, "--var")?;
            give(&mut variables, settings, name, value);
        }
        for given in self.secrets {
            let (name, path) = self.split(given, "--secret")?;
            let value = plan_file::read(Path::new(path)).map_err(|problem| {
                let message = format!("error: {path}: {}", problem.message);
                (message, exit::GATE_ERROR)
            })?;
            let hosts = hosts(settings, name).unwrap_or_default();
            if hosts.is_empty() && settings.vars.contains_key(name) {
                let message = format!(
                    "error: variable `{name}` is no secret in the plan, which names the hosts \
                     that may see it\n  hint: give it with `--var`"
                );
                return Err((message, exit::USAGE));
            }
            variables.set_secret(name, value.trim_end_matches(['\n', '\r']), &hosts);
        }
        Ok(variables)
    }

    /// Name and value, where a gate of the plan has the variable.
    fn split<'g>(&self, given: &'g str, flag: &str) -> Result<(&'g str, &'g str), Stopped> {
        let usage = |message| Err((message, exit::USAGE));
        let Some((name, value)) = given.split_once('=') else {
            return usage(format!(
                "error: `{flag}` takes a name and a value\n  hint: write `{flag} NAME=VALUE`"
            ));
        };
        let gates = self.plan.stages.iter().flat_map(|stage| &stage.gates);
        let known = gates.filter_map(|gate| match &gate.settings {
            sluice_core::plan::GateSettings::Validate(validate) => Some(&validate.vars),
            _ => None,
        });
        let is_known = known.into_iter().any(|vars| vars.contains_key(name));
        if !is_known && !RELEASE.contains(&name) {
            return usage(format!(
                "error: the plan has no variable `{name}`\n  hint: write it under `vars:` of the gate"
            ));
        }
        Ok((name, value))
    }
}

/// What is a secret in the plan stays one.
fn give(variables: &mut Variables, settings: &Validate, name: &str, value: &str) {
    match hosts(settings, name) {
        Some(hosts) => variables.set_secret(name, value, &hosts),
        None => variables.set(name, value),
    }
}

fn hosts(settings: &Validate, name: &str) -> Option<Vec<String>> {
    match settings.vars.get(name)? {
        Variable::Secret(secret) => Some(secret.hosts.clone()),
        Variable::Text(_) => None,
    }
}
