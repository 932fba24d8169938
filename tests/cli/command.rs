//! Exit codes, the version, the schema and completions.

use super::sluice;

#[track_caller]
fn check(arguments: &[&str], code: i32) {
    let ran = sluice(arguments);
    assert_eq!(
        ran.code, code,
        "{arguments:?}: {}{}",
        ran.output, ran.errors
    );
}

#[test]
fn wrong_usage_ends_with_64_and_help_with_0() {
    check(&[], 64);
    check(&["chekc"], 64);
    check(&["check"], 64);
    check(&["check", "--no-such-option", "sluice.yaml"], 64);
    check(&["check", "--json", "--quiet", "sluice.yaml"], 64);
    check(&["check", "-", "-"], 64);
    check(&["completions", "no-such-shell"], 64);
    check(&["--help"], 0);
    check(&["help"], 0);
    check(&["check", "--help"], 0);
    check(&["--version"], 0);
}

#[test]
fn the_version_names_the_commit() {
    let ran = sluice(&["--version"]);
    let commit = ran
        .output
        .trim_end()
        .strip_prefix(concat!("sluice ", env!("CARGO_PKG_VERSION"), " ("))
        .and_then(|rest| rest.strip_suffix(')'))
        .unwrap_or_else(|| panic!("{}", ran.output));
    let hexadecimal = commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(hexadecimal || commit == "unknown", "{commit}");
}

#[test]
fn the_schema_is_printed_or_written() {
    let printed = sluice(&["schema"]);
    assert_eq!(printed.code, 0);
    let schema: serde_json::Value = serde_json::from_str(&printed.output).unwrap();
    assert_eq!(schema, sluice_core::schema::plan_schema());

    let printed_too = sluice(&["schema", "evidence"]);
    let schema: serde_json::Value = serde_json::from_str(&printed_too.output).unwrap();
    assert_eq!(schema, sluice_gates::evidence_schema());
    assert_eq!(sluice(&["schema", "weather"]).code, 64);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sluice.schema.json");
    let written = sluice(&["schema", "--output", file.to_str().unwrap()]);
    assert_eq!((written.code, written.output.as_str()), (0, ""));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), printed.output);

    let nowhere = folder.path().join("no/such/folder");
    let refused = sluice(&["schema", "--output", nowhere.to_str().unwrap()]);
    assert_eq!(refused.code, 3);
    assert!(refused.errors.contains("cannot be written"));
}

#[test]
fn completions_know_the_subcommands() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = sluice(&["completions", shell]);
        assert_eq!(ran.code, 0);
        assert!(ran.output.contains("check") && ran.output.contains("rehearse"));
    }
}
