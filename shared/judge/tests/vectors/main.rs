//! Reads test vectors that others computed and compares every number.
//!
//! The file is not part of the project. It is looked for in the variable
//! `JUDGE_VECTORS`, then beside the repository; without it the test says so
//! and skips. Any file of the same format runs without touching code; a kind
//! or parameter that is not known here counts as a disagreement.
//!
//! `cargo test -p sluice-judge --test vectors -- --nocapture` prints how many
//! agreed.

#![allow(
    clippy::disallowed_methods,
    reason = "tests are told by the environment where optional data is"
)]

mod case;
mod kayenta;
mod sequential;

use case::Case;
use serde_json::Value;

#[test]
fn all_vectors_agree_within_their_tolerances() {
    let path = std::env::var("JUDGE_VECTORS").unwrap_or_else(|_| {
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/data/judge/vectors.json"
        )
        .into()
    });
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: no vectors at {path}; set JUDGE_VECTORS to a file of them");
        return;
    };
    let file: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    let cases = file["cases"].as_array().expect("the vectors have `cases`");
    let mut failures = Vec::new();
    for value in cases {
        let case = Case::new(value);
        match run(&case) {
            Ok(()) => {}
            Err(message) => failures.push(format!("{}: {message}", case.id())),
        }
    }
    println!(
        "{} of {} vectors agreed ({path})",
        cases.len() - failures.len(),
        cases.len()
    );
    assert!(
        failures.is_empty(),
        "{} disagreed:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn run(case: &Case<'_>) -> Result<(), String> {
    match case.kind() {
        "normal_log_mixture" => sequential::normal_mixture(case),
        "t_mixture" => sequential::t_mixture(case),
        "split" => sequential::split(case),
        "count" => sequential::count(case),
        "count_auto" => sequential::count_auto(case),
        "series" => sequential::series(case),
        "sign" => sequential::sign(case),
        "combine" => sequential::combine(case),
        "decide" => sequential::decide(case),
        "kayenta_mw" => kayenta::interval(case),
        "kayenta_classify" => kayenta::classification(case),
        "kayenta_score" => kayenta::score(case),
        other => Err(format!("the kind `{other}` is not known")),
    }
}
