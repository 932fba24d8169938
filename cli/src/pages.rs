//! Writing pages and evidence to files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sluice_core::evidence::Evidence;
use sluice_host::page;

/// Writes a page about one piece of evidence to this path, or pages about
/// several into this folder.
///
/// # Errors
///
/// Where they cannot be written.
pub fn write(path: &Path, found: &[Evidence]) -> Result<(), String> {
    if let [only] = found {
        return put(path, page(only).as_bytes());
    }
    let mut names = BTreeSet::new();
    for evidence in found {
        let name = name(evidence);
        let beside = (1_usize..)
            .map(|count| match count {
                1 => name.clone(),
                count => format!("{name}-{count}"),
            })
            .find(|own| !names.contains(own));
        let name = beside.unwrap_or(name);
        let file = path.join(format!("{name}.html"));
        put(&file, page(evidence).as_bytes())?;
        names.insert(name);
    }
    Ok(())
}

/// Writes a page into a folder, and gives its path.
///
/// # Errors
///
/// Where it cannot be written.
pub fn write_into(folder: &Path, evidence: &Evidence) -> Result<PathBuf, String> {
    let file = folder.join(format!("{}.html", name(evidence)));
    put(&file, page(evidence).as_bytes())?;
    Ok(file)
}

/// Writes evidence into a folder, and gives its path.
///
/// # Errors
///
/// Where it cannot be written.
pub fn write_evidence(folder: &Path, evidence: &Evidence) -> Result<PathBuf, String> {
    let file = folder.join(format!("{}.json", name(evidence)));
    let text = serde_json::to_vec_pretty(evidence)
        .map_err(|error| format!("error: evidence cannot be written as JSON: {error}"))?;
    put(&file, &text)?;
    Ok(file)
}

/// Stage and gate. Evidence may come from anywhere: none of its characters
/// leads out of the folder.
fn name(evidence: &Evidence) -> String {
    let of = &evidence.subject;
    let harmless = |letter: char| {
        if letter.is_alphanumeric() || matches!(letter, '-' | '_') {
            letter
        } else {
            '_'
        }
    };
    format!("{}-{}", of.stage, of.gate)
        .chars()
        .take(100)
        .map(harmless)
        .collect()
}

/// Writes a file, and the folders that it is in.
pub(crate) fn put(file: &Path, bytes: &[u8]) -> Result<(), String> {
    let folder = file.parent().filter(|own| !own.as_os_str().is_empty());
    folder
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(file, bytes))
        .map_err(|error| format!("error: {} cannot be written: {error}", file.display()))
}
