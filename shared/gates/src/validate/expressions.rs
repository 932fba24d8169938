//! Regular expressions, JSONPath and JSON Schema: the one place that names
//! their libraries.

use regex::{Regex, RegexBuilder};
use serde_json::Value as Json;
use serde_json_path::JsonPath;
use sluice_core::expression::Expression;

/// A regular expression may take so much memory once it is compiled.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// Says what is wrong with an expression, if anything is.
///
/// # Errors
///
/// It cannot be used.
pub fn check_expression(expression: &Expression) -> Result<(), String> {
    match expression {
        Expression::Regex(text) => regex(text).map(|_| ()),
        Expression::JsonPath(text) => json_path(text).map(|_| ()),
        Expression::JsonSchema(schema) => json_schema(schema).map(|_| ()),
    }
}

/// Compiles a regular expression. Searching takes time linear in the text,
/// whatever the expression is.
pub(crate) fn regex(text: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(text).size_limit(REGEX_BYTES_MAX).build();
    built.map_err(|error| {
        // Its last line says what is wrong, those before show where.
        let message = error.to_string();
        let last = message.lines().last().unwrap_or_default();
        last.trim_start_matches("error: ").to_owned()
    })
}

/// Reads a JSONPath.
pub(crate) fn json_path(text: &str) -> Result<JsonPath, String> {
    JsonPath::parse(text).map_err(|error| error.to_string())
}

/// Compiles a JSON Schema. What it refers to has to be inside of it: nothing
/// is fetched.
pub(crate) fn json_schema(schema: &Json) -> Result<jsonschema::Validator, String> {
    if !schema.is_object() && !schema.is_boolean() {
        return Err("a schema is a map".to_owned());
    }
    let patterns = jsonschema::PatternOptions::regex().size_limit(REGEX_BYTES_MAX);
    let options = jsonschema::options().with_pattern_options(patterns);
    options.build(schema).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_used_is_said_on_one_line() {
        for (expression, expected) in [
            (Expression::Regex("a(b".to_owned()), "unclosed group"),
            (Expression::Regex("(a{1000}){1000}".to_owned()), "exceeds"),
            (Expression::JsonPath("status".to_owned()), "at position"),
            (
                Expression::JsonSchema(Box::new(json!({ "type": "strnig" }))),
                "strnig",
            ),
            (Expression::JsonSchema(Box::new(json!("x"))), "a map"),
            (
                Expression::JsonSchema(Box::new(json!({ "$ref": "https://a.example/s" }))),
                "a.example",
            ),
        ] {
            let said = check_expression(&expression).unwrap_err();
            assert!(said.contains(expected), "{expression:?}: {said}");
            assert!(!said.contains('\n'), "{said}");
        }
    }

    #[test]
    fn what_can_be_used_is_good() {
        for expression in [
            Expression::Regex("^v[0-9]+$".to_owned()),
            Expression::JsonPath("$.items[?@.ok == true].id".to_owned()),
            Expression::JsonSchema(Box::new(json!({ "required": ["a"] }))),
        ] {
            assert_eq!(check_expression(&expression), Ok(()));
        }
    }
}
