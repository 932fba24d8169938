//! The plan store: who required what of whom, version after version.
//!
//! A table with partition key `scope` (a text: `organisation`, `stage:prod*`,
//! `service:checkout`) and sort key `version` (a number from 1). Every change
//! is an item of its own, which is never written again: `form`, `by`, `at`,
//! `why`, `document` (as it was written) and `sha256` of it. The newest
//! version holds. An item that is not whole is an error, never passed over:
//! what it would have required is not known.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use sluice_core::GateError;
use sluice_core::reading::Place;
use sluice_core::token::sha256;

use crate::clients::Aws;
use crate::error::sorted;

const SCOPE: &str = "scope";
const VERSION: &str = "version";

/// The form of items that this code writes and reads.
const FORM: u32 = 1;

/// How many versions are looked back at.
const HISTORY_MAX: i32 = 100;

/// One version of what holds for a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanVersion {
    /// Whom it is for.
    pub scope: String,
    /// Its number, from 1.
    pub version: u32,
    /// Who wrote it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: String,
    /// What was written, as it was written.
    pub document: String,
}

impl PlanVersion {
    /// `organisation@3`.
    pub fn label(&self) -> String {
        format!("{}@{}", self.scope, self.version)
    }
}

/// What became of a new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanPut {
    /// It holds.
    Done,
    /// Somebody else wrote a version of that number.
    Taken,
}

impl Aws {
    /// What holds for a scope.
    ///
    /// # Errors
    ///
    /// `PlanUnreadable` where the newest item is not whole; else what AWS said.
    pub async fn newest_plan(
        &self,
        table: &str,
        scope: &str,
    ) -> Result<Option<PlanVersion>, GateError> {
        Ok(self.plans(table, scope, 1).await?.pop())
    }

    /// The versions of a scope, the newest first, at most a hundred.
    ///
    /// # Errors
    ///
    /// `PlanUnreadable` where one is not whole; else what AWS said.
    pub async fn plan_history(
        &self,
        table: &str,
        scope: &str,
    ) -> Result<Vec<PlanVersion>, GateError> {
        self.plans(table, scope, HISTORY_MAX).await
    }

    async fn plans(
        &self,
        table: &str,
        scope: &str,
        count: i32,
    ) -> Result<Vec<PlanVersion>, GateError> {
        let mut versions = Vec::new();
        let mut after = None;
        loop {
            let page = self
                .dynamodb()
                .query()
                .table_name(table)
                .key_condition_expression("#scope = :scope")
                .expression_attribute_names("#scope", SCOPE)
                .expression_attribute_values(":scope", text(scope))
                .scan_index_forward(false)
                .consistent_read(true)
                .limit(count)
                .set_exclusive_start_key(after)
                .send()
                .await
                .map_err(|error| sorted("dynamodb:Query", &Place::default(), error).about(table))?;
            for item in page.items.unwrap_or_default() {
                versions.push(read(table, scope, &item)?);
            }
            after = page.last_evaluated_key;
            // A page may hold less than was asked for: a megabyte.
            let is_enough = versions.len() >= usize::try_from(count).unwrap_or(usize::MAX);
            if after.is_none() || is_enough {
                return Ok(versions);
            }
        }
    }

    /// Writes a version, unless there is one of that number.
    ///
    /// # Errors
    ///
    /// What AWS said.
    pub async fn put_plan(&self, table: &str, plan: &PlanVersion) -> Result<PlanPut, GateError> {
        let answer = self
            .dynamodb()
            .put_item()
            .table_name(table)
            .set_item(Some(item(plan)))
            .condition_expression("attribute_not_exists(#scope)")
            .expression_attribute_names("#scope", SCOPE)
            .send()
            .await;
        let Err(error) = answer else {
            return Ok(PlanPut::Done);
        };
        let error = sorted("dynamodb:PutItem", &Place::default(), error).about(table);
        if !error.has_code("ConditionalCheckFailedException") {
            return Err(error.into());
        }
        // An answer that was lost is asked for again by the SDK, and then its
        // own first write stands in the way.
        let there = self.newest_plan(table, &plan.scope).await?;
        if there.as_ref() == Some(plan) {
            return Ok(PlanPut::Done);
        }
        Ok(PlanPut::Taken)
    }
}

type Item = HashMap<String, AttributeValue>;

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: u32) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn item(plan: &PlanVersion) -> Item {
    Item::from([
        (SCOPE.to_owned(), text(&plan.scope)),
        (VERSION.to_owned(), number(plan.version)),
        ("form".to_owned(), number(FORM)),
        ("by".to_owned(), text(&plan.by)),
        ("at".to_owned(), text(&plan.at.to_string())),
        ("why".to_owned(), text(&plan.why)),
        ("document".to_owned(), text(&plan.document)),
        ("sha256".to_owned(), text(&sha256(plan.document.as_bytes()))),
    ])
}

fn read(table: &str, scope: &str, item: &Item) -> Result<PlanVersion, GateError> {
    parse(item).map_err(|what| {
        let version = item.get(VERSION).and_then(|value| value.as_n().ok());
        let version = version.map_or("?", String::as_str);
        GateError::PlanUnreadable {
            detail: format!("item `{scope}` version {version} of table `{table}` {what}"),
            mend: format!(
                "push the scope anew with `sluice plan push {scope} FILE` once that item is understood"
            ),
        }
    })
}

fn parse(item: &Item) -> Result<PlanVersion, String> {
    let text = |name: &str| {
        let value = item.get(name).and_then(|value| value.as_s().ok());
        value
            .cloned()
            .ok_or_else(|| format!("has no text `{name}`"))
    };
    let number = |name: &str| {
        let value = item.get(name).and_then(|value| value.as_n().ok());
        let value = value.and_then(|value| value.parse::<u32>().ok());
        value.ok_or_else(|| format!("has no whole number `{name}`"))
    };
    // The form first: a later one may not read as this one.
    match number("form")? {
        FORM => {}
        other => return Err(format!("has form {other}, and form {FORM} is read")),
    }
    let plan = PlanVersion {
        scope: text(SCOPE)?,
        version: number(VERSION)?,
        by: text("by")?,
        at: text("at")?
            .parse()
            .map_err(|error| format!("has no time in `at`: {error}"))?,
        why: text("why")?,
        document: text("document")?,
    };
    if text("sha256")? == sha256(plan.document.as_bytes()) {
        Ok(plan)
    } else {
        Err("has a `document` of another `sha256`".to_owned())
    }
}
