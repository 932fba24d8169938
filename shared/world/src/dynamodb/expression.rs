//! The part of DynamoDB's expressions that claims need.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Item;

/// What the names and values of an expression stand for.
pub(super) struct Names<'a> {
    pub(super) names: &'a BTreeMap<String, String>,
    pub(super) values: &'a Item,
}

impl Names<'_> {
    fn attribute(&self, word: &str) -> Result<&str, String> {
        let found = self.names.get(word.trim());
        let found = found.filter(|_| word.trim().starts_with('#'));
        found.map(String::as_str).ok_or_else(|| {
            format!(
                "this world wants attributes as `#name` of ExpressionAttributeNames, not `{word}`"
            )
        })
    }

    fn value(&self, word: &str) -> Result<&Value, String> {
        let found = self.values.get(word.trim());
        found.ok_or_else(|| format!("no `{}` in ExpressionAttributeValues", word.trim()))
    }
}

/// Whether a condition holds for an item, or for none.
pub(super) fn is_met(
    condition: &str,
    names: &Names<'_>,
    item: Option<&Item>,
) -> Result<bool, String> {
    let mut met = true;
    for term in condition.split(" AND ") {
        met &= term_is_met(term.trim(), names, item)?;
    }
    Ok(met)
}

fn term_is_met(term: &str, names: &Names<'_>, item: Option<&Item>) -> Result<bool, String> {
    let within = |word: &str| term.strip_prefix(word)?.strip_suffix(')');
    let has = |name: &str| item.is_some_and(|item| item.contains_key(name));
    if let Some(name) = within("attribute_exists(") {
        return Ok(has(names.attribute(name)?));
    }
    if let Some(name) = within("attribute_not_exists(") {
        return Ok(!has(names.attribute(name)?));
    }
    let (name, value) = equal(term, names)?;
    Ok(item.and_then(|item| item.get(name)) == Some(value))
}

/// The attribute and the value of `#a = :v`.
pub(super) fn equal<'a>(term: &str, names: &'a Names<'_>) -> Result<(&'a str, &'a Value), String> {
    let unknown = || format!("this world does not know the condition `{term}`");
    let (name, value) = term.split_once(" = ").ok_or_else(unknown)?;
    Ok((names.attribute(name)?, names.value(value)?))
}

/// The attributes that an update sets.
pub(super) fn update(text: &str, names: &Names<'_>) -> Result<Vec<(String, Value)>, String> {
    let unknown = || format!("this world does not know the update `{text}`");
    let assignments = text.strip_prefix("SET ").ok_or_else(unknown)?;
    assignments
        .split(',')
        .map(|assignment| {
            let (name, value) = assignment.split_once(" = ").ok_or_else(unknown)?;
            Ok((
                names.attribute(name)?.to_owned(),
                names.value(value)?.clone(),
            ))
        })
        .collect()
}
