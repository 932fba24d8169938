//! Names the commit that is built, for `sluice --version`.
//!
//! Outside a checkout of this repository, for instance in a source tarball or
//! where there is no git, the commit is `unknown`: nothing here may fail.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let commit = is_our_checkout()
        .then(|| git(&["rev-parse", "--short", "HEAD"]))
        .flatten();
    if commit.is_some() {
        watch_the_commit();
    }
    let commit = commit.unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=SLUICE_COMMIT={commit}");
}

/// Whether the checkout that git finds is this one, and not one around an
/// unpacked tarball.
fn is_our_checkout() -> bool {
    let root = git(&["rev-parse", "--show-toplevel"]).map(PathBuf::from);
    let root = root.and_then(|root| root.canonicalize().ok());
    let parent = Path::new("..").canonicalize().ok();
    root.is_some() && root == parent
}

/// Builds again when another commit is checked out or made. Git says where its
/// files are, which in a worktree is not `.git/`.
fn watch_the_commit() {
    let mut names = vec![
        "HEAD".to_owned(),
        "logs/HEAD".to_owned(),
        "packed-refs".to_owned(),
    ];
    names.extend(git(&["symbolic-ref", "--quiet", "HEAD"]));
    for name in names {
        // Cargo would build every time for a file that is not there.
        if let Some(path) = git(&["rev-parse", "--git-path", &name])
            && Path::new(&path).exists()
        {
            println!("cargo::rerun-if-changed={path}");
        }
    }
}

/// What git prints, unless it fails. Cargo runs this in the package's folder.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(arguments)
        // Set in hooks, and then of whichever repository runs the hook.
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
