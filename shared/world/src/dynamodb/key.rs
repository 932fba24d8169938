//! Keys of items, in the order in which a query gives them.

use serde_json::Value;

use super::Item;

/// How the parts of a table's key are called.
pub(super) struct KeyNames<'a> {
    pub(super) partition: &'a str,
    pub(super) sort: Option<&'a str>,
}

/// An item's key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) partition: String,
    sort: Sort,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    None,
    Number(i64),
    Text(String),
}

/// The key of an item that has one.
pub(super) fn key_of(names: &KeyNames<'_>, item: &Item) -> Option<Key> {
    let partition = item.get(names.partition)?.get("S")?.as_str()?;
    let sort = match names.sort {
        None => Sort::None,
        Some(name) => sort(item.get(name)?)?,
    };
    (!partition.is_empty()).then(|| Key {
        partition: partition.to_owned(),
        sort,
    })
}

fn sort(value: &Value) -> Option<Sort> {
    if let Some(number) = value.get("N") {
        return Some(Sort::Number(number.as_str()?.parse().ok()?));
    }
    let text = value.get("S")?.as_str()?;
    (!text.is_empty()).then(|| Sort::Text(text.to_owned()))
}
