//! The values of variables, and which hosts may see them.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use sluice_core::settings::{Validate, Variable};
use sluice_core::template::{self, Unclosed};

use super::Redactor;

/// Shorter values are found by chance in anything.
const FOUND_LENGTH_MIN: usize = 6;

/// A value that is never shown, and who it may be sent to.
#[derive(Clone)]
pub struct Secret {
    value: String,
    /// The only hosts; `None` for what a test captured itself, which stays
    /// where the plan sends it.
    hosts: Option<Vec<String>>,
    redactor: Redactor,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    fn new(value: String, hosts: Option<Vec<String>>) -> Secret {
        let mut redactor = Redactor::default();
        redactor.add(&value);
        Secret {
            value,
            hosts,
            redactor,
        }
    }
}

/// The values of variables.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    plain: BTreeMap<String, String>,
    secret: BTreeMap<String, Secret>,
    /// Why there is none.
    missing: BTreeMap<String, String>,
    redactor: Redactor,
}

/// A text could not be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfilled {
    /// A variable begins and does not end.
    #[error(transparent)]
    Unclosed(#[from] Unclosed),
    /// A variable has no value.
    #[error("variable `{name}` has no value: {why}")]
    Missing {
        /// The variable.
        name: String,
        /// Why.
        why: String,
    },
}

impl Variables {
    /// Those of the plan. Its secrets have no value yet.
    pub fn of(settings: &Validate) -> Variables {
        let mut variables = Variables::default();
        for (name, variable) in &settings.vars {
            match variable {
                Variable::Text(text) => variables.set(name, text),
                Variable::Secret(_) => variables.lacks(name, "its secret was not read"),
            }
        }
        variables
    }

    /// Gives a variable a value that may be shown.
    pub fn set(&mut self, name: &str, value: &str) {
        self.forget(name);
        self.plain.insert(name.to_owned(), value.to_owned());
    }

    /// Gives a variable a value that is never shown, and sent to these hosts
    /// only.
    pub fn set_secret(&mut self, name: &str, value: &str, hosts: &[String]) {
        self.keep_secret(name, value, Some(hosts.to_vec()));
    }

    /// Gives a variable a captured value that is never shown.
    pub(crate) fn set_captured_secret(&mut self, name: &str, value: &str) {
        self.keep_secret(name, value, None);
    }

    fn keep_secret(&mut self, name: &str, value: &str, hosts: Option<Vec<String>>) {
        self.forget(name);
        self.redactor.add(value);
        let secret = Secret::new(value.to_owned(), hosts);
        self.secret.insert(name.to_owned(), secret);
    }

    /// Says why a variable has no value.
    pub fn lacks(&mut self, name: &str, why: &str) {
        self.forget(name);
        self.missing.insert(name.to_owned(), why.to_owned());
    }

    fn forget(&mut self, name: &str) {
        self.plain.remove(name);
        self.secret.remove(name);
        self.missing.remove(name);
    }

    /// What keeps the secrets out of texts.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// A text with values in it. Adds the secrets used to `used`.
    pub(crate) fn fill(&self, text: &str, used: &mut Vec<String>) -> Result<String, Unfilled> {
        template::fill(text, |name| {
            if let Some(secret) = self.secret.get(name) {
                used.push(name.to_owned());
                return Ok(secret.value.clone());
            }
            self.plain.get(name).cloned().ok_or_else(|| {
                let why = self.missing.get(name).map(String::as_str);
                let why = why.unwrap_or("nobody gave it one");
                Unfilled::Missing {
                    name: name.to_owned(),
                    why: why.to_owned(),
                }
            })
        })
    }

    /// The same with `x` in the place of every secret.
    pub(crate) fn fill_masked(&self, text: &str) -> Result<String, Unfilled> {
        template::fill(text, |name| {
            if self.secret.contains_key(name) {
                return Ok("x".to_owned());
            }
            self.fill(&format!("${{{name}}}"), &mut Vec::new())
        })
    }

    /// JSON with values in its texts.
    pub(crate) fn fill_json(&self, json: &Json, used: &mut Vec<String>) -> Result<Json, Unfilled> {
        Ok(match json {
            Json::String(text) => Json::String(self.fill(text, used)?),
            Json::Array(items) => {
                let items = items.iter().map(|item| self.fill_json(item, used));
                Json::Array(items.collect::<Result<_, _>>()?)
            }
            Json::Object(entries) => {
                let mut filled = serde_json::Map::new();
                for (name, entry) in entries {
                    filled.insert(name.clone(), self.fill_json(entry, used)?);
                }
                Json::Object(filled)
            }
            other => other.clone(),
        })
    }

    /// The first secret that may not be sent to a host: used by name, or found
    /// in what is sent, wherever it came from.
    pub(crate) fn refused(&self, host: &str, used: &[String], sent: &[&str]) -> Option<String> {
        let is_sent = |name: &String, secret: &Secret| {
            used.contains(name)
                || (secret.value.len() >= FOUND_LENGTH_MIN
                    && sent.iter().any(|text| secret.redactor.holds(text)))
        };
        self.secret.iter().find_map(|(name, secret)| {
            let hosts = secret.hosts.as_ref()?;
            let is_allowed = hosts.iter().any(|own| own.eq_ignore_ascii_case(host));
            (!is_allowed && is_sent(name, secret)).then(|| {
                format!(
                    "secret `{name}` is sent to {} only, and this would send it to `{}`",
                    hosts.join(", "),
                    self.redactor.show(host)
                )
            })
        })
    }

    /// Whether every secret in these texts may be sent to a host by its list.
    pub(crate) fn all_listed_for(&self, host: &str, sent: &[&str]) -> bool {
        let held = |secret: &&Secret| sent.iter().any(|text| secret.redactor.holds(text));
        self.secret.values().filter(held).all(|secret| {
            let hosts = secret.hosts.as_deref().unwrap_or_default();
            hosts.iter().any(|own| own.eq_ignore_ascii_case(host))
        })
    }

    /// Whether any of these texts holds a secret.
    pub(crate) fn any_secret_in(&self, sent: &[&str]) -> bool {
        sent.iter().any(|text| self.redactor.holds(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        let mut variables = Variables::default();
        variables.set("host", "a.example");
        variables.set_secret("token", "tok-123456", &["a.example".to_owned()]);
        variables.lacks("gone", "access denied");
        variables
    }

    #[test]
    fn values_are_filled_in_and_lacking_ones_are_named() {
        let mut used = Vec::new();
        let filled = variables().fill("https://${host}/?t=${token}", &mut used);
        assert_eq!(filled.unwrap(), "https://a.example/?t=tok-123456");
        assert_eq!(used, ["token"]);
        let error = variables().fill("${gone}", &mut used).unwrap_err();
        assert_eq!(
            error.to_string(),
            "variable `gone` has no value: access denied"
        );
    }

    #[test]
    fn a_secret_goes_to_its_hosts_only_under_whatever_name_it_comes() {
        let variables = variables();
        let used = ["token".to_owned()];
        assert_eq!(variables.refused("A.example", &used, &[]), None);
        assert!(variables.refused("b.example", &used, &[]).is_some());
        let in_base64 = "dXNlcjp0b2stMTIzNDU2";
        let found = variables.refused("b.example", &[], &["x", in_base64]);
        assert!(found.unwrap().contains("`token`"));
        assert_eq!(variables.refused("b.example", &[], &["x"]), None);
    }

    #[test]
    fn no_secret_is_in_what_is_printed_for_debugging() {
        assert!(!format!("{:?}", variables()).contains("tok-"));
    }
}
