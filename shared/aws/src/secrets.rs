//! Secrets: read when they are needed, and never shown.
//!
//! Neither type can be serialized, and `Debug` tells nothing.

use std::fmt;

use serde_json::{Map, Value};
use sluice_core::reading::Place;

use crate::clients::Aws;
use crate::cloudwatch::unreadable;
use crate::error::{AwsError, sorted};

/// A text that nobody may see. [`SecretText::reveal`] is the one way to it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    /// Keeps a text from being shown.
    pub fn new(text: String) -> SecretText {
        SecretText(text)
    }

    /// The text, to be sent where it may be sent, and to be searched for in
    /// what is written.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(redacted)")
    }
}

/// A secret's present value.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    whole: SecretText,
    version: Option<String>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// Why a key of a secret gives no text. Says nothing about what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSecretText {
    /// It is not written as JSON with keys.
    #[error("the secret is no JSON object, so it has no keys")]
    NoKeys,
    /// It has others.
    #[error("the secret has no such key")]
    NoSuchKey,
    /// What stands there is a list, an object or null.
    #[error("what stands under this key is neither a text, a number nor a boolean")]
    NoText,
}

impl Secret {
    /// All of it.
    pub fn whole(&self) -> &SecretText {
        &self.whole
    }

    /// Which version of it this is: an id, not a part of the value.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// What stands under one key of a secret that is a JSON object.
    pub fn key(&self, key: &str) -> Result<SecretText, NoSecretText> {
        let object: Map<String, Value> =
            serde_json::from_str(self.whole.reveal()).map_err(|_| NoSecretText::NoKeys)?;
        match object.get(key).ok_or(NoSecretText::NoSuchKey)? {
            Value::String(text) => Ok(SecretText(text.clone())),
            number @ (Value::Number(_) | Value::Bool(_)) => Ok(SecretText(number.to_string())),
            _ => Err(NoSecretText::NoText),
        }
    }
}

impl Aws {
    /// The present value of a secret, by name or ARN.
    pub async fn secret(&self, place: &Place, secret: &str) -> Result<Secret, AwsError> {
        let operation = "secretsmanager:GetSecretValue";
        let answer = self
            .secrets(place)
            .get_secret_value()
            .secret_id(secret)
            .send()
            .await
            .map_err(|error| sorted(operation, place, error).about(secret))?;
        let lacks = |what| unreadable(operation, place, what).about(secret);
        let text = match (answer.secret_string, answer.secret_binary) {
            (Some(text), _) => text,
            (None, Some(bytes)) => String::from_utf8(bytes.into_inner())
                .map_err(|_| lacks("the secret is binary and no text"))?,
            (None, None) => return Err(lacks("it has no value")),
        };
        Ok(Secret {
            whole: SecretText(text),
            version: answer.version_id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret {
            whole: SecretText::new(text.to_owned()),
            version: None,
        }
    }

    #[track_caller]
    fn check(text: &str, key: &str, expected: Result<&str, NoSecretText>) {
        let found = secret(text).key(key);
        let found = found.as_ref().map(SecretText::reveal);
        assert_eq!(found, expected.as_ref().copied());
    }

    #[test]
    fn a_key_of_a_secret_is_a_text_a_number_or_a_boolean() {
        let text = r#"{"user":"ann","port":5432,"tls":true,"more":{}}"#;
        check(text, "user", Ok("ann"));
        check(text, "port", Ok("5432"));
        check(text, "tls", Ok("true"));
        check(text, "more", Err(NoSecretText::NoText));
        check(text, "password", Err(NoSecretText::NoSuchKey));
        check("hunter2", "password", Err(NoSecretText::NoKeys));
    }

    #[test]
    fn no_debug_text_shows_a_secret() {
        let secret = secret(r#"{"password":"hunter2"}"#);
        let shown = format!(
            "{secret:?} {:?} {:?}",
            secret.whole(),
            secret.key("password")
        );
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
