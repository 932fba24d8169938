//! Expressions in settings whose languages this crate does not speak: regular
//! expressions, JSONPath, JSON Schema.
//!
//! The reader notes each with its place; whoever holds the libraries checks
//! them. So a gate that has no such expressions does not carry the libraries
//! for them, and an error in one still points at its line.

use serde_json::Value as Json;

use crate::problems::Problem;

/// An expression, and the language that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// A regular expression.
    Regex(String),
    /// A JSONPath by RFC 9535.
    JsonPath(String),
    /// A JSON Schema.
    JsonSchema(Box<Json>),
}

/// Says what is wrong with an expression, if anything is.
pub type CheckExpression = fn(&Expression) -> Result<(), String>;

/// An expression, and the problem that it is if it does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) expression: Expression,
    pub(crate) place: Problem,
}
