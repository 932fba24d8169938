//! The pages of the gates: their tables are those of the types, their plans
//! are right, and they say what `sluice check` says.

use std::fs;

use super::settings::{PAGES, tables, written};
use super::shown::{blocks, checked};
use crate::cli::root;

/// What each page answers, in this order.
const HEADINGS: [&str; 5] = [
    "## The smallest plan",
    "## What keeps it from a pass",
    "## Permissions",
    "## Cost",
    "## Settings",
];

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

#[test]
fn the_settings_on_the_page_of_each_gate_are_those_of_its_type() {
    for (name, of) in PAGES {
        let page = page(name);
        let expected = written(&page, of);
        assert!(page == expected, "{name} is stale: run `make docs`");
    }
}

#[test]
fn a_setting_that_a_page_lacks_or_says_otherwise_is_seen() {
    let page = page("docs/bake.md");
    for (from, to) in [("| `quiet_for` |", "| `quiet` |"), ("| 15m |", "| 20m |")] {
        let doctored = page.replace(from, to);
        assert_ne!(doctored, page, "{from} is not on the page");
        assert_eq!(written(&doctored, "Bake"), page);
    }
}

#[test]
fn every_setting_says_what_it_means() {
    for (name, of) in PAGES {
        let tables = tables(of);
        let bare: Vec<&str> = tables.lines().filter(|row| row.ends_with("|  |")).collect();
        assert_eq!(bare, Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn the_page_of_each_gate_answers_the_same_questions() {
    for (name, _) in PAGES {
        let page = page(name);
        let found: Vec<&str> = page
            .lines()
            .filter(|line| HEADINGS.contains(line))
            .collect();
        assert_eq!(found, HEADINGS, "{name}");
        let refused = page.split("## What keeps it from a pass\n").nth(1).unwrap();
        let refused = refused.split("\n## ").next().unwrap();
        assert!(refused.contains("semantics.md#"), "{name} names no rows");
        assert!(refused.contains("errors/"), "{name} names no gate error");
    }
}

#[test]
fn the_smallest_plan_of_each_gate_comes_to_what_its_page_says() {
    for (name, _) in PAGES {
        let page = page(name);
        let part = page.split("## The smallest plan\n").nth(1).unwrap();
        let part = part.split("\n## ").next().unwrap();
        let plan = &blocks(part, "yaml")[0];
        let cost = page.split("\n## Cost\n").nth(1).unwrap();
        let shown = &blocks(cost.split("\n## ").next().unwrap(), "text")[0];
        assert_eq!(&checked(plan), shown, "{name}");
    }
}
