//! Whom a layer is for: everybody, stages by their names, or one service.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::read::{NAME_HINT, is_name};

/// Whom a layer is for. Scopes are ordered as their layers hold: later ones
/// add to earlier ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Every service at every stage that it names.
    Organisation,
    /// Every service at the stages whose names match.
    Stage(Pattern),
    /// One service.
    Service(String),
}

/// A text that is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a scope")]
pub struct ScopeError(String);

impl ScopeError {
    /// What to write instead.
    pub fn hint(&self) -> String {
        format!("write `organisation`, `stage:PATTERN` or `service:NAME`; a name has {NAME_HINT}")
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Scope, ScopeError> {
        let refuse = || ScopeError(text.to_owned());
        match text.split_once(':') {
            None if text == "organisation" => Ok(Scope::Organisation),
            Some(("stage", pattern)) => Pattern::read(pattern).map(Scope::Stage).ok_or_else(refuse),
            Some(("service", name)) if is_name(name) => Ok(Scope::Service(name.to_owned())),
            _ => Err(refuse()),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Organisation => f.write_str("organisation"),
            Scope::Stage(pattern) => write!(f, "stage:{pattern}"),
            Scope::Service(name) => write!(f, "service:{name}"),
        }
    }
}

/// Names of stages: a name itself, or with `*` for any characters.
/// Patterns are ordered from the most general to a name itself, then by text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = r"^[A-Za-z0-9.@_*-]{1,100}$"))]
pub struct Pattern(String);

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Pattern, String> {
        Pattern::read(&text).ok_or_else(|| format!("`{text}` is not a pattern of names"))
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> String {
        pattern.0
    }
}

impl Pattern {
    /// Reads a pattern.
    pub fn read(text: &str) -> Option<Pattern> {
        let plain = text.replace('*', "a");
        is_name(&plain).then(|| Pattern(text.to_owned()))
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether it is the name of one stage.
    pub fn is_one_name(&self) -> bool {
        !self.0.contains('*')
    }

    /// Whether a stage's name matches.
    pub fn matches(&self, stage: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = parts.next().and_then(|first| stage.strip_prefix(first)) else {
            return false;
        };
        let mut parts: Vec<&str> = parts.collect();
        let Some(last) = parts.pop() else {
            return rest.is_empty();
        };
        // The leftmost place of each part leaves the most to those after it.
        for part in parts {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }

    /// The less of a name it says, the more general it is.
    fn said(&self) -> (bool, usize) {
        (self.is_one_name(), self.0.replace('*', "").len())
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Pattern) -> Ordering {
        let key = |pattern: &Pattern| (pattern.said(), pattern.0.clone());
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Pattern) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, stage: &str, expected: bool) {
        let pattern = Pattern::read(pattern).unwrap();
        assert_eq!(pattern.matches(stage), expected, "{pattern} of {stage}");
    }

    #[test]
    fn a_star_stands_for_any_characters_and_nothing_else_does() {
        check("prod", "prod", true);
        check("prod", "prod-eu", false);
        check("prod*", "prod", true);
        check("prod*", "prod-one-box", true);
        check("prod*", "preprod", false);
        check("*prod", "preprod", true);
        check("*", "anything", true);
        check("p*-*-x", "p-a-b-x", true);
        check("p*-*-x", "p-x", false);
        check("a*a", "a", false);
        check("prod.eu", "prod-eu", false);
        check("**", "x", true);
    }

    #[test]
    fn patterns_go_from_the_most_general_to_a_name() {
        let mut patterns: Vec<Pattern> =
            ["prod", "prod*", "*", "*eu", "p*", "prod-one-box*", "*-e"]
                .into_iter()
                .map(|text| Pattern::read(text).unwrap())
                .collect();
        patterns.sort();
        let texts: Vec<&str> = patterns.iter().map(Pattern::text).collect();
        assert_eq!(
            texts,
            ["*", "p*", "*-e", "*eu", "prod*", "prod-one-box*", "prod"]
        );
    }

    #[test]
    fn a_scope_reads_back_as_it_is_written() {
        for text in ["organisation", "stage:prod*", "stage:*", "service:checkout"] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "organization",
            "stage:",
            "stage:a b",
            "service:",
            "service:a*",
            "pipeline:a",
        ] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }

    #[test]
    fn layers_hold_in_the_order_of_their_scopes() {
        let scope = |text: &str| text.parse::<Scope>().unwrap();
        assert!(scope("organisation") < scope("stage:*"));
        assert!(scope("stage:*") < scope("stage:prod"));
        assert!(scope("stage:prod") < scope("service:a"));
    }
}
