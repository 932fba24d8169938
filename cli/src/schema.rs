//! `sluice schema`: the JSON Schemas of `sluice.yaml` and of evidence, and the
//! definitions of the custom actions.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use sluice_core::schema::plan_schema;
use sluice_gates::evidence_schema;

use crate::exit;

mod action_types;

/// Print the JSON Schema of sluice.yaml, for editors, of evidence, of probes, or the custom actions
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
    /// What is printed
    #[arg(value_enum, default_value_t)]
    of: Of,
    /// Write it here instead of printing it
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    action_types: action_types::ActionTypesArguments,
}

/// What there are schemas of.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Of {
    /// sluice.yaml
    #[default]
    Plan,
    /// What gates write down
    Evidence,
    /// The custom actions, as CodePipeline takes their definitions
    ActionTypes,
    /// What `sluice probe` writes
    Probe,
}

/// Runs the command, and gives its exit code.
///
/// # Errors
///
/// Where its output cannot be written.
pub fn run(arguments: &SchemaArguments) -> io::Result<u8> {
    let text = match text(arguments) {
        Ok(text) => text,
        Err(message) => {
            writeln!(anstream::stderr(), "error: {message}")?;
            return Ok(exit::USAGE);
        }
    };
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

/// What is to be printed, or what was called wrongly.
fn text(arguments: &SchemaArguments) -> Result<String, String> {
    let of_types = &arguments.action_types;
    let others = *of_types != action_types::ActionTypesArguments::default();
    match arguments.of {
        Of::ActionTypes => of_types.text(),
        _ if others => Err("only `sluice schema action-types` takes these options".to_owned()),
        Of::Plan => Ok(format!("{:#}\n", plan_schema())),
        Of::Probe => Ok(format!("{:#}\n", crate::probe::file::schema())),
        Of::Evidence => Ok(format!("{:#}\n", evidence_schema())),
    }
}
