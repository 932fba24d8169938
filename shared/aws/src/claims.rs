//! The table of claims: who starts what, and what came of it.
//!
//! One item for each thing that is started: partition key `id` (a text), and
//! the attributes of [`Claim`]. `expires` (seconds since 1970) is the table's
//! time-to-live attribute. An item holds names and ARNs, never a secret.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use jiff::Timestamp;
use sluice_core::reading::Place;

use crate::clients::Aws;
use crate::cloudwatch::unreadable;
use crate::error::{AwsError, sorted};

const ID: &str = "id";
const ABOUT: &str = "about";
const CLAIMER: &str = "claimer";
const CLAIMED_AT: &str = "claimed_at";
const GENERATION: &str = "generation";
const STARTED: &str = "started";
const EXPIRES: &str = "expires";

/// Who starts a thing, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The key.
    pub id: String,
    /// The same for people.
    pub about: String,
    /// Which invocation it is that starts the thing.
    pub claimer: String,
    /// When it said so.
    pub claimed_at: Timestamp,
    /// How often the claim was taken over.
    pub generation: u32,
    /// The ARN of what was started, once it is known.
    pub started: Option<String>,
    /// When nobody needs it any more.
    pub expires: Timestamp,
}

/// What became of a write to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The claim is now as it was to be.
    Done,
    /// Somebody else was there before; this is how it is.
    Held(Claim),
}

impl Aws {
    /// Writes a claim unless there is one.
    pub async fn put_claim(&self, table: &str, claim: &Claim) -> Result<Claimed, AwsError> {
        let operation = "dynamodb:PutItem";
        let answer = self
            .dynamodb()
            .put_item()
            .table_name(table)
            .set_item(Some(item(claim)))
            .condition_expression("attribute_not_exists(#id)")
            .expression_attribute_names("#id", ID)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Claimed::Done),
            Err(error) => {
                let old = error.as_service_error().and_then(|error| match error {
                    aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(
                        failed,
                    ) => failed.item.clone(),
                    _ => None,
                });
                self.held(operation, table, &claim.id, old, error).await
            }
        }
    }

    /// A claim as it is now.
    pub async fn claim(&self, table: &str, id: &str) -> Result<Option<Claim>, AwsError> {
        let operation = "dynamodb:GetItem";
        let answer = self
            .dynamodb()
            .get_item()
            .table_name(table)
            .key(ID, text(id))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| sorted(operation, &Place::default(), error).about(table))?;
        answer
            .item
            .map(|item| read(operation, table, &item))
            .transpose()
    }

    /// Takes a claim over, unless somebody else did or it has started.
    pub async fn take_over_claim(
        &self,
        table: &str,
        old: &Claim,
        new: &Claim,
    ) -> Result<Claimed, AwsError> {
        let update = "SET #claimer = :claimer, #claimed_at = :claimed_at, #generation = :generation, #expires = :expires";
        let condition = "#generation = :old AND attribute_not_exists(#started)";
        let names = [CLAIMER, CLAIMED_AT, GENERATION, EXPIRES, STARTED];
        let values = [
            (":claimer", text(&new.claimer)),
            (":claimed_at", text(&new.claimed_at.to_string())),
            (":generation", number(new.generation)),
            (":expires", number(new.expires.as_second())),
            (":old", number(old.generation)),
        ];
        self.update_claim(table, &old.id, (update, condition), &names, &values)
            .await
    }

    /// Writes down what was started. Another thing that was is kept.
    pub async fn record_started(
        &self,
        table: &str,
        id: &str,
        arn: &str,
    ) -> Result<Claimed, AwsError> {
        let update = "SET #started = :started";
        let condition = "attribute_exists(#id) AND attribute_not_exists(#started)";
        let values = [(":started", text(arn))];
        let became = self
            .update_claim(table, id, (update, condition), &[ID, STARTED], &values)
            .await?;
        Ok(match became {
            // The same was written before, by a call whose answer was lost.
            Claimed::Held(claim) if claim.started.as_deref() == Some(arn) => Claimed::Done,
            other => other,
        })
    }

    async fn update_claim(
        &self,
        table: &str,
        id: &str,
        (update, condition): (&str, &str),
        names: &[&str],
        values: &[(&str, AttributeValue)],
    ) -> Result<Claimed, AwsError> {
        let names = names
            .iter()
            .map(|name| (format!("#{name}"), (*name).to_owned()));
        let values = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        let answer = self
            .dynamodb()
            .update_item()
            .table_name(table)
            .key(ID, text(id))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names.collect()))
            .set_expression_attribute_values(Some(values.collect()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Claimed::Done),
            Err(error) => {
                let old = error.as_service_error().and_then(|error| match error {
                    aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(
                        failed,
                    ) => failed.item.clone(),
                    _ => None,
                });
                self.held("dynamodb:UpdateItem", table, id, old, error)
                    .await
            }
        }
    }

    /// The claim that stood in the way of a write.
    async fn held<E>(
        &self,
        operation: &str,
        table: &str,
        id: &str,
        old: Option<Item>,
        error: SdkError<E, HttpResponse>,
    ) -> Result<Claimed, AwsError>
    where
        E: aws_smithy_types::error::metadata::ProvideErrorMetadata
            + std::error::Error
            + Send
            + Sync
            + 'static,
    {
        if let Some(item) = old {
            return read(operation, table, &item).map(Claimed::Held);
        }
        let error = sorted(operation, &Place::default(), error).about(table);
        if !error.has_code("ConditionalCheckFailedException") {
            return Err(error);
        }
        // Tables of others may not say what stood in the way.
        match self.claim(table, id).await? {
            Some(claim) => Ok(Claimed::Held(claim)),
            None => Err(unreadable(operation, &Place::default(), "the claim is gone").about(table)),
        }
    }
}

type Item = HashMap<String, AttributeValue>;

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn item(claim: &Claim) -> Item {
    let mut item = Item::from([
        (ID.to_owned(), text(&claim.id)),
        (ABOUT.to_owned(), text(&claim.about)),
        (CLAIMER.to_owned(), text(&claim.claimer)),
        (CLAIMED_AT.to_owned(), text(&claim.claimed_at.to_string())),
        (GENERATION.to_owned(), number(claim.generation)),
        (EXPIRES.to_owned(), number(claim.expires.as_second())),
    ]);
    if let Some(arn) = &claim.started {
        item.insert(STARTED.to_owned(), text(arn));
    }
    item
}

fn read(operation: &str, table: &str, item: &Item) -> Result<Claim, AwsError> {
    let what = "an item is no claim";
    parse(item).ok_or_else(|| unreadable(operation, &Place::default(), what).about(table))
}

fn parse(item: &Item) -> Option<Claim> {
    let text = |name: &str| item.get(name)?.as_s().ok().cloned();
    let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<i64>().ok();
    Some(Claim {
        id: text(ID)?,
        about: text(ABOUT)?,
        claimer: text(CLAIMER)?,
        claimed_at: text(CLAIMED_AT)?.parse().ok()?,
        generation: u32::try_from(number(GENERATION)?).ok()?,
        started: text(STARTED),
        expires: Timestamp::from_second(number(EXPIRES)?).ok()?,
    })
}
