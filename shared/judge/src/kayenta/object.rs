//! Reading JSON objects so that every mistake names its place, and every
//! field without a counterpart is noted.

use serde_json::{Map, Value};

use super::configuration::{ConfigurationError, Unread};

/// Notes a part without a counterpart.
pub(super) fn note(unread: &mut Vec<Unread>, path: &str, meaning: &str) {
    unread.push(Unread {
        path: path.to_owned(),
        meaning: meaning.to_owned(),
    });
}

/// A JSON object and where it is.
pub(super) struct Object<'a> {
    pub(super) fields: &'a Map<String, Value>,
    path: String,
}

impl<'a> Object<'a> {
    pub(super) fn new(value: &'a Value, path: String) -> Result<Object<'a>, ConfigurationError> {
        match value.as_object() {
            Some(fields) => Ok(Object { fields, path }),
            None => Err(ConfigurationError::Wrong {
                path,
                expected: "an object",
            }),
        }
    }

    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    pub(super) fn missing(&self, key: &str) -> ConfigurationError {
        ConfigurationError::Missing {
            path: self.path_of(key),
        }
    }

    pub(super) fn wrong(&self, key: &str, expected: &'static str) -> ConfigurationError {
        ConfigurationError::Wrong {
            path: self.path_of(key),
            expected,
        }
    }

    /// The field; absent and null are the same.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.fields.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn object(&self, key: &str) -> Result<Option<Object<'a>>, ConfigurationError> {
        self.get(key)
            .map(|value| Object::new(value, self.path_of(key)))
            .transpose()
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, ConfigurationError> {
        self.get(key)
            .map(|value| value.as_str().ok_or_else(|| self.wrong(key, "text")))
            .transpose()
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<f64>, ConfigurationError> {
        self.get(key)
            .map(|value| value.as_f64().ok_or_else(|| self.wrong(key, "a number")))
            .transpose()
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool, ConfigurationError> {
        let read = |value: &Value| {
            value
                .as_bool()
                .ok_or_else(|| self.wrong(key, "true or false"))
        };
        self.get(key).map_or(Ok(false), read)
    }

    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>, ConfigurationError> {
        let Some(value) = self.get(key) else {
            return Ok(Vec::new());
        };
        let items = value
            .as_array()
            .ok_or_else(|| self.wrong(key, "a list of names"))?;
        items
            .iter()
            .map(|item| {
                item.as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| self.wrong(key, "a list of names"))
            })
            .collect()
    }

    /// One of several words. Kayenta takes any other word for the first, so
    /// that is done, and said.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
        unread: &mut Vec<Unread>,
    ) -> Result<T, ConfigurationError> {
        let Some(word) = self.text(key)? else {
            return Ok(choices[0].1);
        };
        if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == word) {
            return Ok(*choice);
        }
        let meaning = format!(
            "`{word}` is not known; as in Kayenta, `{}` is used",
            choices[0].0
        );
        note(unread, &self.path_of(key), &meaning);
        Ok(choices[0].1)
    }

    pub(super) fn rest_is_unread(&self, known: &[&str], unread: &mut Vec<Unread>) {
        for key in self
            .fields
            .keys()
            .filter(|key| !known.contains(&key.as_str()))
        {
            note(
                unread,
                &self.path_of(key),
                "has no counterpart and changes nothing",
            );
        }
    }
}
