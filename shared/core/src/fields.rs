//! Reads a map field by field and collects every mistake on the way.
//!
//! A reader is a function from a [`Place`] to an `Option`: `None` says that it
//! has put at least one problem into the list. Nothing stops at the first one.
//! The known fields of a map are those that were asked for, so there is no
//! second list of them; [`Fields::finish`] names the ones nobody asked for.

use std::collections::BTreeMap;

use crate::problems::{Problem, Problems};
use crate::tree::{Key, Node, Position, Value};
use crate::words::{closest, quote, quote_all};

/// A part of the document and how to name it.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    pub(crate) node: &'a Node,
    path: String,
    key_at: Option<Position>,
}

impl<'a> Place<'a> {
    /// The whole document, under a name (or none).
    pub(crate) fn root(node: &'a Node, path: &str) -> Place<'a> {
        Place {
            node,
            path: path.to_owned(),
            key_at: None,
        }
    }

    /// The value behind a key.
    pub(crate) fn entry(&self, key: &Key, node: &'a Node) -> Place<'a> {
        Place {
            node,
            path: path_step(&self.path, &key.name),
            key_at: key.at,
        }
    }

    /// An item of a list.
    pub(crate) fn item(&self, index: usize, node: &'a Node) -> Place<'a> {
        Place {
            node,
            path: format!("{}[{index}]", self.path),
            key_at: None,
        }
    }

    /// A problem with what is written here.
    pub(crate) fn error(&self, message: impl Into<String>) -> Problem {
        let at = match self.node.value {
            Value::Null => self.key_at.or(self.node.at),
            _ => self.node.at,
        };
        Problem::error(message.into())
            .at(at)
            .path(self.path.clone())
    }

    /// A problem with what is not written here: it points at the key.
    pub(crate) fn error_at_key(&self, message: String) -> Problem {
        Problem::error(message)
            .at(self.key_at.or(self.node.at))
            .path(self.path.clone())
    }

    /// The problem that the key itself is no name of a stage.
    pub(crate) fn bad_key(&self, name: &str, hint: &str) -> Problem {
        self.error_at_key(format!("{} is not a name", quote(name)))
            .hint(hint.to_owned())
    }

    /// The problem that something else is wanted here.
    pub(crate) fn wrong_kind(&self, wanted: &str) -> Problem {
        match self.node.value {
            Value::Null => self.error(format!("is empty, and {wanted} is wanted")),
            _ => self.error(format!("{} where {wanted} is wanted", self.node.kind())),
        }
    }

    /// The entries of a map, or a problem.
    pub(crate) fn entries(&self, problems: &mut Problems) -> Option<&'a [(Key, Node)]> {
        match &self.node.value {
            Value::Map(entries) => Some(entries),
            _ => {
                problems.push(self.wrong_kind("a map"));
                None
            }
        }
    }

    /// The same, of a map with 1 to `most` entries. `what` they are.
    pub(crate) fn entries_up_to(
        &self,
        most: usize,
        what: &str,
        problems: &mut Problems,
    ) -> Option<&'a [(Key, Node)]> {
        let entries = self.entries(problems)?;
        if entries.is_empty() || entries.len() > most {
            let count = entries.len();
            let message = format!("has {count} {what}, and 1 to {most} are read");
            problems.push(self.error(message));
            return None;
        }
        Some(entries)
    }
}

/// The path of what stands behind a key: `stages.prod`, or `` stages[`a b`] ``.
pub(crate) fn path_step(path: &str, name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || !name.chars().all(is_plain) {
        format!("{path}[{}]", quote(name))
    } else if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// Gives problems that only know their path the positions in a document.
pub(crate) fn locate(problems: Problems, document: &Node) -> Problems {
    let mut positions = BTreeMap::new();
    note_positions(&Place::root(document, ""), &mut positions);
    let mut located = Problems::new();
    for problem in &problems {
        let at = problem.at.or_else(|| positions.get(&problem.path).copied());
        located.push(problem.clone().at(at));
    }
    located
}

fn note_positions(place: &Place<'_>, positions: &mut BTreeMap<String, Position>) {
    if let Some(at) = place.node.at {
        positions.insert(place.path.clone(), at);
    }
    match &place.node.value {
        Value::Map(entries) => entries
            .iter()
            .for_each(|(key, node)| note_positions(&place.entry(key, node), positions)),
        Value::List(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, node)| note_positions(&place.item(index, node), positions)),
        _ => {}
    }
}

/// A map that is being read.
pub(crate) struct Fields<'a, 'p> {
    /// What the map is, for messages and for holding the schema to the reader.
    what: &'static str,
    place: Place<'a>,
    entries: &'a [(Key, Node)],
    asked: Vec<&'static str>,
    missing: Vec<(&'static str, Option<String>)>,
    /// Fields of other people's words, which were named as mistakes already.
    refused: Vec<&'static str>,
    problems: &'p mut Problems,
}

impl<'a, 'p> Fields<'a, 'p> {
    /// Begins to read a map; if it is none, that is the problem.
    pub(crate) fn of(
        what: &'static str,
        place: &Place<'a>,
        problems: &'p mut Problems,
    ) -> Option<Fields<'a, 'p>> {
        let entries = place.entries(problems)?;
        Some(Fields {
            what,
            place: place.clone(),
            entries,
            asked: Vec::new(),
            missing: Vec::new(),
            refused: Vec::new(),
            problems,
        })
    }

    /// Where a field is, if it was written.
    pub(crate) fn find(&self, name: &str) -> Option<Place<'a>> {
        self.entries
            .iter()
            .find(|(key, _)| key.name == name)
            .map(|(key, node)| self.place.entry(key, node))
    }

    /// Whether a field was written, whatever the reader made of it.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|(key, _)| key.name == name)
    }

    /// A field that has to be there.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Place<'a>, &mut Problems) -> Option<T>,
    ) -> Option<T> {
        self.ask(name, Some(None), read)
    }

    /// A field that has to be there, and what to say if it is not.
    pub(crate) fn required_or<T>(
        &mut self,
        name: &'static str,
        hint: &str,
        read: impl FnOnce(&Place<'a>, &mut Problems) -> Option<T>,
    ) -> Option<T> {
        self.ask(name, Some(Some(hint.to_owned())), read)
    }

    /// A field that may be left out. `None` too if it could not be read.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Place<'a>, &mut Problems) -> Option<T>,
    ) -> Option<T> {
        self.ask(name, None, read)
    }

    /// A field with a default.
    pub(crate) fn defaulted<T: Default>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Place<'a>, &mut Problems) -> Option<T>,
    ) -> T {
        self.ask(name, None, read).unwrap_or_default()
    }

    /// A field that has to be there because of what other fields say.
    pub(crate) fn miss(&mut self, name: &'static str, hint: &str) {
        self.missing.push((name, Some(hint.to_owned())));
    }

    fn ask<T>(
        &mut self,
        name: &'static str,
        if_missing: Option<Option<String>>,
        read: impl FnOnce(&Place<'a>, &mut Problems) -> Option<T>,
    ) -> Option<T> {
        #[cfg(test)]
        asked::note(self.what, name, if_missing.is_some());
        self.asked.push(name);
        match (self.find(name), if_missing) {
            (Some(place), _) => read(&place, self.problems),
            (None, Some(hint)) => {
                self.missing.push((name, hint));
                None
            }
            (None, None) => None,
        }
    }

    /// How many problems there are so far, of the whole document.
    pub(crate) fn problems_so_far(&self) -> usize {
        self.problems.len()
    }

    /// A problem with one field that only shows beside another.
    pub(crate) fn report(&mut self, name: &str, message: impl Into<String>, hint: &str) {
        // What it stands beside may be written elsewhere.
        if self.problems.are_in_part() {
            return;
        }
        let place = self.find(name).unwrap_or_else(|| self.place.clone());
        self.problems
            .push(place.error(message).hint(hint.to_owned()));
    }

    /// A problem with the map as a whole.
    pub(crate) fn problem(&mut self, problem: Problem) {
        if !self.problems.are_in_part() {
            self.problems.push(problem);
        }
    }

    /// A field that means something elsewhere and cannot hold here.
    pub(crate) fn refuse(&mut self, name: &'static str, message: &str, hint: &str) {
        if let Some(place) = self.find(name) {
            self.problems
                .push(place.error(message).hint(hint.to_owned()));
            self.refused.push(name);
        }
    }

    /// Names the fields that nobody asked for, and the missing ones.
    pub(crate) fn finish(mut self) {
        let mut meant = Vec::new();
        for (key, _) in self.entries {
            let name = key.name.as_str();
            if self.asked.contains(&name) || self.refused.contains(&name) {
                continue;
            }
            let known = quote_all(&self.asked);
            let guess = closest(&key.name, &self.asked);
            meant.extend(guess);
            let hint = match guess {
                Some(guess) => format!("did you mean `{guess}`?\nknown are {known}"),
                None => format!("known are {known}"),
            };
            let message = format!("{} is not a field of {}", quote(&key.name), self.what);
            let problem = self.place.error_at_key(message);
            self.problems.push(problem.at(key.at).hint(hint));
        }
        // A misspelt field is one mistake, not also a missing one.
        for (name, hint) in std::mem::take(&mut self.missing) {
            if meant.contains(&name) || self.problems.are_in_part() {
                continue;
            }
            let problem = self.place.error_at_key(format!("`{name}` is missing"));
            self.problems.push(Problem { hint, ..problem });
        }
    }
}

/// A list, read item by item.
pub(crate) fn list_of<'a, T>(
    read: impl Fn(&Place<'a>, &mut Problems) -> Option<T>,
) -> impl FnOnce(&Place<'a>, &mut Problems) -> Option<Vec<T>> {
    move |place, problems| match &place.node.value {
        Value::List(items) => {
            let read: Vec<Option<T>> = items
                .iter()
                .enumerate()
                .map(|(index, item)| read(&place.item(index, item), problems))
                .collect();
            read.into_iter().collect()
        }
        Value::String(text) => {
            let hint = format!("write a list of one: `[{text}]`");
            problems.push(place.wrong_kind("a list").hint(hint));
            None
        }
        _ => {
            problems.push(place.wrong_kind("a list"));
            None
        }
    }
}

/// A list of at most so many items.
pub(crate) fn list_up_to<'a, T>(
    length_max: usize,
    read: impl Fn(&Place<'a>, &mut Problems) -> Option<T>,
) -> impl FnOnce(&Place<'a>, &mut Problems) -> Option<Vec<T>> {
    move |place, problems| match &place.node.value {
        Value::List(items) if items.len() > length_max => {
            let length = items.len();
            let message = format!("has {length} items, and at most {length_max} are read");
            problems.push(place.error(message));
            None
        }
        _ => list_of(read)(place, problems),
    }
}

/// What was asked for while the tests ran, to hold the schema to it.
#[cfg(test)]
pub(crate) mod asked {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    /// For each map, its fields and whether they are required.
    pub(crate) type Asked = BTreeMap<&'static str, BTreeMap<&'static str, bool>>;

    thread_local! {
        static ASKED: RefCell<Asked> = const { RefCell::new(BTreeMap::new()) };
    }

    pub(super) fn note(what: &'static str, name: &'static str, required: bool) {
        ASKED.with_borrow_mut(|asked| {
            asked.entry(what).or_default().insert(name, required);
        });
    }

    /// Everything asked for on this thread.
    pub(crate) fn everything() -> Asked {
        ASKED.with_borrow(Clone::clone)
    }
}
