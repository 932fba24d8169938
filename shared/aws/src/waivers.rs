//! The table of waivers: who lets which release pass which gate, and why.
//!
//! One item for each release and scope: partition key `release`
//! (`<pipeline>/<release id>`), sort key `gate` (`<stage>/<gate>` or
//! `<stage>/*`), and the attributes of [`GivenWaiver`]. `expires` (seconds
//! since 1970) is the table's time-to-live attribute. It lies after the end of
//! the waiver, so that a gate can say that there was one.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use sluice_core::reading::Place;
use sluice_core::waiver::GivenWaiver;

use crate::clients::Aws;
use crate::cloudwatch::unreadable;
use crate::error::{AwsError, sorted};

const RELEASE: &str = "release";
const GATE: &str = "gate";
const BY: &str = "by";
const AT: &str = "at";
const EXPIRES_AT: &str = "expires_at";
const EXPIRES: &str = "expires";
const REASON: &str = "reason";
const COVERS_GATE_ERRORS: &str = "covers_gate_errors";

/// How long a waiver is kept after its end.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Pages of a megabyte each: far more than waivers of a release ever are.
const PAGES_MAX: usize = 10;

/// What became of writing a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaiverPut {
    /// It is there.
    Done,
    /// Somebody wrote one of the same scope in the meantime.
    Changed,
}

impl Aws {
    /// All waivers of a release, those that expired among them.
    pub async fn waivers(
        &self,
        table: &str,
        pipeline: &str,
        release: &str,
    ) -> Result<Vec<GivenWaiver>, AwsError> {
        let operation = "dynamodb:Query";
        let mut waivers = Vec::new();
        let mut after = None;
        for _ in 0..PAGES_MAX {
            let page = self
                .dynamodb()
                .query()
                .table_name(table)
                .key_condition_expression("#pk = :pk")
                .expression_attribute_names("#pk", RELEASE)
                .expression_attribute_values(":pk", key(pipeline, release))
                .consistent_read(true)
                .set_exclusive_start_key(after)
                .send()
                .await
                .map_err(|error| sorted(operation, &Place::default(), error).about(table))?;
            for item in page.items.unwrap_or_default() {
                waivers.push(read(operation, table, &item)?);
            }
            after = page.last_evaluated_key;
            if after.is_none() {
                return Ok(waivers);
            }
        }
        let what = "there are more pages than waivers can fill";
        Err(unreadable(operation, &Place::default(), what).about(table))
    }

    /// Writes a waiver where none of its scope is, or in the place of `old`.
    pub async fn put_waiver(
        &self,
        table: &str,
        (pipeline, release): (&str, &str),
        waiver: &GivenWaiver,
        old: Option<&GivenWaiver>,
    ) -> Result<WaiverPut, AwsError> {
        let call = self.dynamodb().put_item().table_name(table);
        let call = call.set_item(Some(item(key(pipeline, release), waiver)));
        let call = match old {
            None => call
                .condition_expression("attribute_not_exists(#pk)")
                .expression_attribute_names("#pk", RELEASE),
            Some(old) => call
                .condition_expression("#by = :by AND #at = :at")
                .expression_attribute_names("#by", BY)
                .expression_attribute_names("#at", AT)
                .expression_attribute_values(":by", text(&old.by))
                .expression_attribute_values(":at", text(&old.at.to_string())),
        };
        match call.send().await {
            Ok(_) => Ok(WaiverPut::Done),
            Err(error) => {
                let error = sorted("dynamodb:PutItem", &Place::default(), error).about(table);
                if error.has_code("ConditionalCheckFailedException") {
                    Ok(WaiverPut::Changed)
                } else {
                    Err(error)
                }
            }
        }
    }
}

type Item = HashMap<String, AttributeValue>;

fn key(pipeline: &str, release: &str) -> AttributeValue {
    AttributeValue::S(format!("{pipeline}/{release}"))
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn item(key: AttributeValue, waiver: &GivenWaiver) -> Item {
    let forgotten = waiver.expires.saturating_add(KEPT_FOR);
    let forgotten = forgotten.unwrap_or(Timestamp::MAX).as_second();
    [
        (RELEASE, key),
        (GATE, text(&waiver.scope)),
        (BY, text(&waiver.by)),
        (AT, text(&waiver.at.to_string())),
        (EXPIRES_AT, text(&waiver.expires.to_string())),
        (EXPIRES, AttributeValue::N(forgotten.to_string())),
        (REASON, text(&waiver.reason)),
        (
            COVERS_GATE_ERRORS,
            AttributeValue::Bool(waiver.covers_gate_errors),
        ),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn read(operation: &str, table: &str, item: &Item) -> Result<GivenWaiver, AwsError> {
    let what = "an item is no waiver";
    parse(item).ok_or_else(|| unreadable(operation, &Place::default(), what).about(table))
}

fn parse(item: &Item) -> Option<GivenWaiver> {
    let text = |name: &str| item.get(name)?.as_s().ok().cloned();
    Some(GivenWaiver {
        by: text(BY)?,
        at: text(AT)?.parse().ok()?,
        expires: text(EXPIRES_AT)?.parse().ok()?,
        reason: text(REASON)?,
        covers_gate_errors: *item.get(COVERS_GATE_ERRORS)?.as_bool().ok()?,
        scope: text(GATE)?,
    })
}
