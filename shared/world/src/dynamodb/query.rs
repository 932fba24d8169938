//! `Query`: all items of a partition, in the order of their sort keys, a page
//! of a megabyte after the other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Item;
use super::expression::{Names, equal};
use super::key::{Key, KeyNames, key_of};

/// What a page holds, at most.
const PAGE_BYTES_MAX: usize = 1024 * 1024;

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub(super) struct QueryInput {
    pub(super) table_name: String,
    key_condition_expression: String,
    expression_attribute_names: BTreeMap<String, String>,
    expression_attribute_values: Item,
    exclusive_start_key: Option<Item>,
    limit: Option<usize>,
    scan_index_forward: Option<bool>,
    pub(super) consistent_read: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Found {
    items: Vec<Item>,
    count: usize,
    scanned_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_evaluated_key: Option<Item>,
}

impl QueryInput {
    /// What is found in a table.
    pub(super) fn find(
        &self,
        names: &KeyNames<'_>,
        table: &BTreeMap<Key, Item>,
    ) -> Result<Found, String> {
        let partition = self.partition(names)?;
        if self.limit == Some(0) {
            return Err("Limit must be greater than or equal to 1".to_owned());
        }
        let after = match &self.exclusive_start_key {
            None => None,
            Some(key) => Some(key_of(names, key).ok_or("The provided starting key is invalid")?),
        };
        let own = table.iter().filter(|(key, _)| key.partition == partition);
        let mut own: Vec<(&Key, &Item)> = own.collect();
        let is_behind = |key: &Key, after: &Key| match self.is_backward() {
            true => key < after,
            false => key > after,
        };
        own.retain(|(key, _)| after.as_ref().is_none_or(|after| is_behind(key, after)));
        if self.is_backward() {
            own.reverse();
        }
        let (mut bytes, mut items, mut last) = (0, Vec::new(), None);
        for (_, item) in own {
            bytes += json!(item).to_string().len();
            if bytes > PAGE_BYTES_MAX && !items.is_empty() {
                last = items.last().map(|item| only_key(names, item));
                break;
            }
            items.push(item.clone());
            // Also where no more follow.
            if self.limit == Some(items.len()) {
                last = Some(only_key(names, item));
                break;
            }
        }
        Ok(Found {
            count: items.len(),
            scanned_count: items.len(),
            items,
            last_evaluated_key: last,
        })
    }

    fn is_backward(&self) -> bool {
        self.scan_index_forward == Some(false)
    }

    fn partition(&self, names: &KeyNames<'_>) -> Result<String, String> {
        let words = Names {
            names: &self.expression_attribute_names,
            values: &self.expression_attribute_values,
        };
        let (name, value) = equal(&self.key_condition_expression, &words)?;
        let partition = value.get("S").and_then(Value::as_str);
        match partition {
            Some(partition) if name == names.partition => Ok(partition.to_owned()),
            _ => Err(format!(
                "Query condition missed key schema element: {}",
                names.partition
            )),
        }
    }
}

fn only_key(names: &KeyNames<'_>, item: &Item) -> Item {
    let is_key = |name: &str| name == names.partition || Some(name) == names.sort;
    let parts = item.iter().filter(|(name, _)| is_key(name));
    parts
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
