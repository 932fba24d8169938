//! DynamoDB, as far as our tables need it: `PutItem`, `GetItem`, `UpdateItem`,
//! `DeleteItem` and `Query` of items with a text as their key, and a text or a whole number
//! as their sort key where the table has one.
//!
//! Of expressions it knows conditions that are joined by `AND`
//! (`attribute_exists(#a)`, `attribute_not_exists(#a)`, `#a = :v`), and updates
//! that begin with `SET` (`#a = :v, #b = :w`). Whatever else a request has is
//! refused, and says so: an expression that is half understood would be a lie.

mod expression;
mod key;
mod query;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::wire::{ApiError, Protocol};
use expression::{Names, is_met, update};
use key::{Key, KeyNames, key_of};
use query::{Found, QueryInput};

/// An item: attributes in DynamoDB's own writing, `{"S": "text"}`.
pub(crate) type Item = BTreeMap<String, Value>;

const ITEM_BYTES_MAX: usize = 400 * 1024;

/// All tables of the world.
#[derive(Debug, Default)]
pub(crate) struct DynamoDb {
    /// By the table's ARN, then by key.
    tables: BTreeMap<String, BTreeMap<Key, Item>>,
}

/// Why a request has no effect.
pub(crate) enum Refused {
    /// As everywhere.
    Plain(ApiError),
    /// The condition does not hold; with the item where that was asked for.
    Condition(Option<Item>),
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Refused {
        Refused::Plain(error)
    }
}

impl Refused {
    /// The error, and what else its body says.
    pub(crate) fn shown(self) -> (ApiError, Option<Value>) {
        match self {
            Refused::Plain(error) => (error, None),
            Refused::Condition(item) => {
                let code = "ConditionalCheckFailedException";
                let error = ApiError::client(code, "The conditional request failed");
                (error, item.map(|item| json!(item)))
            }
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
struct Request {
    table_name: String,
    item: Option<Item>,
    key: Option<Item>,
    condition_expression: Option<String>,
    update_expression: Option<String>,
    expression_attribute_names: BTreeMap<String, String>,
    expression_attribute_values: Item,
    return_values_on_condition_check_failure: Option<String>,
    consistent_read: Option<bool>,
    return_values: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Item>,
}

const NOTHING: Answer = Answer {
    item: None,
    attributes: None,
};

impl DynamoDb {
    pub(crate) fn call(
        &mut self,
        caller: &Caller<'_>,
        operation: &str,
        protocol: Protocol,
        body: &[u8],
    ) -> Result<Vec<u8>, Refused> {
        let read = || protocol.read(body).map_err(|error| unknown(&error));
        let answer = match operation {
            "PutItem" => self.put(caller, read()?)?,
            "GetItem" => self.get(caller, &read()?)?,
            "UpdateItem" => self.update(caller, &read()?)?,
            "DeleteItem" => self.delete(caller, &read()?)?,
            "Query" => {
                let input = protocol.read(body).map_err(|error| unknown(&error))?;
                return Ok(protocol.write(&self.query(caller, &input)?)?);
            }
            other => {
                let message = format!("this world's DynamoDB has no operation {other}");
                let code = "UnknownOperationException";
                return Err(ApiError::client(code, message).into());
            }
        };
        Ok(protocol.write(&answer)?)
    }

    fn put(&mut self, caller: &Caller<'_>, input: Request) -> Result<Answer, Refused> {
        let item = input
            .item
            .as_ref()
            .ok_or_else(|| validation("Item is missing"))?;
        let (table, key) =
            self.place(caller, "dynamodb:PutItem", &input.table_name, item, false)?;
        check_condition(table.get(&key), &input)?;
        check_size(item)?;
        table.insert(key, input.item.unwrap_or_default());
        Ok(NOTHING)
    }

    fn query(&mut self, caller: &Caller<'_>, input: &QueryInput) -> Result<Found, Refused> {
        let (names, table) = self.table(caller, "dynamodb:Query", &input.table_name)?;
        check_consistent(input.consistent_read)?;
        Ok(input
            .find(&names, table)
            .map_err(|what| validation(&what))?)
    }

    fn get(&mut self, caller: &Caller<'_>, input: &Request) -> Result<Answer, Refused> {
        let key = input
            .key
            .as_ref()
            .ok_or_else(|| validation("Key is missing"))?;
        let (table, key) = self.place(caller, "dynamodb:GetItem", &input.table_name, key, true)?;
        check_consistent(input.consistent_read)?;
        Ok(Answer {
            item: table.get(&key).cloned(),
            ..NOTHING
        })
    }

    fn delete(&mut self, caller: &Caller<'_>, input: &Request) -> Result<Answer, Refused> {
        let key = input
            .key
            .as_ref()
            .ok_or_else(|| validation("Key is missing"))?;
        let (table, key) =
            self.place(caller, "dynamodb:DeleteItem", &input.table_name, key, true)?;
        check_condition(table.get(&key), input)?;
        table.remove(&key);
        Ok(NOTHING)
    }

    fn update(&mut self, caller: &Caller<'_>, input: &Request) -> Result<Answer, Refused> {
        let own = input
            .key
            .as_ref()
            .ok_or_else(|| validation("Key is missing"))?;
        let (table, key) =
            self.place(caller, "dynamodb:UpdateItem", &input.table_name, own, true)?;
        check_condition(table.get(&key), input)?;
        let names = names(input);
        let text = input.update_expression.as_deref().unwrap_or("");
        let changes = update(text, &names).map_err(|what| validation(&what))?;
        let mut item = table.get(&key).cloned().unwrap_or_else(|| own.clone());
        if changes.iter().any(|(name, _)| own.contains_key(name)) {
            return Err(validation("Cannot update attribute: it is part of the key").into());
        }
        item.extend(changes);
        check_size(&item)?;
        table.insert(key, item.clone());
        let wanted = input.return_values.as_deref() == Some("ALL_NEW");
        Ok(Answer {
            attributes: wanted.then_some(item),
            ..NOTHING
        })
    }

    /// A table with what is in it, and the names of its key.
    fn table<'a>(
        &mut self,
        caller: &Caller<'a>,
        action: &str,
        name: &str,
    ) -> Result<(KeyNames<'a>, &mut BTreeMap<Key, Item>), ApiError> {
        let name = name.rsplit_once("table/").map_or(name, |(_, name)| name);
        let arn = caller.arn("dynamodb", &format!("table/{name}"));
        let table = caller.scenario.tables.get(name);
        let table = table.filter(|table| caller.is_home_of(*table));
        let table = table.ok_or_else(|| {
            let code = "ResourceNotFoundException";
            ApiError::client(code, "Requested resource not found")
        })?;
        caller.may(action, table, &arn)?;
        let names = KeyNames {
            partition: table.key.as_deref().unwrap_or("id"),
            sort: table.sort.as_deref(),
        };
        let begun = || {
            let items = table.items.iter();
            items
                .filter_map(|item| Some((key_of(&names, item)?, item.clone())))
                .collect()
        };
        let items = self.tables.entry(arn).or_insert_with(begun);
        Ok((names, items))
    }

    /// The table, and the key in it. `alone`: nothing but the key is there.
    fn place<'a>(
        &mut self,
        caller: &Caller<'a>,
        action: &str,
        name: &str,
        item: &Item,
        alone: bool,
    ) -> Result<(&mut BTreeMap<Key, Item>, Key), ApiError> {
        let (names, table) = self.table(caller, action, name)?;
        let parts = 1 + usize::from(names.sort.is_some());
        let key = key_of(&names, item).filter(|_| !alone || item.len() == parts);
        let key =
            key.ok_or_else(|| validation("The provided key element does not match the schema"))?;
        Ok((table, key))
    }
}

fn check_condition(item: Option<&Item>, input: &Request) -> Result<(), Refused> {
    if !matches!(
        input.return_values.as_deref(),
        None | Some("NONE" | "ALL_NEW")
    ) {
        let what = "this world returns no values but `ALL_NEW`";
        return Err(validation(what).into());
    }
    let Some(condition) = &input.condition_expression else {
        return Ok(());
    };
    let met = is_met(condition, &names(input), item).map_err(|what| validation(&what))?;
    let wanted = input.return_values_on_condition_check_failure.as_deref() == Some("ALL_OLD");
    if met {
        Ok(())
    } else {
        Err(Refused::Condition(item.filter(|_| wanted).cloned()))
    }
}

fn check_consistent(consistent_read: Option<bool>) -> Result<(), ApiError> {
    if consistent_read == Some(true) {
        return Ok(());
    }
    Err(validation(
        "this world reads consistently only: claims that are read late are no claims",
    ))
}

fn unknown(error: &impl std::fmt::Display) -> ApiError {
    validation(&format!(
        "this world's DynamoDB does not know all of it: {error}"
    ))
}

fn names(input: &Request) -> Names<'_> {
    Names {
        names: &input.expression_attribute_names,
        values: &input.expression_attribute_values,
    }
}

fn validation(what: &str) -> ApiError {
    ApiError::client("ValidationException", what)
}

fn check_size(item: &Item) -> Result<(), ApiError> {
    if json!(item).to_string().len() > ITEM_BYTES_MAX {
        return Err(validation(
            "Item size has exceeded the maximum allowed size",
        ));
    }
    Ok(())
}
