//! Loading what was measured into a scenario, for commands that run a world.

use std::io::{self, Write};
use std::path::Path;

use sluice_world::Scenario;

use crate::lines::folded;
use crate::probe::file::ProbeFile;

/// Has a scenario's world behave as a file says, and tells on standard error
/// where that was measured.
///
/// # Errors
///
/// Where the file cannot be used.
pub(crate) fn assume(scenario: &mut Scenario, path: Option<&Path>) -> Result<(), String> {
    let Some(path) = path else {
        return Ok(());
    };
    let file = ProbeFile::load(path)?;
    let told = tell(path, &file);
    told.map_err(|error| format!("error: the output cannot be written: {error}"))?;
    scenario.assumed = file.world;
    Ok(())
}

fn tell(path: &Path, file: &ProbeFile) -> io::Result<()> {
    let line = format!("assumptions of {}: {}", path.display(), file.label());
    writeln!(anstream::stderr(), "{}", folded(&line, "", "  "))
}
