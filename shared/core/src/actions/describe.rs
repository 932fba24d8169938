//! What a property is called and what is said about it, from the schema of
//! plans: the doc comment of the setting that it stands for.

use serde_json::Value as Json;

use super::table::{Row, Stands, Table};
use super::{DESCRIPTION_CHARACTERS_MAX, Property};

/// The properties of an action type. `schema` is that of plans.
pub(super) fn properties(table: &Table, schema: &Json) -> Vec<Property> {
    let property = |row: &Row| Property {
        name: row.name,
        description: description(row, table, schema),
        required: false,
        key: false,
        secret: false,
        kind: "String",
        example: row.example,
    };
    table.rows.iter().map(property).collect()
}

fn description(row: &Row, table: &Table, schema: &Json) -> String {
    let kind = table.kind.unwrap_or_default();
    match row.stands {
        Stands::Gate => {
            format!("Name of the gate in the plan, or for the settings here. Default: {kind}.")
        }
        Stands::Service => "The service that is released, as its plan calls it.".to_owned(),
        Stands::Plan => "Path of the plan in the input artifact. Default: sluice.yaml.".to_owned(),
        Stands::Others => {
            let text = "Any other settings of the gate, as a map in YAML or JSON.";
            with(text, &format!("For instance: {}", row.example))
        }
        Stands::Setting(name) | Stands::List(name) => of_setting(row, kind, name, schema),
    }
}

fn of_setting(row: &Row, kind: &str, name: &str, schema: &Json) -> String {
    let property = property(kind, name, schema)
        .unwrap_or_else(|| panic!("the schema of `{kind}` has no setting `{name}`"));
    let text = property["description"].as_str().unwrap_or_default();
    let text = sentences(text, DESCRIPTION_CHARACTERS_MAX);
    match words(property, schema).as_slice() {
        [] => with(&text, &format!("For instance: {}", row.example)),
        words => with(&text, &format!("One of: {}", words.join(", "))),
    }
}

/// A setting in the schema of plans.
pub(super) fn property<'s>(kind: &str, name: &str, schema: &'s Json) -> Option<&'s Json> {
    let mut letters = kind.chars();
    let first = letters.next()?.to_ascii_uppercase();
    let of = &schema["$defs"][format!("{first}{}", letters.as_str())];
    of["properties"].get(name)
}

/// The words that a setting may be, where it is one of several.
fn words<'s>(property: &'s Json, schema: &'s Json) -> Vec<&'s str> {
    let meant = property["$ref"]
        .as_str()
        .and_then(|place| schema.pointer(place.strip_prefix('#')?));
    let choices = meant.and_then(|meant| meant["oneOf"].as_array());
    let word = |choice: &'s Json| choice["const"].as_str();
    choices.map_or_else(Vec::new, |choices| {
        choices.iter().filter_map(word).collect()
    })
}

/// A text with another behind it, if both fit.
fn with(text: &str, more: &str) -> String {
    let both = format!("{text} {more}");
    if both.chars().count() <= DESCRIPTION_CHARACTERS_MAX {
        return both;
    }
    text.to_owned()
}

/// As many sentences as fit; of a first one that does not fit, its words.
pub(super) fn sentences(text: &str, characters_max: usize) -> String {
    const CUT: &str = " ...";
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = |text: &str, room: usize| text.chars().count() <= room;
    let ends = text.match_indices(". ").map(|(at, _)| at + 1);
    let whole = ends.chain([text.len()]).map(|end| &text[..end]);
    if let Some(kept) = whole.filter(|part| fits(part, characters_max)).last() {
        return kept.to_owned();
    }
    let words = text.match_indices(' ').map(|(at, _)| &text[..at]);
    let room = characters_max - CUT.len();
    let kept = words.rev().find(|part| fits(part, room));
    format!("{}{CUT}", kept.unwrap_or_default())
}
