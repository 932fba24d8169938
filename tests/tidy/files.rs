//! What the source files look like.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const LINES_MAX: usize = 400;

/// Longer files, how long they may be, and why.
const LONGER: [(&str, usize, &str); 4] = [
    (
        "shared/core/src/bake/alarm.rs",
        520,
        "what one alarm's states and transitions say, with its cases beside it",
    ),
    (
        "shared/core/src/bake/rule.rs",
        520,
        "the rule of the bake is in one place",
    ),
    (
        "shared/host/src/look.rs",
        600,
        "one look from beginning to end; its steps share one session",
    ),
    (
        "shared/world/src/world.rs",
        600,
        "requests in, responses out: routing and faults of all services",
    ),
];

/// Lines of a `main.rs`, which is wiring.
const MAIN_LINES_MAX: usize = 40;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All Rust files, by their path in the tree.
fn rust_files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["shared", "cli", "functions", "tests"] {
        let folder = root().join(folder);
        if folder.is_dir() {
            walk(&folder, &mut found);
        }
    }
    assert!(found.len() > 50, "only {} files found", found.len());
    found
}

fn walk(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                walk(&path, found);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// What is wrong with one file, in words.
fn wrong(name: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !text.starts_with("//!") {
        found.push(format!("{name} does not say at its top what it is"));
    }
    let max = LONGER
        .iter()
        .find(|(own, _, _)| *own == name)
        .map_or(LINES_MAX, |(_, max, _)| *max);
    let lines = text.lines().count();
    if lines > max {
        found.push(format!("{name} has {lines} lines, more than {max}"));
    }
    for marker in ["todo!", "unimplemented!"] {
        if text.contains(&format!("{marker}(")) {
            found.push(format!("{name} has a {marker}"));
        }
    }
    let is_wiring = name.ends_with("/src/main.rs");
    if is_wiring && lines >= MAIN_LINES_MAX {
        found.push(format!("{name} has {lines} lines: move what is not wiring"));
    }
    found
}

#[test]
fn every_file_keeps_to_the_rules() {
    let found: Vec<String> = rust_files()
        .iter()
        .flat_map(|(name, text)| wrong(name, text))
        .collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_rule_for_files_is_seen_red() {
    let check = |name: &str, text: &str, expected: &str| {
        assert_eq!(wrong(name, text), [expected.to_owned()]);
    };
    check(
        "a.rs",
        "fn a() {}\n",
        "a.rs does not say at its top what it is",
    );
    let long = "//! A.\n".repeat(LINES_MAX + 1);
    check("a.rs", &long, "a.rs has 401 lines, more than 400");
    let marker = ["//! A.\nfn a() { todo", "!() }\n"].concat();
    check("a.rs", &marker, "a.rs has a todo!");
    let main = "//! A.\n".repeat(MAIN_LINES_MAX);
    let expected = "cli/src/main.rs has 40 lines: move what is not wiring";
    check("cli/src/main.rs", &main, expected);
    assert_eq!(wrong("a.rs", "//! A.\n"), Vec::<String>::new());
}

#[test]
fn an_exception_that_is_no_longer_needed_is_taken_back() {
    let files = rust_files();
    for (name, _, _) in LONGER {
        let (_, text) = files.iter().find(|(own, _)| own == name).unwrap();
        let lines = text.lines().count();
        assert!(lines > LINES_MAX, "{name} has only {lines} lines now");
    }
}

#[test]
fn the_lock_file_is_committed() {
    let listed = Command::new("git")
        .args(["ls-files", "--error-unmatch", "Cargo.lock"])
        .current_dir(root())
        .output();
    // A tree without git, as in an archive, still has to have the file.
    if let Ok(listed) = listed
        && root().join(".git").exists()
    {
        assert!(listed.status.success());
    }
    assert!(root().join("Cargo.lock").is_file());
}
