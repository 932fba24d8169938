//! Settings as they are read with the credentials of whoever runs the command:
//! a role that a plan names may trust nobody but the gates' functions.

use sluice_core::plan::GateSettings;
use sluice_core::settings::{AlarmRef, NamedAlarm, Preset, Traffic};

/// The same settings without the roles that they read with.
pub(crate) fn without_roles(mut settings: GateSettings) -> GateSettings {
    match &mut settings {
        GateSettings::Bake(bake) => {
            bake.alarms.iter_mut().for_each(own);
            if let Traffic::Measured(measured) = &mut bake.traffic {
                measured.metric.role = None;
            }
        }
        GateSettings::Clear(clear) => clear.alarms.iter_mut().for_each(own),
        GateSettings::Canary(canary) => {
            if let Some(groups) = &mut canary.groups {
                groups.baseline.role = None;
                groups.canary.role = None;
            }
            match canary.preset.as_deref_mut() {
                Some(Preset::Alb(alb)) => alb.role = None,
                Some(Preset::LambdaAlias(alias)) => alias.role = None,
                Some(Preset::ApiGateway(api)) => api.role = None,
                None => {}
            }
            if let Some(own) = canary.before_after.as_deref_mut() {
                own.role = None;
            }
        }
        // Its tests are not run here.
        GateSettings::Validate(_) => {}
    }
    settings
}

fn own(alarm: &mut AlarmRef) {
    match alarm {
        AlarmRef::Name(_) => {}
        AlarmRef::Elsewhere(NamedAlarm { role, .. }) => *role = None,
        AlarmRef::Prefix(prefix) => prefix.role = None,
    }
}
