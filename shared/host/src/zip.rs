//! One file out of an artifact's ZIP, within limits on size and entries.

use std::io::{Cursor, Read};

use sluice_core::GateError;

/// Bytes of an artifact that are read. A plan fits into far less; a whole
/// repository may not fit into the function's memory.
pub(crate) const ARTIFACT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of the plan.
const PLAN_BYTES_MAX: u64 = 256 * 1024;
/// Entries of the archive.
const ENTRIES_MAX: usize = 65_535;
/// Bytes out of one byte in: text compresses to a twentieth, bombs to a
/// thousandth.
const RATIO_MAX: u64 = 200;

/// Reads the file at `path` in the archive.
pub(crate) fn file(archive: Vec<u8>, artifact: &str, path: &str) -> Result<String, GateError> {
    let unreadable = |detail: String, mend: &str| GateError::PlanUnreadable {
        detail,
        mend: mend.to_owned(),
    };
    let pack = "let the action's input artifact be a ZIP with the plan in it, as source and build actions make them";
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).map_err(|error| {
        unreadable(
            format!("input artifact `{artifact}` is no readable ZIP ({error})"),
            pack,
        )
    })?;
    if archive.len() > ENTRIES_MAX {
        let detail = format!(
            "input artifact `{artifact}` has {} entries, more than {ENTRIES_MAX}",
            archive.len()
        );
        return Err(unreadable(
            detail,
            "make an artifact that holds the plan only",
        ));
    }
    let Some(index) = archive.index_for_name(path) else {
        let mut others: Vec<String> = archive
            .file_names()
            .filter_map(|name| name.ok().map(|name| name.into_owned()))
            .filter(|name| name.ends_with("sluice.yaml"))
            .take(3)
            .collect();
        others.sort_unstable();
        let found = if others.is_empty() {
            String::new()
        } else {
            format!("; it has `{}`", others.join("`, `"))
        };
        return Err(unreadable(
            format!("input artifact `{artifact}` has no file `{path}`{found}"),
            "add it to the repository's root, or name it with `path` in the action's `UserParameters`",
        ));
    };
    let mut entry = archive.by_index(index).map_err(|error| {
        unreadable(
            format!("`{path}` in artifact `{artifact}` cannot be unpacked ({error})"),
            pack,
        )
    })?;
    let packed = entry.compressed_size().max(1);
    let mut bytes = Vec::new();
    // What the archive says of its sizes is not to be trusted: count what comes.
    let limit = PLAN_BYTES_MAX.min(packed.saturating_mul(RATIO_MAX));
    (&mut entry)
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            unreadable(
                format!("`{path}` in artifact `{artifact}` cannot be unpacked ({error})"),
                pack,
            )
        })?;
    if bytes.len() as u64 > limit {
        let detail =
            format!("`{path}` in artifact `{artifact}` unpacks to more than {limit} bytes");
        return Err(unreadable(
            detail,
            "a plan has at most 256 KiB, and does not compress like a bomb",
        ));
    }
    String::from_utf8(bytes).map_err(|_| {
        unreadable(
            format!("`{path}` in artifact `{artifact}` is not UTF-8"),
            "save it as UTF-8",
        )
    })
}
