//! `sluice schema`: the JSON Schemas of `sluice.yaml` and of evidence.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use sluice_core::schema::plan_schema;
use sluice_gates::evidence_schema;

use crate::exit;

/// Print the JSON Schema of sluice.yaml, for editors, or of evidence
///
/// Write it to a file, and name that in the first line of sluice.yaml:
///
///     # yaml-language-server: $schema=./sluice.schema.json
///
/// Editors with the YAML language server then complete and explain fields. They
/// check less than `sluice check`: what fields mean for each other is only
/// checked there.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct SchemaArguments {
    /// What it is the schema of
    #[arg(value_enum, default_value_t)]
    of: Of,
    /// Write it here instead of printing it
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What there are schemas of.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Of {
    /// sluice.yaml
    #[default]
    Plan,
    /// What gates write down
    Evidence,
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &SchemaArguments) -> io::Result<u8> {
    let schema = match arguments.of {
        Of::Plan => plan_schema(),
        Of::Evidence => evidence_schema(),
    };
    let text = format!("{schema:#}\n");
    let Some(file) = &arguments.output else {
        io::stdout().write_all(text.as_bytes())?;
        return Ok(exit::PASS);
    };
    match std::fs::write(file, text) {
        Ok(()) => Ok(exit::PASS),
        Err(error) => {
            let file = file.display();
            writeln!(
                anstream::stderr(),
                "error: {file} cannot be written: {error}"
            )?;
            Ok(exit::GATE_ERROR)
        }
    }
}
