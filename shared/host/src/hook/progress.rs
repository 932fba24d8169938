//! What a look hands to the next one, kept in the bucket beside `hookDetails`.
//!
//! AWS documents that ECS gives `hookDetails` back; nobody has tried it here.
//! Where it does not, each call would begin anew: so a call that brings nothing
//! looks here, under a name that follows from the deployment and its stage.

use jiff::SignedDuration;
use serde_json::json;
use sluice_core::token::TOKEN_CHARACTERS_MAX;

use super::event::Called;
use crate::Host;

/// How long reading or writing may take.
const WITHIN: SignedDuration = SignedDuration::from_secs(8);
/// Bytes of a character, at most.
const BYTES_OF_A_CHARACTER: u64 = 4;

/// What the last look handed on; nothing at a first one, and where it cannot be
/// read: the gate begins anew then, which makes no verdict sooner.
pub(super) async fn token(called: &Called, host: &Host) -> Option<String> {
    if called.token.is_some() {
        return called.token.clone();
    }
    let bucket = host.evidence_bucket.as_ref()?;
    let key = key(called);
    let size_max = TOKEN_CHARACTERS_MAX as u64 * BYTES_OF_A_CHARACTER;
    let read = tokio::select! {
        biased;
        read = host.aws.read_object(bucket, &key, size_max) => read,
        () = host.aws.pause(WITHIN) => return None,
    };
    String::from_utf8(read.ok()?).ok()
}

/// Keeps what the next look is handed, where this call did not bring it itself.
pub(super) async fn keep(called: &Called, token: &str, host: &Host) {
    let (None, Some(bucket)) = (&called.token, &host.evidence_bucket) else {
        return;
    };
    let key = key(called);
    let failed = tokio::select! {
        biased;
        put = host.aws.put_object(bucket, &key, token.as_bytes().to_vec()) => {
            put.err().map(|error| error.to_string())
        }
        () = host.aws.pause(WITHIN) => Some(format!("it took more than {} s", WITHIN.as_secs())),
    };
    if let Some(why) = failed {
        (host.log)(json!({
            "level": "WARN",
            "message": "what the next look needs could not be kept, and is only in `hookDetails`",
            "job": called.attempt,
            "text": why,
        }));
    }
}

fn key(called: &Called) -> String {
    format!("begun/hooks/{}.json", called.attempt)
}
