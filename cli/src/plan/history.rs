//! `sluice plan history`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{HistoryArguments, Refused};
use crate::lines::folded;

/// Who changed a scope, when and why, the newest first.
pub(super) async fn history(arguments: &HistoryArguments) -> Result<String, Refused> {
    let place = arguments.place.open().await?;
    let Some(store) = place.store() else {
        let hint = "`git log` says who changed a file in it; `--table NAME` asks a plan store";
        return Err(Refused::new("a folder keeps no history", hint));
    };
    let scope = arguments.scope.to_string();
    let versions = store.aws.plan_history(store.table, &scope).await?;
    if arguments.json {
        let versions: Vec<Value> = versions
            .iter()
            .map(|held| {
                json!({ "version": held.version, "by": held.by, "at": held.at, "why": held.why, "document": held.document })
            })
            .collect();
        return Ok(format!("{:#}\n", json!(versions)));
    }
    if versions.is_empty() {
        return Ok(format!("nobody wrote `{scope}` yet\n"));
    }
    let mut text = String::new();
    for held in versions {
        let line = format!("{}  {}  {}: {}", held.version, held.at, held.by, held.why);
        let _ = writeln!(text, "{}", folded(&line, "", "   "));
    }
    Ok(text)
}
