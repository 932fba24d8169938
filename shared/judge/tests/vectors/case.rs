//! One case of the vectors file: its fields, and comparing with them.

use serde_json::{Map, Value};

/// A case: `id`, `kind`, `tol`, `params`, `input`, `expected`.
pub(crate) struct Case<'a> {
    value: &'a Value,
}

impl<'a> Case<'a> {
    pub(crate) fn new(value: &'a Value) -> Case<'a> {
        Case { value }
    }

    pub(crate) fn id(&self) -> &'a str {
        self.value["id"].as_str().unwrap_or("?")
    }

    pub(crate) fn kind(&self) -> &'a str {
        self.value["kind"].as_str().unwrap_or("?")
    }

    pub(crate) fn param(&self, key: &str) -> Option<&'a Value> {
        self.value["params"].get(key)
    }

    pub(crate) fn number(&self, key: &str) -> Result<f64, String> {
        self.param(key)
            .and_then(number)
            .ok_or_else(|| format!("parameter `{key}` is missing"))
    }

    pub(crate) fn number_or(&self, key: &str, default: f64) -> f64 {
        self.param(key).and_then(number).unwrap_or(default)
    }

    pub(crate) fn count_or(&self, key: &str, default: u32) -> u32 {
        self.param(key)
            .and_then(Value::as_u64)
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(default)
    }

    pub(crate) fn flag_or(&self, key: &str, default: bool) -> bool {
        self.param(key).and_then(Value::as_bool).unwrap_or(default)
    }

    /// Fails if a parameter is none of these.
    pub(crate) fn only_params(&self, known: &[&str]) -> Result<(), String> {
        let nothing = Map::new();
        let params = self.value["params"].as_object().unwrap_or(&nothing);
        match params.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(format!("parameter `{key}` is not known")),
            None => Ok(()),
        }
    }

    pub(crate) fn input(&self, key: &str) -> Option<&'a Value> {
        self.value["input"].get(key)
    }

    /// A list of numbers, null where one is missing.
    pub(crate) fn list(&self, key: &str) -> Result<Vec<Option<f64>>, String> {
        let list = self.input(key).and_then(Value::as_array);
        let list = list.ok_or_else(|| format!("input `{key}` is no list"))?;
        Ok(list.iter().map(number).collect())
    }

    /// The same with NaN where one is missing.
    pub(crate) fn list_with_gaps(&self, key: &str) -> Result<Vec<f64>, String> {
        Ok(self
            .list(key)?
            .into_iter()
            .map(|value| value.unwrap_or(f64::NAN))
            .collect())
    }

    /// Compares everything under `expected` with what was computed.
    pub(crate) fn compare(&self, computed: &Value) -> Result<(), String> {
        let expected = self.value["expected"]
            .as_object()
            .ok_or("nothing is expected")?;
        let tolerance = self.value["tol"].as_f64().unwrap_or(1e-9);
        for (key, wanted) in expected {
            let found = computed
                .get(key)
                .ok_or_else(|| format!("`{key}` is not computed"))?;
            agree(wanted, found, tolerance).map_err(|message| format!("{key}: {message}"))?;
        }
        Ok(())
    }
}

/// A number, also written as "inf" and "-inf"; null is none.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some("inf") => Some(f64::INFINITY),
        Some("-inf") => Some(f64::NEG_INFINITY),
        _ => value.as_f64(),
    }
}

/// A number as the vectors write it.
pub(crate) fn written(value: f64) -> Value {
    if value == f64::INFINITY {
        "inf".into()
    } else if value == f64::NEG_INFINITY {
        "-inf".into()
    } else {
        value.into()
    }
}

/// The first look (from 1) at which a log e-value reaches `needed`.
pub(crate) fn first_reaching(values: &[f64], needed: f64) -> Value {
    match values.iter().position(|value| *value >= needed) {
        Some(index) => (index + 1).into(),
        None => Value::Null,
    }
}

fn agree(wanted: &Value, found: &Value, tolerance: f64) -> Result<(), String> {
    if let (Some(wanted), Some(found)) = (wanted.as_array(), found.as_array()) {
        if wanted.len() != found.len() {
            return Err(format!("{} values, expected {}", found.len(), wanted.len()));
        }
        for (index, (wanted, found)) in wanted.iter().zip(found).enumerate() {
            agree(wanted, found, tolerance).map_err(|message| format!("[{index}] {message}"))?;
        }
        return Ok(());
    }
    let same = match (number(wanted), number(found)) {
        (Some(wanted), Some(found)) if wanted.is_finite() => {
            (wanted - found).abs() <= tolerance * wanted.abs().max(1.0)
        }
        (Some(wanted), Some(found)) => wanted == found,
        _ => wanted == found,
    };
    if same {
        Ok(())
    } else {
        Err(format!("{found}, expected {wanted}"))
    }
}
