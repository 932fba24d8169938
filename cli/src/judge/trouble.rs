//! Why nothing could be compared, with what to do about it.

use std::fmt;
use std::path::Path;

use serde_json::{Value, json};

use crate::exit;

/// Why nothing could be compared.
#[derive(Debug)]
pub(super) struct Trouble {
    is_usage: bool,
    file: Option<String>,
    line: Option<u64>,
    message: String,
    hint: Option<String>,
}

impl Trouble {
    /// The command was called wrongly.
    pub(super) fn usage(message: impl Into<String>) -> Trouble {
        Trouble {
            is_usage: true,
            file: None,
            line: None,
            message: message.into(),
            hint: None,
        }
    }

    /// A file cannot be used.
    pub(super) fn file(path: &Path, message: impl Into<String>) -> Trouble {
        Trouble {
            is_usage: false,
            file: Some(path.display().to_string()),
            ..Trouble::usage(message)
        }
    }

    /// A line of it cannot be used, counted from 1.
    pub(super) fn line(path: &Path, line: u64, message: impl Into<String>) -> Trouble {
        Trouble {
            line: Some(line),
            ..Trouble::file(path, message)
        }
    }

    /// The files do not fit each other.
    pub(super) fn input(message: impl Into<String>) -> Trouble {
        Trouble {
            is_usage: false,
            ..Trouble::usage(message)
        }
    }

    /// Parameters make no sense: the configuration's fault if there is one.
    pub(super) fn parameters(config: Option<&Path>, message: &str) -> Trouble {
        match config {
            Some(path) => Trouble::file(path, message),
            None => Trouble::usage(message),
        }
    }

    /// With what to do about it.
    pub(super) fn hint(self, hint: impl Into<String>) -> Trouble {
        Trouble {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// What the command ends with.
    pub(super) fn code(&self) -> u8 {
        if self.is_usage {
            exit::USAGE
        } else {
            exit::GATE_ERROR
        }
    }

    /// The same for programs.
    pub(super) fn document(&self) -> Value {
        json!({
            "verdict": null,
            "error": {
                "file": self.file,
                "line": self.line,
                "message": self.message,
                "hint": self.hint,
            },
        })
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: ")?;
        if let Some(file) = &self.file {
            write!(formatter, "{file}:")?;
            if let Some(line) = self.line {
                write!(formatter, "{line}:")?;
            }
            write!(formatter, " ")?;
        }
        write!(formatter, "{}", self.message)?;
        match &self.hint {
            Some(hint) => write!(formatter, "\n\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}
