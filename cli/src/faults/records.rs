//! What was written down about gates: records, and evidence by its address.

use std::collections::BTreeMap;

use sluice_core::evidence::{Evidence, Record};
use sluice_core::token::sha256;
use sluice_world::World;

use super::run::Seen;
use crate::rehearsal::EVIDENCE_BUCKET;

/// Records by their keys, as bytes.
pub(super) type Records = BTreeMap<String, Vec<u8>>;

/// All records in the bucket.
pub(super) fn records(world: &World) -> Records {
    let keys = world.s3().list(EVIDENCE_BUCKET, "begun/");
    let read = |(key, _): (String, usize)| {
        let body = world.s3().get(EVIDENCE_BUCKET, &key)?;
        Some((key, body))
    };
    keys.into_iter().filter_map(read).collect()
}

/// What a record says.
pub(super) fn record_of(body: &[u8]) -> Result<Record, String> {
    serde_json::from_slice(body).map_err(|error| format!("a record cannot be read: {error}"))
}

/// The evidence that an answer names.
pub(super) fn evidence(seen: &Seen, address: &str) -> Result<Evidence, String> {
    let body = if let Some(digest) = address.strip_prefix("log:sha256:") {
        let lines = seen.gathered.log.iter();
        let own = |line: &&serde_json::Value| line["sha256"] == digest;
        let line = lines.rev().find(own).ok_or("the log does not have it")?;
        let body = line["sluice_evidence"].to_string();
        if sha256(body.as_bytes()) != digest {
            return Err("the log has other evidence under this digest".to_owned());
        }
        body.into_bytes()
    } else {
        let bucket = format!("s3://{EVIDENCE_BUCKET}/");
        let key = address.strip_prefix(&bucket).ok_or("it is nowhere")?;
        let body = seen.world.s3().get(EVIDENCE_BUCKET, key);
        body.ok_or("the bucket does not have it")?
    };
    serde_json::from_slice(&body).map_err(|error| format!("it cannot be read: {error}"))
}
