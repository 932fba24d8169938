//! The tables of settings in the pages of the gates, from the JSON Schema of
//! the settings' types. `make docs` writes them, a test holds the pages to them.

use std::collections::BTreeSet;

use serde_json::Value;
use sluice_core::schema::plan_schema;

/// The pages, and the type whose settings each has.
pub(crate) const PAGES: [(&str, &str); 4] = [
    ("docs/bake.md", "Bake"),
    ("docs/clear.md", "Clear"),
    ("docs/canary.md", "Canary"),
    ("docs/validate.md", "Validate"),
];

const BEGIN: &str = "<!-- settings: begin; written by `make docs` -->\n";
const END: &str = "<!-- settings: end -->";
/// A type of so few settings is written out wherever it stands.
const MANY: usize = 5;
const COLUMNS: &str =
    "| setting | what it takes | default | meaning |\n| --- | --- | --- | --- |\n";

/// The page with the tables of these types in their place.
pub(crate) fn written(page: &str, name: &str) -> String {
    let (before, rest) = page.split_once(BEGIN).unwrap_or((page, END));
    let (_, after) = rest.split_once(END).unwrap_or(("", ""));
    format!("{before}{BEGIN}{}{END}{after}", tables(name))
}

/// All tables of a type: its own, and those of what it is made of.
pub(crate) fn tables(name: &str) -> String {
    let schema = plan_schema();
    let mut writer = Writer {
        definitions: &schema["$defs"],
        places: Vec::new(),
        seen: BTreeSet::new(),
    };
    writer.find(name);
    writer.all()
}

/// A type and the first place at which it stands, such as `traffic.metric`.
struct Place {
    name: String,
    at: String,
}

struct Writer<'a> {
    definitions: &'a Value,
    places: Vec<Place>,
    seen: BTreeSet<String>,
}

impl Writer<'_> {
    /// Finds the types with settings of their own, each at the shortest place at
    /// which it stands.
    fn find(&mut self, name: &str) {
        let mut next = vec![(name.to_owned(), String::new())];
        while !next.is_empty() {
            let level = std::mem::take(&mut next);
            for (name, at) in level {
                if self.seen.insert(name.clone()) {
                    self.found(name, at, &mut next);
                }
            }
        }
        self.places.sort_by(|one, other| one.at.cmp(&other.at));
    }

    fn found(&mut self, name: String, at: String, next: &mut Vec<(String, String)>) {
        let definition = &self.definitions[&name];
        within(definition, &at, next);
        if definition["properties"].is_object() {
            self.places.push(Place { name, at });
        }
    }

    fn all(&self) -> String {
        let sections: Vec<String> = self
            .places
            .iter()
            .map(|place| self.section(place))
            .collect();
        sections.join("\n")
    }

    fn section(&self, place: &Place) -> String {
        let definition = &self.definitions[&place.name];
        let heading = match place.at.as_str() {
            "" => String::new(),
            _ => format!(
                "### {}\n\n{}\n\n",
                self.heading(place),
                folded(&definition["description"])
            ),
        };
        let part = self.part_of(place);
        let rest = part.map_or(String::new(), |part| {
            format!("\nAnd all settings of {}.\n", self.link(part))
        });
        let rows = self.rows(definition, part);
        format!("{heading}{COLUMNS}{rows}{rest}")
    }

    /// Rows of a type, those that have to be there first, without what another
    /// section has.
    fn rows(&self, definition: &Value, but: Option<&Place>) -> String {
        let but = but.map_or(
            &Value::Null,
            |place| &self.definitions[&place.name]["properties"],
        );
        let own = properties(definition).filter(|(name, _)| but[name].is_null());
        let (first, then): (Vec<_>, Vec<_>) =
            own.partition(|(name, _)| is_required(definition, name));
        let row = |(name, value): &(&String, &Value)| {
            self.row(name, value, is_required(definition, name))
        };
        first.iter().chain(&then).map(row).collect()
    }

    /// Another type of which this one has all settings.
    fn part_of(&self, place: &Place) -> Option<&Place> {
        let own = &self.definitions[&place.name]["properties"];
        let is_part = |other: &&Place| {
            let other = &self.definitions[&other.name];
            let all = properties(other).all(|(name, value)| own[name] == *value);
            all && properties(other).count() > MANY
        };
        let others = self.places.iter().filter(|other| other.name != place.name);
        others.into_iter().find(is_part)
    }

    /// `traffic`, or `alarms[]` with `name` where it is one form of several.
    fn heading(&self, place: &Place) -> String {
        let forms = self
            .places
            .iter()
            .filter(|own| own.at == place.at && own.name != place.name);
        let forms: Vec<&Value> = forms.map(|own| &self.definitions[&own.name]).collect();
        let required = self.definitions[&place.name]["required"].as_array();
        let mut words = required.into_iter().flatten().filter_map(Value::as_str);
        let own = words.find(|word| !forms.iter().any(|form| is_required(form, word)));
        match own {
            Some(word) if !forms.is_empty() => format!("`{}` with `{word}`", place.at),
            _ => format!("`{}`", place.at),
        }
    }

    fn link(&self, place: &Place) -> String {
        format!("[{}]({})", self.heading(place), self.anchor(place))
    }

    fn row(&self, name: &str, value: &Value, required: bool) -> String {
        let (meaning, said) = without_default(&folded(&value["description"]));
        let default = match (&value["default"], said) {
            _ if required => "has to be there".to_owned(),
            (_, Some(said)) => said,
            (Value::String(word), None) => format!("`{word}`"),
            (flag @ Value::Bool(_), None) => format!("`{flag}`"),
            _ => "none".to_owned(),
        };
        let meaning = [meaning.trim(), &self.words(value)].join(" ");
        let cells = [self.shape(value), default, meaning.trim().to_owned()];
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        format!("| `{name}` | {} |\n", cells.join(" | "))
    }

    /// What is written there: a text, a length of time, one of some words.
    fn shape(&self, value: &Value) -> String {
        if let Some(name) = reference(value) {
            return self.shape_of(name);
        }
        let choices = ["anyOf", "oneOf"]
            .iter()
            .find_map(|part| value[part].as_array());
        if let Some(choices) = choices {
            let shapes: Vec<String> = choices.iter().map(|choice| self.shape(choice)).collect();
            return joined(shapes);
        }
        if let Some(word) = value["const"].as_str() {
            return format!("`{word}`");
        }
        match value["type"].as_str() {
            Some("array") => format!("list of {}{}", self.shape(&value["items"]), length(value)),
            Some("object") if value["additionalProperties"].is_object() => {
                format!(
                    "map of names to {}",
                    self.shape(&value["additionalProperties"])
                )
            }
            Some("object") => {
                let own =
                    properties(value).map(|(name, own)| format!("`{name}`: {}", self.shape(own)));
                format!("map with {}", own.collect::<Vec<_>>().join(" or "))
            }
            Some("integer") => format!("whole number{}", range(value)),
            Some("number") => format!("number{}", range(value)),
            Some("boolean") => "`true`, `false`".to_owned(),
            Some("string") => text(value).to_owned(),
            _ => "any JSON".to_owned(),
        }
    }

    fn shape_of(&self, name: &str) -> String {
        let place = self.places.iter().find(|place| place.name == name);
        match (place, name) {
            (Some(place), _) => format!("map, {}", self.link(place)),
            (None, "Duration") => "time in `h`, `m`, `s`".to_owned(),
            (None, "Milliseconds") => "time in `m`, `s`, `ms`".to_owned(),
            (None, _) => self.shape(&self.definitions[name]),
        }
    }

    /// As pages of Markdown make one of a heading.
    fn anchor(&self, place: &Place) -> String {
        let heading = self.heading(place).to_lowercase().replace(' ', "-");
        let kept = heading
            .chars()
            .filter(|own| own.is_alphanumeric() || "-_".contains(*own));
        format!("#{}", kept.collect::<String>())
    }

    /// What each word or form means.
    fn words(&self, value: &Value) -> String {
        let named = reference(value).map(|name| &self.definitions[name]);
        let own = named.unwrap_or(value);
        let own = if own["items"].is_object() {
            &own["items"]
        } else {
            own
        };
        let own = reference(own).map_or(own, |name| &self.definitions[name]);
        let choices = ["anyOf", "oneOf"]
            .iter()
            .find_map(|part| own[part].as_array());
        let choices = choices.into_iter().flatten();
        let said = choices.filter_map(|choice| {
            let text = folded(&choice["description"]);
            let text = text.trim_end_matches('.');
            match choice["const"].as_str() {
                _ if text.is_empty() => None,
                Some(word) => Some(format!("`{word}`: {text}")),
                None => Some(text.to_owned()),
            }
        });
        let said = said.collect::<Vec<_>>().join("; ");
        if said.is_empty() {
            said
        } else {
            format!("{said}.")
        }
    }
}

fn properties(definition: &Value) -> impl Iterator<Item = (&String, &Value)> {
    definition["properties"].as_object().into_iter().flatten()
}

/// What kind of text it is, by what it has to look like.
fn text(value: &Value) -> &'static str {
    match value["pattern"].as_str() {
        Some(pattern) if pattern.ends_with("%$") => "share in `%`",
        Some(pattern) if pattern.ends_with("x$") => "factor, as `1.5x`",
        _ => "text",
    }
}

/// The types that a schema names, with their places.
fn within(value: &Value, at: &str, found: &mut Vec<(String, String)>) {
    if let Some(name) = reference(value) {
        found.push((name.to_owned(), at.to_owned()));
    }
    for choice in ["anyOf", "oneOf"]
        .iter()
        .filter_map(|part| value[part].as_array())
        .flatten()
    {
        within(choice, at, found);
    }
    for (setting, own) in properties(value) {
        let dot = if at.is_empty() { "" } else { "." };
        within(own, &format!("{at}{dot}{setting}"), found);
    }
    if value["items"].is_object() {
        within(&value["items"], &format!("{at}[]"), found);
    }
    if value["additionalProperties"].is_object() {
        within(&value["additionalProperties"], &format!("{at}.NAME"), found);
    }
}

/// The type that a schema refers to.
fn reference(value: &Value) -> Option<&str> {
    value["$ref"].as_str()?.strip_prefix("#/$defs/")
}

fn is_required(definition: &Value, name: &str) -> bool {
    let required = definition["required"].as_array();
    required.is_some_and(|names| names.iter().any(|own| own == name))
}

/// A description on one line.
fn folded(description: &Value) -> String {
    let text = description.as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A description, and the default that it ends with.
fn without_default(text: &str) -> (String, Option<String>) {
    match text.split_once("Default: ") {
        Some((meaning, said)) => {
            let (default, more) = said.split_once(". ").unwrap_or((said, ""));
            let default = default.trim_end_matches('.').to_owned();
            (format!("{}{more}", meaning), Some(default))
        }
        None => (text.to_owned(), None),
    }
}

/// Each shape once.
fn joined(shapes: Vec<String>) -> String {
    let mut once: Vec<String> = Vec::new();
    for shape in shapes {
        if !once.contains(&shape) {
            once.push(shape);
        }
    }
    let words = once.iter().all(|shape| shape.starts_with('`'));
    once.join(if words { ", " } else { " or " })
}

fn length(value: &Value) -> String {
    bounds(&value["minItems"], &value["maxItems"])
}

fn range(value: &Value) -> String {
    bounds(&value["minimum"], &value["maximum"])
}

fn bounds(least: &Value, most: &Value) -> String {
    match (least.as_u64(), most.as_u64()) {
        (Some(least), Some(most)) => format!(", {least} to {most}"),
        (Some(least), None) if least > 0 => format!(", at least {least}"),
        _ => String::new(),
    }
}
