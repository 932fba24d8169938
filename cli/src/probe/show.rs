//! What was measured, as text; and the file.

use std::io::{self, Write};

use super::ProbeArguments;
use super::conclude::Measure;
use super::file::ProbeFile;
use super::run::Probed;
use crate::exit;
use crate::lines::folded;

/// Writes the file, says what is in it, and gives the exit code.
pub(super) fn tell(arguments: &ProbeArguments, probed: &Probed) -> io::Result<u8> {
    let document = format!("{:#}\n", serde_json::json!(probed.file));
    let path = arguments.out.display();
    if arguments.json {
        io::stdout().write_all(document.as_bytes())?;
    } else {
        anstream::stdout().write_all(text(&probed.file).as_bytes())?;
    }
    if let Err(error) = std::fs::write(&arguments.out, &document) {
        writeln!(
            anstream::stderr(),
            "error: `{path}` cannot be written: {error}"
        )?;
        return Ok(exit::GATE_ERROR);
    }
    writeln!(anstream::stderr(), "wrote {path}")?;
    for line in &probed.left {
        writeln!(anstream::stderr(), "{line}")?;
    }
    let is_told = |own: &Measure| own.not_told.is_none();
    Ok(match probed.file.measures.iter().all(is_told) {
        _ if !probed.left.is_empty() && !arguments.keep => exit::GATE_ERROR,
        true => exit::PASS,
        false => exit::INCONCLUSIVE,
    })
}

fn text(file: &ProbeFile) -> String {
    let mut text = folded(&file.label(), "", "  ");
    text.push_str("\n\n");
    for measure in &file.measures {
        text.push_str(&format!("{}\n", measure.assumption));
        let said = match (&measure.concludes, &measure.not_told) {
            (Some(said), _) => said.clone(),
            (None, why) => format!("not told: {}", why.as_deref().unwrap_or("nothing was seen")),
        };
        text.push_str(&folded(&said, "  ", "    "));
        text.push('\n');
    }
    text
}
