//! Reading evidence from files: an object of the evidence bucket, or lines of
//! a function's log.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::Value;
use sluice_core::evidence::Evidence;
use sluice_core::token::sha256;

use crate::plan_file::{STANDARD_INPUT, label};

/// Bytes of a file of evidence. A bake of a day with a hundred alarms has some
/// hundred thousand.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// All evidence in a file.
///
/// # Errors
///
/// The file cannot be read, holds none, or what it holds was changed since it
/// was logged.
pub fn load(path: &Path) -> Result<Vec<Evidence>, String> {
    let name = label(path);
    let text = read(path).map_err(|error| format!("error: {name}: {error}"))?;
    let found = documents(&text)
        .into_iter()
        .filter_map(evidence)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|detail| format!("error: {name}: {detail}"))?;
    if found.is_empty() {
        return Err(format!(
            "error: {name}: holds no evidence\n  hint: name a file of the evidence bucket, what `rehearse --evidence` \
             wrote, or lines of a function's log with `sluice_evidence`"
        ));
    }
    Ok(found)
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let most = BYTES_MAX + 1;
    let bytes = if path.as_os_str() == STANDARD_INPUT {
        io::stdin().lock().take(most).read_to_string(&mut text)?
    } else {
        File::open(path)?.take(most).read_to_string(&mut text)?
    };
    if bytes as u64 > BYTES_MAX {
        let limit = BYTES_MAX / 1024 / 1024;
        return Err(io::Error::other(format!(
            "is larger than {limit} MiB, the most that is read"
        )));
    }
    Ok(text)
}

/// One document, or one a line. Lines that are no JSON are other people's.
fn documents(text: &str) -> Vec<Value> {
    match serde_json::from_str(text) {
        Ok(document) => vec![document],
        Err(_) => text
            .lines()
            .filter_map(|line| serde_json::from_str(line.get(line.find('{')?..)?).ok())
            .collect(),
    }
}

/// The evidence of a document; `None` where it is about something else.
fn evidence(mut document: Value) -> Option<Result<Evidence, String>> {
    let logged = document.get_mut("sluice_evidence").map(Value::take);
    let changed = logged.as_ref().is_some_and(|own| {
        document
            .get("sha256")
            .and_then(Value::as_str)
            .is_some_and(|digest| sha256(own.to_string().as_bytes()) != digest)
    });
    if changed {
        return Some(Err(
            "was changed since it was logged: its SHA-256 is another".to_owned(),
        ));
    }
    let own = logged.unwrap_or(document);
    own.get("evidence")?;
    Some(serde_json::from_value(own).map_err(|error| format!("is no evidence: {error}")))
}
