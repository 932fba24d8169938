//! Giving waivers: what the function `sluice-override` does with a request to
//! its URL.
//!
//! Lambda has checked who signed the request by then, and says so in the
//! event's context. Whoever may invoke a function by other ways could write
//! that context themselves: `infra/template.yaml` lets nobody.

mod request;

use jiff::SignedDuration;
use serde_json::{Value, json};
use sluice_aws::{Aws, AwsError, Refusal, WaiverPut};
use sluice_core::waiver::{GivenWaiver, WAIVER_HOURS_MAX, scope};

use crate::Log;
use request::{Order, Query, UrlEvent};

/// A request that comes again within this time is the same one.
const SAME_WITHIN: SignedDuration = SignedDuration::from_mins(5);
/// How often it tries while others write waivers of the same scope.
const TRIES: usize = 3;

/// Who gives waivers.
pub struct Grantor {
    /// AWS.
    pub aws: Aws,
    /// The table of waivers (`SLUICE_WAIVERS_TABLE`).
    pub waivers_table: Option<String>,
    /// The longest that a waiver may hold here (`SLUICE_WAIVER_HOURS_MAX`).
    pub hours_max: u16,
    /// Where its log goes.
    pub log: Log,
}

/// A request that is not followed, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    status: u16,
    error: String,
    hint: String,
}

impl Refused {
    fn new(status: u16, error: &str, hint: &str) -> Refused {
        Refused {
            status,
            error: error.to_owned(),
            hint: hint.to_owned(),
        }
    }
}

/// Answers one event of the function's URL.
pub async fn grant(event: &Value, grantor: &Grantor) -> Value {
    let event = UrlEvent::read(event);
    let done = match event.caller() {
        Ok(caller) => grantor.answer(caller, &event).await,
        Err(refused) => Err(refused),
    };
    let (status, body) = match done {
        Ok(body) => (200, body),
        Err(refused) => {
            let body = json!({ "error": refused.error, "hint": refused.hint });
            (refused.status, body)
        }
    };
    (grantor.log)(json!({
        "level": if status < 500 { "INFO" } else { "ERROR" },
        "message": "a request about waivers was answered",
        "status": status,
        "caller": event.caller().ok(),
        "method": event.method(),
        "answer": body,
    }));
    json!({
        "statusCode": status,
        "headers": { "content-type": "application/json", "cache-control": "no-store" },
        "body": body.to_string(),
        "isBase64Encoded": false,
    })
}

impl Grantor {
    async fn answer(&self, caller: &str, event: &UrlEvent) -> Result<Value, Refused> {
        match event.method() {
            "GET" => self.list(&event.query()?).await,
            "POST" => self.give(caller, &event.order()?).await,
            other => Err(Refused::new(
                400,
                &format!("the method `{other}` does nothing here"),
                "POST gives a waiver, GET lists those of a release",
            )),
        }
    }

    async fn list(&self, of: &Query) -> Result<Value, Refused> {
        let now = self.aws.now();
        let all = self.waivers(&of.pipeline, &of.release).await?;
        let shown = all.iter().map(|waiver| {
            let mut shown = json!(waiver);
            shown["expired"] = json!(now >= waiver.expires);
            shown
        });
        Ok(json!({
            "pipeline": of.pipeline,
            "release": of.release,
            "waivers": shown.collect::<Vec<_>>(),
        }))
    }

    async fn give(&self, caller: &str, order: &Order) -> Result<Value, Refused> {
        let hours = order.hours(self.hours_max.min(WAIVER_HOURS_MAX))?;
        let remark = self.check_release(order).await?;
        let now = self.aws.now();
        let waiver = GivenWaiver {
            by: caller.to_owned(),
            at: now,
            expires: now + SignedDuration::from_hours(hours.into()),
            reason: order.reason.clone(),
            covers_gate_errors: order.covers_gate_errors,
            scope: scope(&order.stage, &order.gate),
        };
        for _ in 0..TRIES {
            let all = self.waivers(&order.pipeline, &order.release).await?;
            let old = all.into_iter().find(|old| old.scope == waiver.scope);
            if let Some(old) = old.as_ref().filter(|old| is_same(old, &waiver)) {
                return Ok(given(order, old, true, None, remark));
            }
            if self.put(order, &waiver, old.as_ref()).await? == WaiverPut::Done {
                return Ok(given(order, &waiver, false, old, remark));
            }
        }
        Err(Refused::new(
            500,
            "others give waivers for the same gate at this moment",
            "look at them with `sluice override --list`, then try again",
        ))
    }

    async fn put(
        &self,
        order: &Order,
        waiver: &GivenWaiver,
        old: Option<&GivenWaiver>,
    ) -> Result<WaiverPut, Refused> {
        let release = (order.pipeline.as_str(), order.release.as_str());
        let put = self.aws.put_waiver(self.table()?, release, waiver, old);
        put.await
            .map_err(|error| failed("the waiver could not be written", &error))
    }

    async fn waivers(&self, pipeline: &str, release: &str) -> Result<Vec<GivenWaiver>, Refused> {
        let all = self.aws.waivers(self.table()?, pipeline, release).await;
        all.map_err(|error| failed("the table of waivers could not be read", &error))
    }

    fn table(&self) -> Result<&str, Refused> {
        self.waivers_table.as_deref().ok_or_else(|| {
            Refused::new(
                500,
                "this function knows no table of waivers",
                "set SLUICE_WAIVERS_TABLE, as infra/template.yaml does",
            )
        })
    }

    /// Whether the release is the one in the stage. Where CodePipeline does
    /// not say, that is a remark: a waiver for another release does nothing.
    async fn check_release(&self, order: &Order) -> Result<Option<String>, Refused> {
        let (pipeline, release) = (order.pipeline.as_str(), order.release.as_str());
        let state = match self.aws.release_state(pipeline, release).await {
            Ok(state) => state,
            Err(error) => return not_told(order, &error).map(Some),
        };
        if ["Succeeded", "Superseded", "Cancelled"].contains(&state.status.as_str()) {
            let error = format!("release `{release}` is over: it is {}", state.status);
            return Err(Refused::new(400, &error, "no gate will look at it again"));
        }
        if state.parallel {
            return Ok(None);
        }
        let stages = match self.aws.stage_states(pipeline).await {
            Ok(stages) => stages,
            Err(error) => return not_told(order, &error).map(Some),
        };
        let names: Vec<&str> = stages.iter().map(|stage| stage.stage.as_str()).collect();
        let stage = stages.iter().find(|stage| stage.stage == order.stage);
        let stage = stage.ok_or_else(|| {
            let error = format!("pipeline `{pipeline}` has no stage `{}`", order.stage);
            let hint = format!("its stages are `{}`", names.join("`, `"));
            Refused::new(404, &error, &hint)
        })?;
        match stage.latest.as_deref() {
            Some(latest) if latest == release => Ok(None),
            latest => Err(elsewhere(order, latest)),
        }
    }
}

/// Another release is in the stage, or none.
fn elsewhere(order: &Order, latest: Option<&str>) -> Refused {
    let latest = latest.map_or_else(
        || "no release was there yet".to_owned(),
        |latest| format!("the one there is `{latest}`"),
    );
    let (release, stage) = (&order.release, &order.stage);
    let error = format!("release `{release}` is not the one in stage `{stage}`: {latest}");
    let hint =
        "a waiver is for the release that a gate of the stage looks at: give it when it is there";
    Refused::new(400, &error, hint)
}

/// What it means that CodePipeline says nothing of the release.
fn not_told(order: &Order, error: &AwsError) -> Result<String, Refused> {
    let (pipeline, release) = (&order.pipeline, &order.release);
    match &error.refusal {
        Refusal::Code(code) if code == "PipelineNotFoundException" => Err(Refused::new(
            404,
            &format!("there is no pipeline `{pipeline}` in this account and region"),
            "write its name as CodePipeline shows it",
        )),
        Refusal::Code(code) if code == "PipelineExecutionNotFoundException" => Err(Refused::new(
            404,
            &format!("pipeline `{pipeline}` has no execution `{release}`"),
            "take the release from the gate's message, or from the pipeline's page",
        )),
        _ => Ok(format!(
            "whether the release is in the stage could not be asked: {error}"
        )),
    }
}

fn failed(what: &str, error: &AwsError) -> Refused {
    let hint = if error.is_passing() {
        "try again in a moment: doing it twice does no harm"
    } else {
        "let whoever installed Sluice look at the function's role and its table"
    };
    Refused::new(500, &format!("{what}: {error}"), hint)
}

/// Whether a waiver is what the same request gave a moment ago.
fn is_same(old: &GivenWaiver, new: &GivenWaiver) -> bool {
    let lasts = |waiver: &GivenWaiver| waiver.expires.duration_since(waiver.at);
    old.by == new.by
        && old.reason == new.reason
        && old.covers_gate_errors == new.covers_gate_errors
        && lasts(old) == lasts(new)
        && new.at.duration_since(old.at) < SAME_WITHIN
}

fn given(
    order: &Order,
    waiver: &GivenWaiver,
    already: bool,
    replaced: Option<GivenWaiver>,
    remark: Option<String>,
) -> Value {
    json!({
        "pipeline": order.pipeline,
        "release": order.release,
        "stage": order.stage,
        "gate": order.gate,
        "waiver": waiver,
        "already_given": already,
        "replaced": replaced,
        "remarks": remark.into_iter().collect::<Vec<_>>(),
    })
}
