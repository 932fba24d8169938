//! docs/security.md names tests that exist, and each way past a gate says what
//! limits it and where it is seen.

use std::fs;

use super::assumptions::sources;
use crate::cli::root;

fn page() -> String {
    fs::read_to_string(root().join("docs/security.md")).unwrap()
}

/// Tests as the page names them: in backticks, in words joined by `_`.
fn tests(page: &str) -> Vec<&str> {
    let quoted = page.split('`').skip(1).step_by(2);
    quoted.filter(|name| is_a_test(name)).collect()
}

fn is_a_test(name: &str) -> bool {
    let word = |own: char| own.is_ascii_lowercase() || own == '_' || own.is_ascii_digit();
    name.matches('_').count() >= 4 && name.chars().all(word)
}

fn missing<'a>(page: &'a str, sources: &str) -> Vec<&'a str> {
    let exists = |name: &str| {
        let function = ["fn", "def"]
            .iter()
            .any(|word| sources.contains(&format!("{word} {name}(")));
        function || sources.contains(&format!("    {name}: "))
    };
    tests(page)
        .into_iter()
        .filter(|name| !exists(name))
        .collect()
}

#[test]
fn every_test_that_the_page_names_exists() {
    let page = page();
    assert!(tests(&page).len() >= 20, "{:?}", tests(&page));
    assert_eq!(missing(&page, &sources()), Vec::<&str>::new());
}

#[test]
fn a_test_that_is_not_there_is_found() {
    let page = "`a_claim_that_no_test_holds_at_all`, `role/sluice/*`, `s3:GetObject`";
    assert_eq!(
        missing(page, &sources()),
        ["a_claim_that_no_test_holds_at_all"]
    );
}

#[test]
fn every_way_past_a_gate_says_what_limits_it_and_where_it_is_seen() {
    let page = page();
    let part = page
        .split("## Who can let a release through\n")
        .nth(1)
        .unwrap();
    let rows = part.split("\n## ").next().unwrap().lines();
    let rows: Vec<Vec<&str>> = rows
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"))
        .map(|line| line.trim_matches('|').split(" | ").collect())
        .collect();
    assert!(rows.len() > 10, "{} rows", rows.len());
    for row in rows {
        assert_eq!(row.len(), 4, "{row:?}");
        let bare = row.iter().any(|cell| cell.trim().is_empty());
        assert!(!bare, "{row:?}");
    }
}
