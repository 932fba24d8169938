//! Settings as a list of their values with paths, and back.
//!
//! Items of lists that layers add to are named by what they are (their `name`,
//! or themselves), not by where they stand: so the same item of two layers is
//! one item.

use std::fmt;

use serde_json::{Map, Value as Json};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A field of a map.
    Key(String),
    /// An item of a list, by its name or by all of it.
    Item(String),
}

/// Where a value is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Path(pub(super) Vec<Step>);

impl Path {
    /// The same path with one more step.
    fn with(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }

    /// For the table: `metrics[].tolerance`.
    pub(super) fn pattern(&self) -> String {
        self.written(|_| String::new())
    }

    fn written(&self, item: impl Fn(&str) -> String) -> String {
        let mut text = String::new();
        for step in &self.0 {
            match step {
                Step::Key(key) if text.is_empty() => text.push_str(key),
                Step::Key(key) => text.push_str(&format!(".{key}")),
                Step::Item(own) => text.push_str(&format!("[{}]", item(own))),
            }
        }
        text
    }

    /// Whether the other path is this one or below it.
    pub(super) fn holds(&self, other: &Path) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Whether the other path is below this one.
    pub(super) fn is_above(&self, other: &Path) -> bool {
        self.holds(other) && self != other
    }

    /// The paths of the items that this path is in, the outermost first.
    pub(super) fn items(&self) -> impl Iterator<Item = Path> + '_ {
        let ends = self.0.iter().enumerate();
        ends.filter(|(_, step)| matches!(step, Step::Item(_)))
            .map(|(index, _)| Path(self.0[..=index].to_vec()))
    }

    /// The path that this one's last step is in.
    pub(super) fn parent(&self) -> Path {
        Path(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }

    /// The fields alone, without the items that they are of.
    pub(super) fn fields(&self) -> Vec<&str> {
        let keys = self.0.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Item(_) => None,
        });
        keys.collect()
    }
}

impl fmt::Display for Path {
    /// For people: `metrics[errors].tolerance`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |item: &str| item.trim_matches('"').to_owned();
        f.write_str(&self.written(plain))
    }
}

/// How a list or map is taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    /// It is one value.
    Whole,
    /// Each item or field of it is on its own.
    Each,
    /// Each item of it is on its own, and those with a `name` are called so.
    Named,
}

/// All values of a map, in order, with their paths.
pub(super) fn leaves(json: &Json, parts: &dyn Fn(&Path, &Json) -> Parts) -> Vec<(Path, Json)> {
    let mut found = Vec::new();
    collect(&Path::default(), json, parts, &mut found);
    found
}

fn collect(
    path: &Path,
    json: &Json,
    parts: &dyn Fn(&Path, &Json) -> Parts,
    found: &mut Vec<(Path, Json)>,
) {
    let is_root = path.0.is_empty();
    match json {
        Json::Object(fields)
            if is_root || (!fields.is_empty() && parts(path, json) != Parts::Whole) =>
        {
            for (key, value) in fields {
                collect(&path.with(Step::Key(key.clone())), value, parts, found);
            }
        }
        Json::Array(items) if !items.is_empty() && parts(path, json) != Parts::Whole => {
            let is_named = parts(path, json) == Parts::Named;
            for item in items {
                let step = Step::Item(identity(item, is_named));
                collect(&path.with(step), item, parts, found);
            }
        }
        _ => found.push((path.clone(), json.clone())),
    }
}

/// What an item is called: by its `name`, or by all of it.
fn identity(item: &Json, is_named: bool) -> String {
    match item.get("name").and_then(Json::as_str) {
        Some(name) if is_named => name.to_owned(),
        _ => item.to_string(),
    }
}

/// The map that has these values.
pub(super) fn nest<'a>(leaves: impl Iterator<Item = (&'a Path, Json)>) -> Json {
    let flat: Rest<'_> = leaves
        .map(|(path, value)| (path.0.as_slice(), value))
        .collect();
    if flat.is_empty() {
        return Json::Object(Map::new());
    }
    build(flat)
}

/// Values with the rest of their paths.
type Rest<'a> = Vec<(&'a [Step], Json)>;

fn build(mut leaves: Rest<'_>) -> Json {
    if leaves.first().is_some_and(|(path, _)| path.is_empty()) {
        return leaves.swap_remove(0).1;
    }
    let mut groups: Vec<(&Step, Rest<'_>)> = Vec::new();
    for (path, value) in leaves {
        let Some((first, rest)) = path.split_first() else {
            continue;
        };
        match groups.iter_mut().find(|(step, _)| *step == first) {
            Some((_, group)) => group.push((rest, value)),
            None => groups.push((first, vec![(rest, value)])),
        }
    }
    if matches!(groups.first(), Some((Step::Item(_), _))) {
        return Json::Array(groups.into_iter().map(|(_, group)| build(group)).collect());
    }
    let fields = groups.into_iter().map(|(step, group)| match step {
        Step::Key(key) | Step::Item(key) => (key.clone(), build(group)),
    });
    Json::Object(fields.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn each(_: &Path, _: &Json) -> Parts {
        Parts::Named
    }

    #[test]
    fn what_is_taken_apart_is_put_together_as_the_same() {
        let settings = json!({
            "for": "1h", "alarms": ["a", { "prefix": "b-" }], "traffic": { "at_least": 1, "metric": { "name": "N" } },
            "metrics": [{ "name": "errors", "tolerance": "1%" }, { "name": "latency" }], "empty": [], "none": {},
        });
        let apart = leaves(&settings, &each);
        let again = nest(apart.iter().map(|(path, value)| (path, value.clone())));
        assert_eq!(again, settings);
        let patterns: Vec<String> = apart.iter().map(|(path, _)| path.pattern()).collect();
        assert!(
            patterns.contains(&"metrics[].tolerance".to_owned()),
            "{patterns:?}"
        );
        let shown: Vec<String> = apart.iter().map(|(path, _)| path.to_string()).collect();
        assert!(shown.contains(&"alarms[a]".to_owned()), "{shown:?}");
        assert!(shown.contains(&"metrics[errors].tolerance".to_owned()));
    }
}
