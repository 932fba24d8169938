//! The gate `clear`: all alarms are OK before a deployment, and have been.

use jiff::SignedDuration;
use sluice_aws::{Aws, AwsError};
use sluice_core::GateError;
use sluice_core::bake::Progress;
use sluice_core::clear::{Begun, Facts, RULE_VERSION, judge};
use sluice_core::plan::GateSettings;
use sluice_core::settings::Clear;

use crate::alarms::{Unread, reread, resolve};
use crate::{Ask, Gate, Look, json, looked, wrong_settings};

/// The gate `clear`.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClearGate;

/// How soon it looks again after it could read nothing.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(30);

fn settings(ask: &Ask) -> Result<&Clear, GateError> {
    match &ask.settings {
        GateSettings::Clear(settings) => Ok(settings),
        _ => Err(wrong_settings(ClearGate::KIND, ask)),
    }
}

impl Gate for ClearGate {
    const KIND: &'static str = "clear";
    const RULE: u32 = RULE_VERSION;
    type Begun = Begun;
    /// Nothing is carried: each look sees all there is.
    type Memory = ();

    async fn begin(&self, ask: &Ask, aws: &Aws) -> Result<Begun, GateError> {
        let alarms = resolve(&settings(ask)?.alarms, aws).await?;
        Ok(Begun {
            rule: RULE_VERSION,
            began: ask.now,
            alarms,
        })
    }

    async fn look(&self, ask: &Ask, begun: &Begun, _: (), aws: &Aws) -> Result<Look, GateError> {
        let settings = settings(ask)?;
        let (alarms, sources) = match reread(&begun.alarms, aws).await {
            Ok(read) => read,
            Err(Unread::Passing(error)) => return not_read(ask, settings, begun, error),
            Err(Unread::Final(error)) => return Err(error),
        };
        let facts = Facts {
            now: ask.now,
            last_chance: ask.last_chance,
            alarms,
        };
        Ok(looked(judge(begun, settings, &facts), &facts, sources, &()))
    }
}

/// Nothing could be read at this look. Without `within`, or after it, there is
/// no later one to wait for.
fn not_read(
    ask: &Ask,
    settings: &Clear,
    begun: &Begun,
    error: AwsError,
) -> Result<Look, GateError> {
    let within = SignedDuration::from(settings.within.unwrap_or_default());
    if ask.now >= begun.began + within || ask.last_chance {
        return Err(error.into());
    }
    let line = format!("nothing could be read at this look: {error}");
    Ok(Look::Again {
        not_before: ask.now + LOOK_AGAIN_AFTER,
        progress: Progress { percent: 0, line },
        memory: json(&()),
    })
}
