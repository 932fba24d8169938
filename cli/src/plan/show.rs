//! `sluice plan show` and `sluice plan why`.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sluice_core::layers::values;
use sluice_core::plan::ResolvedPlan;

use super::place::Place;
use super::values::{short, yaml};
use super::{AskedArguments, Refused};
use crate::lines::folded;

/// What holds, in the shape that people write.
pub(super) async fn show(asked: &AskedArguments) -> Result<String, Refused> {
    let place = asked.place.open().await?;
    let (plan, _) = place.resolved(asked).await?;
    if asked.json {
        return Ok(document(&plan));
    }
    let own = serde_json::to_value(&plan.plan).expect("a plan is JSON");
    Ok(format!("{}{}", heading(&plan), yaml(&own)))
}

/// Each value with the layer that it comes from.
pub(super) async fn why(asked: &AskedArguments) -> Result<String, Refused> {
    let place = asked.place.open().await?;
    let (plan, layers) = place.resolved(asked).await?;
    if asked.json {
        return Ok(document(&plan));
    }
    let mut text = heading(&plan);
    let width = plan.sources.values().map(String::len).max().unwrap_or(0);
    for (path, value) in values(&plan.plan) {
        let source = plan.sources.get(&path).map_or("", String::as_str);
        let line = format!("{source:<width$}  ");
        let rest = format!("{path}: {}", short(&value));
        let _ = writeln!(text, "{}", folded(&rest, &line, &" ".repeat(width + 4)));
    }
    for layer in layers {
        if let Some(scope) = layer.scope.filter(|_| plan.from.contains(&layer.label)) {
            text.push_str(&written_by(&place, &scope.to_string(), &layer.label).await?);
        }
    }
    Ok(text)
}

async fn written_by(place: &Place, scope: &str, label: &str) -> Result<String, Refused> {
    let Ok(scope) = scope.parse() else {
        return Ok(String::new());
    };
    let version = place.version(&scope).await?;
    Ok(version.map_or_else(String::new, |held| {
        let told = format!("{label}: by {} at {}: {}", held.by, held.at, held.why);
        format!("\n{}\n", folded(&told, "", "  "))
    }))
}

fn heading(plan: &ResolvedPlan) -> String {
    let told = format!(
        "# service {}, stage {}, from {}",
        plan.service,
        plan.stage,
        plan.from.join(", ")
    );
    format!("{}\n", folded(&told, "", "#   "))
}

fn document(plan: &ResolvedPlan) -> String {
    let values: Vec<Value> = values(&plan.plan)
        .into_iter()
        .map(|(path, value)| json!({ "path": path, "value": value, "from": plan.sources.get(&path) }))
        .collect();
    let document = json!({
        "service": plan.service,
        "stage": plan.stage,
        "from": plan.from,
        "plan": plan.plan,
        "values": values,
    });
    format!("{document:#}\n")
}
