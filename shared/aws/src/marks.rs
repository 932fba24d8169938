//! Marks in the table of claims, by which the gates of a stage end each other.
//!
//! A state machine writes them; gates read them. Beside the key `id` a mark has
//! `by`, the gate that said stop.

use aws_sdk_dynamodb::types::AttributeValue;
use sluice_core::reading::Place;

use crate::clients::Aws;
use crate::cloudwatch::unreadable;
use crate::error::{AwsError, sorted};

impl Aws {
    /// The gate that said stop, if there is such a mark.
    pub async fn stop_mark(&self, table: &str, id: &str) -> Result<Option<String>, AwsError> {
        let operation = "dynamodb:GetItem";
        let answer = self
            .dynamodb()
            .get_item()
            .table_name(table)
            .key("id", AttributeValue::S(id.to_owned()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| sorted(operation, &Place::default(), error).about(table))?;
        let Some(item) = answer.item else {
            return Ok(None);
        };
        match item.get("by").and_then(|by| by.as_s().ok()) {
            Some(by) => Ok(Some(by.clone())),
            None => {
                Err(unreadable(operation, &Place::default(), "an item is no mark").about(table))
            }
        }
    }
}
