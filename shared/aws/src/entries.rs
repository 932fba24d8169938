//! Tables of entries that are written over each other's versions: what people
//! were told, and which jobs a worker holds.
//!
//! Partition key `id` and sort key `part`, both texts; `body` is JSON whose
//! form its reader knows, `version` counts its writes from 1, and `expires`
//! (seconds since 1970) is the table's time-to-live attribute.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use sluice_core::reading::Place;

use crate::clients::Aws;
use crate::cloudwatch::unreadable;
use crate::error::{AwsError, sorted};

const ID: &str = "id";
const PART: &str = "part";
const BODY: &str = "body";
const VERSION: &str = "version";
const EXPIRES: &str = "expires";

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its partition.
    pub id: String,
    /// Its place in that.
    pub part: String,
    /// How often it was written.
    pub version: u64,
    /// JSON.
    pub body: String,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryPut {
    /// It is now as it was to be.
    Done,
    /// Somebody else wrote it in between.
    Taken,
}

type Item = HashMap<String, AttributeValue>;

impl Aws {
    /// One item, as it is now.
    ///
    /// # Errors
    ///
    /// What AWS said.
    pub async fn entry(
        &self,
        table: &str,
        id: &str,
        part: &str,
    ) -> Result<Option<Entry>, AwsError> {
        let operation = "dynamodb:GetItem";
        let call = self.dynamodb().get_item().table_name(table);
        let call = call.key(ID, text(id)).key(PART, text(part));
        let answer = call.consistent_read(true).send().await;
        let answer = answer.map_err(|e| sorted(operation, &Place::default(), e).about(table))?;
        answer
            .item
            .map(|item| read(operation, table, &item))
            .transpose()
    }

    /// All items of a partition.
    ///
    /// # Errors
    ///
    /// What AWS said.
    pub async fn entries(&self, table: &str, id: &str) -> Result<Vec<Entry>, AwsError> {
        let operation = "dynamodb:Query";
        let mut entries = Vec::new();
        let mut after: Option<Item> = None;
        loop {
            let call = self.dynamodb().query().table_name(table);
            let answer = call
                .key_condition_expression("#id = :id")
                .expression_attribute_names("#id", ID)
                .expression_attribute_values(":id", text(id))
                .consistent_read(true)
                .set_exclusive_start_key(after)
                .send()
                .await;
            let page = answer.map_err(|e| sorted(operation, &Place::default(), e).about(table))?;
            for item in page.items.unwrap_or_default() {
                entries.push(read(operation, table, &item)?);
            }
            after = page.last_evaluated_key;
            if after.is_none() {
                return Ok(entries);
            }
        }
    }

    /// Writes an item as the next version after `over`; 0 is that there is
    /// none.
    ///
    /// # Errors
    ///
    /// What AWS said.
    pub async fn put_entry(
        &self,
        table: &str,
        (id, part): (&str, &str),
        (body, over): (&str, u64),
        expires: Option<Timestamp>,
    ) -> Result<EntryPut, AwsError> {
        let operation = "dynamodb:PutItem";
        let mut item = Item::from([
            (ID.to_owned(), text(id)),
            (PART.to_owned(), text(part)),
            (BODY.to_owned(), text(body)),
            (VERSION.to_owned(), number(over + 1)),
        ]);
        if let Some(expires) = expires {
            item.insert(EXPIRES.to_owned(), number(expires.as_second()));
        }
        let call = self.dynamodb().put_item().table_name(table);
        let call = call.set_item(Some(item));
        let call = if over == 0 {
            call.condition_expression("attribute_not_exists(#id)")
                .expression_attribute_names("#id", ID)
        } else {
            call.condition_expression("#version = :over")
                .expression_attribute_names("#version", VERSION)
                .expression_attribute_values(":over", number(over))
        };
        let Err(error) = call.send().await else {
            return Ok(EntryPut::Done);
        };
        let error = sorted(operation, &Place::default(), error).about(table);
        if !error.has_code("ConditionalCheckFailedException") {
            return Err(error);
        }
        // An answer that was lost is asked for again by the SDK, and then its
        // own first write stands in the way.
        let there = self.entry(table, id, part).await?;
        let is_own = there.is_some_and(|own| own.version == over + 1 && own.body == body);
        Ok(if is_own {
            EntryPut::Done
        } else {
            EntryPut::Taken
        })
    }

    /// Takes an item away, unless it was written since this version.
    ///
    /// # Errors
    ///
    /// What AWS said.
    pub async fn remove_entry(
        &self,
        table: &str,
        (id, part): (&str, &str),
        version: u64,
    ) -> Result<(), AwsError> {
        let operation = "dynamodb:DeleteItem";
        let call = self.dynamodb().delete_item().table_name(table);
        let call = call.key(ID, text(id)).key(PART, text(part));
        let answer = call
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":version", number(version))
            .send()
            .await;
        let Err(error) = answer else {
            return Ok(());
        };
        let error = sorted(operation, &Place::default(), error).about(table);
        if error.has_code("ConditionalCheckFailedException") {
            return Ok(());
        }
        Err(error)
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn read(operation: &str, table: &str, item: &Item) -> Result<Entry, AwsError> {
    let lacks = |name: &str| {
        let what = format!("an item has no `{name}`");
        unreadable(operation, &Place::default(), &what).about(table)
    };
    let of = |name: &str| {
        let value = item.get(name).and_then(|value| value.as_s().ok());
        value.cloned().ok_or_else(|| lacks(name))
    };
    let version = item.get(VERSION).and_then(|value| value.as_n().ok());
    Ok(Entry {
        id: of(ID)?,
        part: of(PART)?,
        version: version
            .and_then(|value| value.parse().ok())
            .ok_or_else(|| lacks(VERSION))?,
        body: of(BODY)?,
    })
}
