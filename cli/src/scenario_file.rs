//! Reading scenarios, with what is wrong with them as people read it.

use std::path::Path;

use sluice_world::Scenario;

/// A scenario.
///
/// # Errors
///
/// The file cannot be read, or is no scenario.
pub fn load(path: &Path) -> Result<Scenario, String> {
    Scenario::load(path).map_err(|error| match error.hint() {
        Some(hint) => format!("error: {error}\n  hint: {hint}"),
        None => format!("error: {error}"),
    })
}
