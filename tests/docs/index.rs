//! docs/README.md lists every document, and no link in any document is dead.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::root;

/// All documents, by their path from the root.
fn documents() -> Vec<String> {
    let mut found = Vec::new();
    for name in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        found.push(name.to_owned());
    }
    gather(Path::new("docs"), &mut found);
    gather(Path::new("examples"), &mut found);
    assert!(found.len() > 40, "{} documents", found.len());
    found
}

fn gather(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = folder.join(path.file_name().unwrap());
        if path.is_dir() {
            gather(&name, found);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.push(name.display().to_string());
        }
    }
}

/// A document without what stands in fences: nothing there is a link.
fn prose(text: &str) -> String {
    let outside = text.split("\n```").step_by(2);
    outside.collect::<Vec<_>>().join("\n")
}

/// Where links lead, but those to other sites.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let targets = prose.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| !target.contains("://") && !target.contains(char::is_whitespace))
        .map(str::to_owned)
        .collect()
}

/// What pages of Markdown make of their headings, those that come twice with a number.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in prose(text).lines().filter(|line| line.starts_with('#')) {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        let heading = heading.replace(' ', "-");
        let kept = heading
            .chars()
            .filter(|own| own.is_alphanumeric() || "-_".contains(*own));
        let own: String = kept.collect();
        let numbered = (1..).map(|number| format!("{own}-{number}"));
        let free = std::iter::once(own.clone())
            .chain(numbered)
            .find(|name| !found.contains(name));
        found.extend(free);
    }
    found
}

/// A path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}

/// Links of a document that lead nowhere.
fn dead(name: &str, text: &str) -> Vec<String> {
    let folder = Path::new(name).parent().unwrap();
    let is_dead = |target: &String| {
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        let path = match path {
            "" => PathBuf::from(name),
            path => plain(&folder.join(path)),
        };
        let there = root().join(&path);
        if anchor.is_empty() || path.extension().is_none_or(|ending| ending != "md") {
            return !there.exists();
        }
        let text = if path == Path::new(name) {
            Ok(text.to_owned())
        } else {
            fs::read_to_string(there)
        };
        !text.is_ok_and(|text| anchors(&text).contains(anchor))
    };
    let dead = links(text).into_iter().filter(is_dead);
    dead.map(|target| format!("{name}: {target}")).collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

#[test]
fn no_link_in_any_document_is_dead() {
    let found: Vec<String> = documents()
        .iter()
        .flat_map(|name| dead(name, &read(name)))
        .collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn links_to_files_and_headings_that_are_not_there_are_seen() {
    let text = "# A b\n[a](bake.md) [b](no.md) [c](bake.md#cost) [d](bake.md#costs) [e](#a-b) [f](#b)\n\
                ```text\n[g](no.md)\n```\n[h](../README.md) [i](../no.md) [j](https://aws.amazon.com/)\n";
    let expected = ["no.md", "bake.md#costs", "#b", "../no.md"];
    let expected: Vec<String> = expected
        .iter()
        .map(|own| format!("docs/x.md: {own}"))
        .collect();
    assert_eq!(dead("docs/x.md", text), expected);
}

/// Documents in `docs` that the index does not list. The pages of gate errors
/// have a list of their own.
fn unlisted(index: &str) -> Vec<String> {
    let listed: BTreeSet<String> = links(index)
        .iter()
        .map(|target| target.split('#').next().unwrap_or(target))
        .map(|target| format!("docs/{target}"))
        .collect();
    let own = documents()
        .into_iter()
        .filter(|name| name.starts_with("docs/"));
    own.filter(|name| !name.starts_with("docs/errors/") || name == "docs/errors/README.md")
        .filter(|name| name != "docs/README.md" && !listed.contains(name))
        .collect()
}

#[test]
fn the_index_lists_every_document() {
    assert_eq!(unlisted(&read("docs/README.md")), Vec::<String>::new());
}

#[test]
fn a_document_that_the_index_lacks_is_seen() {
    let index = read("docs/README.md").replace("(bake.md)", "(bakery.md)");
    assert_eq!(unlisted(&index), ["docs/bake.md"]);
}
