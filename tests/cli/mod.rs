//! The command line: the built binary, what it prints and how it ends.

mod action_types;
mod check;
mod check_canary;
mod check_pipeline;
mod command;
mod explain;
mod faults;
mod init;
mod judge;
mod judge_input;
mod judge_parameters;
mod metrics;
mod mistakes;
mod plan;
mod probe;
mod replay;
mod validate;
mod world;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run of the command came to.
struct Ran {
    code: i32,
    output: String,
    errors: String,
}

/// The binary, which lies beside the folder of this test's own.
pub(crate) fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(|deps| deps.parent()).unwrap();
    let binary = folder.join(format!("sluice{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.exists(),
        "there is no {}: run `cargo build -p sluice` first",
        binary.display()
    );
    binary
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs it at the root of the repository, with this on its standard input.
fn sluice_with(input: &[u8], arguments: &[&str]) -> Ran {
    let mut child = Command::new(binary())
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may be gone before it is written.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        output: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

fn sluice(arguments: &[&str]) -> Ran {
    sluice_with(b"", arguments)
}
