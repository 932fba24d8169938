//! What people wrote as a tree, with the place of every part.
//!
//! YAML and JSON become the same [`Node`]s, so there is one reader for both.
//! Nodes from YAML know line and column; nodes from JSON are named by their
//! path alone. Nothing is converted on the way: a number keeps its text, and
//! `no`, `on` and `off` stay the words they are.
//!
//! The parser is named in `tree/yaml.rs` and nowhere else.

use std::fmt;

use serde::Serialize;

use crate::problems::Problem;

mod yaml;

/// The largest document that is read. A plan with a hundred gates has a tenth.
pub const DOCUMENT_BYTES_MAX: usize = 256 * 1024;

/// The most parts (scalars, lists, maps) a document may have with its aliases
/// written out.
pub const NODES_MAX: usize = 20_000;

/// How deep lists and maps may be nested. A plan needs nine levels.
pub const DEPTH_MAX: usize = 32;

/// Line and column, both from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One part of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What is written there.
    pub value: Value,
    /// Where, if it came from a text.
    pub at: Option<Position>,
}

/// What a part of a document is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`, no other words.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text, quoted or not.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// A map in the order written, without duplicate keys.
    Map(Vec<(Key, Node)>),
}

/// A number with the text it was written as.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// As written.
    pub text: String,
    /// Its value, if that is a whole number of 64 bits.
    pub integer: Option<i64>,
    /// Its value, rounded to the nearest that there is.
    pub float: f64,
}

/// A key of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key as written.
    pub name: String,
    /// Where it is.
    pub at: Option<Position>,
}

impl Node {
    /// Reads YAML (and so JSON) as text.
    ///
    /// # Errors
    ///
    /// The one problem that ends the parse: what is no YAML, a key written
    /// twice, a second document, or more than the bounds of this module allow.
    pub fn from_yaml(text: &str) -> Result<Node, Problem> {
        if text.len() > DOCUMENT_BYTES_MAX {
            return Err(Problem::error(format!(
                "the document has {} bytes, and at most {DOCUMENT_BYTES_MAX} are read",
                text.len()
            )));
        }
        yaml::parse(text)
    }

    /// Takes over parsed JSON. Its nodes have no positions.
    ///
    /// # Errors
    ///
    /// The document is beyond the bounds of this module.
    pub fn from_json(json: &serde_json::Value) -> Result<Node, Problem> {
        let mut nodes_left = NODES_MAX;
        convert_json(json, DEPTH_MAX, &mut nodes_left)
    }

    /// The same as JSON, without places. A number that JSON cannot write as it
    /// stands becomes the nearest that it can.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => number
                .integer
                .map_or_else(|| number.float.into(), serde_json::Value::from),
            Value::String(text) => text.clone().into(),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|(key, node)| (key.name.clone(), node.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    /// What the node is, for messages: `a list`, `a number`.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "`true` or `false`",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

fn convert_json(
    json: &serde_json::Value,
    depth_left: usize,
    nodes_left: &mut usize,
) -> Result<Node, Problem> {
    if depth_left == 0 {
        return Err(too_deep());
    }
    *nodes_left = nodes_left.checked_sub(1).ok_or_else(too_many_nodes)?;
    let value = match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Number(Number {
            text: number.to_string(),
            integer: number.as_i64(),
            float: number.as_f64().unwrap_or(f64::NAN),
        }),
        serde_json::Value::String(text) => Value::String(text.clone()),
        serde_json::Value::Array(items) => Value::List(
            items
                .iter()
                .map(|item| convert_json(item, depth_left - 1, nodes_left))
                .collect::<Result<_, _>>()?,
        ),
        serde_json::Value::Object(entries) => Value::Map(
            entries
                .iter()
                .map(|(name, entry)| {
                    let key = Key {
                        name: name.clone(),
                        at: None,
                    };
                    Ok((key, convert_json(entry, depth_left - 1, nodes_left)?))
                })
                .collect::<Result<_, Problem>>()?,
        ),
    };
    Ok(Node { value, at: None })
}

fn too_deep() -> Problem {
    Problem::error(format!(
        "lists and maps are nested more than {DEPTH_MAX} levels deep"
    ))
}

fn too_many_nodes() -> Problem {
    Problem::error(format!(
        "the document has more than {NODES_MAX} parts, aliases written out"
    ))
}

#[cfg(test)]
mod tests;
