//! The value of a property: YAML of the setting that it stands for.

use serde_json::Value as Json;

use super::table::{Row, Stands};
use crate::problems::Problem;
use crate::tree::{Node, Value};

/// Reads a value that stands for a setting. The problem knows no place.
pub(super) fn read(row: &Row, text: &str) -> Result<Json, Problem> {
    let node = match row.stands {
        Stands::List(_) => list(text)?,
        _ => Node::from_yaml(text)?,
    };
    Ok(node.to_json())
}

/// A list, or its items without the brackets: `checkout-5xx, checkout-p99`.
fn list(text: &str) -> Result<Node, Problem> {
    let bracketed = || Node::from_yaml(&format!("[{text}\n]"));
    if text.starts_with('[') || text.contains('\n') {
        return whole(text).or_else(|problem| bracketed().map_err(|_| problem));
    }
    // An item that begins with a dash is a list without brackets.
    bracketed().or_else(|problem| whole(text).map_err(|_| problem))
}

/// A list as it is written, or the one map of it.
fn whole(text: &str) -> Result<Node, Problem> {
    let node = Node::from_yaml(text)?;
    match node.value {
        Value::List(_) => Ok(node),
        Value::Map(_) => Ok(Node {
            at: node.at,
            value: Value::List(vec![node]),
        }),
        _ => Err(Problem::error(format!(
            "{} where a list is wanted",
            node.kind()
        ))),
    }
}

/// What is no value, whatever the property stands for.
pub(super) fn mistake(row: &Row, text: &str) -> Option<Problem> {
    if text.trim().is_empty() {
        let hint = format!("write `{}`, for instance, or leave it out", row.example);
        return Some(Problem::error("is empty".to_owned()).hint(hint));
    }
    let from = text.find("#{")?;
    let to = text[from..].find('}')?;
    let variable = &text[from..=from + to];
    let hint = "the action that sets it needs a `namespace` and has to run earlier; without `#{...}` support \
                (pipeline type V1) write the value itself";
    let message = format!("`{variable}` was not filled in by CodePipeline");
    Some(Problem::error(message).hint(hint.to_owned()))
}
