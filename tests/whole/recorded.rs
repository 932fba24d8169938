//! Many releases over a recorded series, through the command.

use std::process::Command;

use serde_json::Value;

use crate::cli::{binary, root};

#[test]
fn releases_begun_in_a_window_of_trouble_are_stopped_and_the_others_go() {
    let done = Command::new(binary())
        .args(["rehearse", "examples/recorded/sluice.yaml", "--scenario"])
        .args(["examples/recorded/scenario.yaml", "--begin-every", "1h"])
        .args(["--windows", "examples/recorded/windows.json", "--json"])
        .current_dir(root())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(0));
    let rows: Vec<Value> = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(rows.len(), 72, "one for every hour of three days");
    for row in &rows {
        if row["verdict"] != "pass" {
            assert_eq!(row["verdict"], "fail", "{row}");
            assert_eq!(row["inside_a_window"], true, "{row}");
        }
    }
    // The trouble lasts from 13:20 to 14:40. Its first release sees it come,
    // the next begins in it, and the last one is long over.
    let reasons: Vec<&str> = rows
        .iter()
        .filter(|row| row["verdict"] == "fail")
        .map(|row| row["reason"].as_str().unwrap())
        .collect();
    assert_eq!(reasons, ["Fired", "AlreadyInAlarm"]);
}
