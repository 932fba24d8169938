//! Secrets of channels, each kept for five minutes: a rotated one is used soon,
//! without a new deployment, and a storm of notices does not ask for it each
//! time.

use std::collections::HashMap;
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use sluice_aws::{Aws, AwsError, NoSecretText, SecretText, place};
use sluice_core::GateError;
use sluice_core::notices::SecretRef;

/// How long a secret is used without asking for it again.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(5);

/// Secrets that were read, by where they stand.
#[derive(Debug, Default)]
pub(super) struct KeptSecrets(Mutex<HashMap<SecretRef, Kept>>);

#[derive(Debug, Clone)]
struct Kept {
    text: SecretText,
    read: Timestamp,
}

/// Why there is no secret. Says nothing of what is in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoSecret {
    #[error("secret `{name}` cannot be read: {}", GateError::from(.error.clone()))]
    Unread { name: String, error: AwsError },
    #[error("secret `{name}`, key `{key}`: {why}")]
    NoText {
        name: String,
        key: String,
        why: NoSecretText,
    },
    #[error("secret `{name}` is empty")]
    Empty { name: String },
}

impl NoSecret {
    /// Whether it may be read a little later.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, NoSecret::Unread { error, .. } if error.is_passing())
    }
}

impl KeptSecrets {
    /// A secret, from Secrets Manager if it was not read of late. While AWS is
    /// unwell, an older one has to do.
    pub(super) async fn of(&self, aws: &Aws, secret: &SecretRef) -> Result<SecretText, NoSecret> {
        let kept = self.kept(secret);
        if let Some(kept) = &kept
            && aws.now().duration_since(kept.read) < KEPT_FOR
        {
            return Ok(kept.text.clone());
        }
        match (self.anew(aws, secret).await, kept) {
            (Err(error), Some(kept)) if error.may_pass() => Ok(kept.text),
            (read, _) => read,
        }
    }

    /// A secret as it is now.
    pub(super) async fn anew(&self, aws: &Aws, secret: &SecretRef) -> Result<SecretText, NoSecret> {
        let text = read(aws, secret).await?;
        let kept = Kept {
            text: text.clone(),
            read: aws.now(),
        };
        let mut all = self.0.lock().expect("nothing panics while it holds this");
        all.insert(secret.clone(), kept);
        Ok(text)
    }

    fn kept(&self, secret: &SecretRef) -> Option<Kept> {
        let all = self.0.lock().expect("nothing panics while it holds this");
        all.get(secret).cloned()
    }
}

async fn read(aws: &Aws, own: &SecretRef) -> Result<SecretText, NoSecret> {
    let name = own.secret.clone();
    let secret = match aws.secret(&place(&own.secret), &own.secret).await {
        Ok(secret) => secret,
        Err(error) => return Err(NoSecret::Unread { name, error }),
    };
    let text = match &own.key {
        None => secret.whole().clone(),
        Some(key) => secret.key(key).map_err(|why| NoSecret::NoText {
            name: name.clone(),
            key: key.clone(),
            why,
        })?,
    };
    if text.reveal().trim().is_empty() {
        return Err(NoSecret::Empty { name });
    }
    Ok(text)
}
