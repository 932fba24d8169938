//! Writing the files: all of them or none, and none over another.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::answers::Form;
use crate::region::Stopped;

/// The plan.
pub(super) const PLAN: &str = "sluice.yaml";
/// The role's template.
pub(super) const ROLE: &str = "sluice-role.yaml";
/// What is written whatever is answered, as far as it is known.
pub(super) const NAMES: [&str; 1] = [PLAN];

/// What the snippet is called.
pub(super) fn pipeline(form: Form) -> &'static str {
    match form {
        Form::CloudFormation => "sluice-pipeline.yaml",
        Form::Cdk => "sluice-pipeline.ts",
        Form::Terraform => "sluice-pipeline.tf",
    }
}

/// A file and what is in it.
pub(super) struct Written {
    pub(super) name: &'static str,
    text: String,
}

impl Written {
    pub(super) fn new(name: &'static str, text: String) -> Written {
        Written { name, text }
    }
}

/// Says which of these files are there.
pub(super) fn free(folder: &Path, names: &[&str]) -> Result<(), Stopped> {
    let there = names.iter().map(|name| folder.join(name));
    let there: Vec<String> = there
        .filter(|path| path.symlink_metadata().is_ok())
        .map(|path| format!("`{}`", path.display()))
        .collect();
    if there.is_empty() {
        return Ok(());
    }
    let error = format!(
        "already there, and nothing was written: {}",
        there.join(", ")
    );
    Err(Stopped::unread(
        error,
        "`--force` replaces, `--folder` writes elsewhere",
    ))
}

/// Writes all of them. Each is whole before any has its name.
pub(super) fn write(folder: &Path, all: &[Written], force: bool) -> Result<(), Stopped> {
    if !force {
        let names: Vec<&str> = all.iter().map(|own| own.name).collect();
        free(folder, &names)?;
    }
    let drafts: Vec<(PathBuf, PathBuf)> = all
        .iter()
        .map(|own| {
            (
                folder.join(format!(".{}.part", own.name)),
                folder.join(own.name),
            )
        })
        .collect();
    let done = named(all, &drafts);
    if done.is_err() {
        for (draft, _) in &drafts {
            // What was not begun is not there.
            let _ = fs::remove_file(draft);
        }
    }
    done
}

fn named(all: &[Written], drafts: &[(PathBuf, PathBuf)]) -> Result<(), Stopped> {
    let stopped = |path: &Path, error: io::Error| {
        let error = format!("`{}` cannot be written: {error}", path.display());
        Stopped::unread(error, "`--folder` writes elsewhere, `--dry-run` prints")
    };
    for (own, (draft, path)) in all.iter().zip(drafts) {
        let mut file = File::create(draft).map_err(|error| stopped(path, error))?;
        file.write_all(own.text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|error| stopped(path, error))?;
    }
    for (draft, path) in drafts {
        fs::rename(draft, path).map_err(|error| stopped(path, error))?;
    }
    Ok(())
}

/// The files for reading, one after the other.
pub(super) fn shown(all: &[Written]) -> String {
    let one = |own: &Written| format!("==> {} <==\n{}", own.name, own.text);
    all.iter().map(one).collect::<Vec<_>>().join("\n")
}
