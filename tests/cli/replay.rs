//! `sluice replay`: what it reads, how it ends, what it writes.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{sluice, sluice_with};

/// A folder with the evidence and the pages of the release that is stopped.
fn rehearsed() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let scenario = "examples/checkout/between-looks.yaml";
    let plan = "examples/checkout/sluice.yaml";
    let ran = sluice(&[
        "rehearse",
        plan,
        "--scenario",
        scenario,
        "--quiet",
        "--evidence",
        path,
        "--html",
        path,
    ]);
    assert_eq!(ran.code, 1, "{}", ran.errors);
    let file = folder.path().join("prod-one-box-bake.json");
    let page = folder.path().join("prod-one-box-bake.html");
    for file in [&file, &page] {
        assert!(
            ran.output.contains(file.to_str().unwrap()),
            "{}",
            ran.output
        );
    }
    assert!(fs::read_to_string(page).unwrap().contains("<h1>"));
    (folder, file)
}

fn value(file: &PathBuf) -> Value {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// A line of a function's log.
fn logged(evidence: &Value) -> Value {
    let sum = sluice_core::token::sha256(evidence.to_string().as_bytes());
    json!({ "level": "INFO", "message": "evidence", "sha256": sum, "sluice_evidence": evidence })
}

#[test]
fn evidence_that_agrees_ends_with_the_code_of_its_verdict() {
    let (_folder, file) = rehearsed();
    let ran = sluice(&["replay", file.to_str().unwrap()]);
    assert_eq!(ran.code, 1, "{}", ran.errors);
    assert!(
        ran.output
            .starts_with("prod-one-box/bake: fail: FiredAndRecovered\n")
    );
    assert!(ran.output.ends_with("  agrees\n"), "{}", ran.output);
}

#[test]
fn of_several_the_worst_decides() {
    let (folder, file) = rehearsed();
    let beta = folder.path().join("beta-bake.json");
    assert_eq!(sluice(&["replay", beta.to_str().unwrap()]).code, 0);
    let both = sluice(&["replay", file.to_str().unwrap(), beta.to_str().unwrap()]);
    assert_eq!(both.code, 1);
    assert_eq!(both.output.matches("agrees").count(), 2);
}

#[test]
fn changed_evidence_ends_with_3_and_says_what_differs() {
    let (_folder, file) = rehearsed();
    let mut changed = value(&file);
    changed["verdict"] = json!("pass");
    changed["outcome"] = json!("go");
    let ran = sluice_with(changed.to_string().as_bytes(), &["replay", "-"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.output.contains("differs: recorded pass, "),
        "{}",
        ran.output
    );
    assert!(ran.output.contains("; computed fail, "), "{}", ran.output);
}

#[test]
fn lines_of_a_log_are_read_and_their_sum_is_compared() {
    let (_folder, file) = rehearsed();
    let line = logged(&value(&file));
    let log = format!(
        "START RequestId: 1\n{}\n{line}\nEND\n",
        json!({ "message": "goes on" })
    );
    let ran = sluice_with(log.as_bytes(), &["replay", "-"]);
    assert_eq!(ran.code, 1, "{}", ran.errors);
    assert!(ran.output.contains("agrees"));

    let mut changed = line;
    changed["sluice_evidence"]["remarks"] = json!(["all is well"]);
    let ran = sluice_with(changed.to_string().as_bytes(), &["replay", "-"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.errors.contains("its SHA-256 is another"),
        "{}",
        ran.errors
    );
}

#[test]
fn what_is_no_evidence_is_said() {
    for text in ["", "{}", "[1]", "no json", "{\"message\":\"goes on\"}"] {
        let ran = sluice_with(text.as_bytes(), &["replay", "-"]);
        assert_eq!(ran.code, 3, "{text}");
        assert!(ran.errors.contains("holds no evidence"), "{}", ran.errors);
    }
    let ran = sluice_with(b"{\"evidence\":1}", &["replay", "-"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.errors.contains("is no evidence: missing field"),
        "{}",
        ran.errors
    );
    let ran = sluice(&["replay", "no/such/file.json"]);
    assert_eq!(ran.code, 3);
    assert!(ran.errors.contains("no/such/file.json"));
    assert_eq!(sluice(&["replay"]).code, 64);
}

#[test]
fn one_page_is_a_file_and_several_are_a_folder() {
    let (folder, file) = rehearsed();
    let file = file.to_str().unwrap();
    let page = folder.path().join("new/page.html");
    let ran = sluice(&["replay", file, "--html", page.to_str().unwrap()]);
    assert_eq!(ran.code, 1, "{}", ran.errors);
    let same = fs::read(folder.path().join("prod-one-box-bake.html")).unwrap();
    assert_eq!(fs::read(page).unwrap(), same);

    let pages = folder.path().join("pages");
    let ran = sluice(&["replay", file, file, "--html", pages.to_str().unwrap()]);
    assert_eq!(ran.code, 1, "{}", ran.errors);
    let mut names: Vec<String> = fs::read_dir(pages)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["prod-one-box-bake-2.html", "prod-one-box-bake.html"]
    );

    let ran = sluice(&["replay", file, "--html", &format!("{file}/page.html")]);
    assert_eq!(ran.code, 3);
    assert!(ran.errors.contains("cannot be written"), "{}", ran.errors);
}

#[test]
fn a_name_in_evidence_leads_out_of_no_folder() {
    let (folder, file) = rehearsed();
    let mut hostile = value(&file);
    hostile["of"]["stage"] = json!("../../..");
    let both = format!("{}\n{}\n", logged(&hostile), logged(&hostile));
    let pages = folder.path().join("deep/pages");
    let ran = sluice_with(
        both.as_bytes(),
        &["replay", "-", "--html", pages.to_str().unwrap()],
    );
    assert_eq!(ran.code, 1, "{}{}", ran.output, ran.errors);
    assert!(pages.join("________-bake.html").exists());
}

#[test]
fn it_tells_what_was_seen_if_asked() {
    let (_folder, file) = rehearsed();
    let ran = sluice(&["replay", "--verbose", file.to_str().unwrap()]);
    assert!(
        ran.output.contains("outcome: stop, decided by the verdict"),
        "{}",
        ran.output
    );
    assert!(
        ran.output
            .contains("alarm `checkout-5xx`: known for 30m of 1h"),
        "{}",
        ran.output
    );
}
