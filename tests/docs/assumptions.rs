//! The page of assumptions names what exists: every switch of the world, and
//! tests that are there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::cli::root;

/// What each entry says, in this order.
const PARTS: [&str; 5] = ["Known", "If so", "If not", "Switch", "Shown by"];

/// Where the switches are: the name on the page, the source, the struct, and
/// whether the page has to name all of its fields.
const SWITCHES: [(&str, &str, &str, bool); 8] = [
    (
        "Settings::",
        "shared/world/src/codepipeline/settings.rs",
        "Settings",
        true,
    ),
    (
        "CloudWatchSwitches::",
        "shared/world/src/cloudwatch.rs",
        "CloudWatchSwitches",
        true,
    ),
    (
        "BuildSwitches::",
        "shared/world/src/codebuild.rs",
        "BuildSwitches",
        true,
    ),
    (
        "CanarySwitches::",
        "shared/world/src/synthetics.rs",
        "CanarySwitches",
        true,
    ),
    (
        "HookSwitches::",
        "shared/world/src/ecs.rs",
        "HookSwitches",
        true,
    ),
    (
        "DeploymentSwitches::",
        "shared/world/src/codedeploy.rs",
        "DeploymentSwitches",
        true,
    ),
    (
        "pipeline.",
        "shared/world/src/scenario/release.rs",
        "Pipeline",
        false,
    ),
    (
        "metrics.",
        "shared/world/src/scenario/metric.rs",
        "Metric",
        false,
    ),
];

pub(super) fn page() -> String {
    fs::read_to_string(root().join("docs/assumptions.md")).unwrap()
}

/// The entries of the page: title, and text by part.
pub(super) fn entries(page: &str) -> Vec<(&str, Vec<(&str, &str)>)> {
    let entry = |text| {
        let (title, body): (&str, &str) = str::split_once(text, '\n').unwrap();
        let body = body.split("\n## ").next().unwrap();
        let parts = body.split("\n- **").skip(1);
        (
            title,
            parts.map(|p| p.split_once(":** ").unwrap()).collect(),
        )
    };
    page.split("\n### ").skip(1).map(entry).collect()
}

/// What stands in backticks in one part of all entries.
fn quoted<'a>(page: &'a str, part: &str) -> BTreeSet<&'a str> {
    let all = entries(page).into_iter().flat_map(|(_, parts)| parts);
    let own = all.filter(|(name, _)| *name == part);
    own.flat_map(|(_, text)| text.split('`').skip(1).step_by(2))
        .collect()
}

/// The public fields of a struct in a source text.
fn fields<'a>(source: &'a str, name: &str) -> BTreeSet<&'a str> {
    let (_, rest) = source
        .split_once(&format!("pub struct {name} {{\n"))
        .unwrap();
    let body = rest.split("\n}").next().unwrap();
    let names = body
        .lines()
        .filter_map(|line| line.strip_prefix("    pub "));
    names.map(|line| line.split(':').next().unwrap()).collect()
}

/// What is wrong with the switches that a page names.
fn wrong_switches(page: &str) -> Vec<String> {
    let named = quoted(page, "Switch");
    let mut wrong = Vec::new();
    for (prefix, source, name, all) in SWITCHES {
        let source = fs::read_to_string(root().join(source)).unwrap();
        let known = fields(&source, name);
        let own: BTreeSet<&str> = named
            .iter()
            .filter_map(|n| n.strip_prefix(prefix))
            .collect();
        let unknown = own.difference(&known).map(|n| format!("no {prefix}{n}"));
        let missing = known.difference(&own).filter(|_| all);
        wrong.extend(unknown.chain(missing.map(|n| format!("{prefix}{n} is not named"))));
    }
    wrong
}

/// All tests, as text: the Rust and Python sources.
pub(super) fn sources() -> String {
    let mut text = String::new();
    for folder in ["tests", "shared", "cli", "functions"] {
        gather(&root().join(folder), &mut text);
    }
    text
}

fn gather(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if path.is_dir() && !path.ends_with("target") {
            gather(&path, text);
        } else if matches!(ending, Some("rs" | "py")) {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// The tests that a page names and that do not exist: no function, and no case
/// of the table.
fn missing_tests<'a>(page: &'a str, sources: &str) -> Vec<&'a str> {
    let exists = |name: &&str| {
        ["fn", "def"]
            .iter()
            .any(|word| sources.contains(&format!("{word} {name}(")))
            || ["BAKE", "CANARY", "CLEAR"]
                .iter()
                .any(|base| sources.contains(&format!("    {name}: {base} {{")))
    };
    quoted(page, "Shown by")
        .into_iter()
        .filter(|name| !exists(name))
        .collect()
}

#[test]
fn every_entry_says_what_is_known_what_follows_either_way_and_what_shows_it() {
    let page = page();
    let entries = entries(&page);
    assert!(entries.len() >= 20, "{} entries", entries.len());
    for (title, parts) in entries {
        let names: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, PARTS, "{title}");
        let shown = parts.last().map_or("", |(_, text)| text);
        assert!(shown.contains('`'), "{title} names no test");
    }
}

#[test]
fn every_switch_of_the_world_is_on_the_page_and_no_other() {
    assert_eq!(wrong_switches(&page()), Vec::<String>::new());
}

#[test]
fn every_test_on_the_page_exists() {
    assert_eq!(missing_tests(&page(), &sources()), Vec::<&str>::new());
}

#[test]
fn a_switch_or_test_that_is_not_there_and_a_switch_that_is_not_named_are_found() {
    let doctored = page()
        .replace("`Settings::look_every`", "`Settings::look_never`")
        .replace("`metrics.late`", "`metrics.early`")
        .replace("`half_an_answer_", "`a_whole_answer_");
    let expected = [
        "no Settings::look_never",
        "Settings::look_every is not named",
        "no metrics.early",
    ];
    assert_eq!(wrong_switches(&doctored), expected);
    assert_eq!(
        missing_tests(&doctored, &sources()),
        ["a_whole_answer_about_traffic_is_unknown"]
    );
}
