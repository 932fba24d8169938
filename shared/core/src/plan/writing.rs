//! From plans back to the shape that people write.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{SerializeMap as _, Serializer};

use super::{GateSettings, Plan, StagePlan};
use crate::settings::{Bake, Canary, Clear, Validate};

/// A map from names to stages, in order.
pub(super) fn stages<S: Serializer>(
    stages: &[StagePlan],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(stages.len()))?;
    for stage in stages {
        map.serialize_entry(&stage.name, stage)?;
    }
    map.end()
}

impl GateSettings {
    /// The settings under their kind, `{"bake": {...}}`, as in a plan.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self)
            .expect("settings hold only text, numbers, lists and maps of text")
    }
}

impl<'de> Deserialize<'de> for GateSettings {
    /// Through the one reader, so that records are held to the same rules.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<GateSettings, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        GateSettings::from_json(&json).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Bake {
    /// Through the one reader, so that records are held to the same rules.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bake, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        match GateSettings::read_json("bake", &json).map_err(D::Error::custom)? {
            GateSettings::Bake(bake) => Ok(bake),
            _ => Err(D::Error::custom("not the settings of `bake`")),
        }
    }
}

impl<'de> Deserialize<'de> for Canary {
    /// Through the one reader, so that records are held to the same rules.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Canary, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        match GateSettings::read_json("canary", &json).map_err(D::Error::custom)? {
            GateSettings::Canary(canary) => Ok(canary),
            _ => Err(D::Error::custom("not the settings of `canary`")),
        }
    }
}

impl<'de> Deserialize<'de> for Clear {
    /// Through the one reader, so that records are held to the same rules.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Clear, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        match GateSettings::read_json("clear", &json).map_err(D::Error::custom)? {
            GateSettings::Clear(clear) => Ok(clear),
            _ => Err(D::Error::custom("not the settings of `clear`")),
        }
    }
}

impl<'de> Deserialize<'de> for Validate {
    /// Through the one reader, so that records are held to the same rules.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Validate, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        match GateSettings::read_json("validate", &json).map_err(D::Error::custom)? {
            GateSettings::Validate(validate) => Ok(validate),
            _ => Err(D::Error::custom("not the settings of `validate`")),
        }
    }
}

impl<'de> Deserialize<'de> for Plan {
    /// Through the one reader, so that records are held to the same rules.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Plan, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        Plan::read_json(&json).map_err(D::Error::custom)
    }
}
