//! What is written down once, when a gate begins: put if absent into the
//! evidence bucket, or carried in the token where there is no bucket.

use std::collections::BTreeMap;
use std::sync::Mutex;

use jiff::SignedDuration;
use sluice_aws::{AwsError, PutOutcome};
use sluice_core::GateError;
use sluice_core::evidence::{RECORD_FORM, Record};
use sluice_core::token::{RecordRef, Subject, TOKEN_CHARACTERS_MAX, Token, sha256};

use crate::Host;

/// Bytes of a record: 100 alarms come to 60 KB.
const RECORD_BYTES_MAX: u64 = 1024 * 1024;
/// Reads of a record that another invocation is just putting.
const READS_MAX: u32 = 4;

/// Records kept in memory at the same time: a function serves many releases.
const KEPT_MAX: usize = 64;

/// Records by their SHA-256. A record never changes, so one that was read is
/// as good as the one in the bucket.
#[derive(Default)]
pub(crate) struct Kept(Mutex<BTreeMap<String, Record>>);

impl Kept {
    fn get(&self, digest: &str) -> Option<Record> {
        self.0
            .lock()
            .expect("nothing panics while it holds this lock")
            .get(digest)
            .cloned()
    }

    fn put(&self, digest: &str, record: &Record) {
        let mut kept = self
            .0
            .lock()
            .expect("nothing panics while it holds this lock");
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(digest.to_owned(), record.clone());
    }
}

fn key(record: &Record) -> String {
    let Subject {
        release,
        stage,
        gate,
    } = &record.subject;
    format!("begun/{release}/{stage}/{gate}/{}.json", record.attempt)
}

/// Keeps a record, and gives the one that counts: of two first looks at the
/// same job the loser takes the winner's.
pub(crate) async fn keep(
    record: Record,
    token: &mut Token,
    remarks: &mut Vec<String>,
    host: &Host,
) -> Result<Record, GateError> {
    let mut refused = None;
    if let Some(bucket) = &host.evidence_bucket {
        match store(&record, bucket, host).await {
            Ok((record, reference)) => {
                token.record = Some(reference);
                return Ok(record);
            }
            Err(error) => refused = Some(error),
        }
    }
    token.record = Some(RecordRef::Inline(
        serde_json::to_value(&record).expect("a record is JSON"),
    ));
    // The memory that looks add needs room, too.
    let room = TOKEN_CHARACTERS_MAX * 3 / 4;
    let fits = token.write().chars().count() <= room;
    match refused {
        Some(error) if fits => {
            remarks.push(format!("the record could not be written to the evidence bucket ({error}); the token carries it"));
            Ok(record)
        }
        Some(error) => {
            token.record = None;
            Err(error.into())
        }
        None if fits => Ok(record),
        None => Err(GateError::SettingsInvalid {
            place: "the function's environment".to_owned(),
            problems: format!(
                "what this gate has to write down does not fit into a continuation token of {TOKEN_CHARACTERS_MAX} \
                 characters, and there is no bucket for it: set `SLUICE_EVIDENCE_BUCKET`, or name fewer alarms"
            ),
        }),
    }
}

async fn store(
    record: &Record,
    bucket: &str,
    host: &Host,
) -> Result<(Record, RecordRef), AwsError> {
    let key = key(record);
    let bytes = serde_json::to_vec(record).expect("a record is JSON");
    let digest = sha256(&bytes);
    if host.aws.put_if_absent(bucket, &key, bytes).await? == PutOutcome::Put {
        return Ok((
            record.clone(),
            RecordRef::Stored {
                key,
                sha256: digest,
            },
        ));
    }
    let mut last = None;
    for _ in 0..READS_MAX {
        match host.aws.read_object(bucket, &key, RECORD_BYTES_MAX).await {
            Ok(bytes) => {
                // What another invocation wrote a moment ago is ours to use,
                // or unreadable, which the next look says.
                let digest = sha256(&bytes);
                let winner = serde_json::from_slice(&bytes).unwrap_or_else(|_| record.clone());
                return Ok((
                    winner,
                    RecordRef::Stored {
                        key,
                        sha256: digest,
                    },
                ));
            }
            Err(error) if error.has_code("NoSuchKey") => last = Some(error),
            Err(error) => return Err(error),
        }
        host.aws.pause(SignedDuration::from_millis(250)).await;
    }
    Err(last.expect("at least one read"))
}

/// Reads the record that a token names, and checks that it is that one.
pub(crate) async fn load(
    reference: &RecordRef,
    subject: &Subject,
    host: &Host,
) -> Result<Record, GateError> {
    let invalid = |detail: String| GateError::RecordInvalid { detail };
    let record: Record = match reference {
        RecordRef::Inline(value) => serde_json::from_value(value.clone())
            .map_err(|error| invalid(format!("it cannot be read: {error}")))?,
        RecordRef::Stored {
            key,
            sha256: expected,
        } => match host.records.get(expected) {
            Some(record) => record,
            None => {
                let record = fetch(key, expected, host).await?;
                host.records.put(expected, &record);
                record
            }
        },
    };
    if record.record != RECORD_FORM {
        return Err(invalid(format!(
            "it has form {}, and this function reads form {RECORD_FORM}",
            record.record
        )));
    }
    if &record.subject != subject {
        return Err(invalid("it is of another gate or release".to_owned()));
    }
    Ok(record)
}

/// Reads a record from the bucket, and checks that it is the one.
async fn fetch(key: &str, expected: &str, host: &Host) -> Result<Record, GateError> {
    let invalid = |detail: String| GateError::RecordInvalid { detail };
    let Some(bucket) = &host.evidence_bucket else {
        return Err(invalid(
            "it is in an evidence bucket, and `SLUICE_EVIDENCE_BUCKET` is no longer set".to_owned(),
        ));
    };
    let read = host.aws.read_object(bucket, key, RECORD_BYTES_MAX).await;
    let bytes = read.map_err(|error| match &error.refusal {
        sluice_aws::Refusal::Code(_) => invalid(format!("s3://{bucket}/{key}: {}", error.message)),
        _ => error.into(),
    })?;
    let got = sha256(&bytes);
    if got != *expected {
        return Err(invalid(format!(
            "s3://{bucket}/{key} was changed: its SHA-256 is {got}, not {expected}"
        )));
    }
    serde_json::from_slice(&bytes).map_err(|error| invalid(format!("it cannot be read: {error}")))
}
