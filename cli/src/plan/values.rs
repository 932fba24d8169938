//! Values as text: as YAML, and one by one.

use serde_json::Value as Json;

use crate::lines::COLUMNS;

/// A map as YAML.
pub(super) fn yaml(json: &Json) -> String {
    let mut text = String::new();
    write(json, 0, &mut text);
    text
}

fn write(json: &Json, indent: usize, text: &mut String) {
    let Json::Object(fields) = json else {
        return;
    };
    // Gates first, as people write them.
    let (first, rest): (Vec<_>, Vec<_>) = fields.iter().partition(|(key, _)| *key == "gates");
    for (key, value) in first.into_iter().chain(rest) {
        text.push_str(&format!("{}{}:", " ".repeat(indent), scalar(key)));
        write_value(value, indent, text);
    }
}

/// What stands behind a key or a dash.
fn write_value(value: &Json, indent: usize, text: &mut String) {
    let flow = flow(value);
    let fits = indent + 30 + flow.chars().count() <= COLUMNS;
    match value {
        Json::Object(fields) if !fields.is_empty() && !fits => {
            text.push('\n');
            write(value, indent + 2, text);
        }
        Json::Array(items) if items.iter().any(Json::is_object) || (!items.is_empty() && !fits) => {
            text.push('\n');
            for item in items {
                write_item(item, indent + 2, text);
            }
        }
        _ => text.push_str(&format!(" {flow}\n")),
    }
}

fn write_item(item: &Json, indent: usize, text: &mut String) {
    let dash = format!("{}- ", " ".repeat(indent));
    let Json::Object(_) = item else {
        text.push_str(&format!("{dash}{}\n", flow(item)));
        return;
    };
    let mut own = String::new();
    write(item, indent + 2, &mut own);
    // The dash stands in the place of the first line's indentation.
    text.push_str(&dash);
    text.push_str(own.trim_start());
}

/// A value on one line.
fn flow(json: &Json) -> String {
    match json {
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Json::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{}: {}", scalar(key), flow(value)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Json::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// Text as YAML has it, in quotes where it could be taken for something else.
fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./%".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_word = ["true", "false", "null"].contains(&text.to_ascii_lowercase().as_str());
    let is_length = text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_alphabetic() || c == '%');
    if (begins || is_length) && !is_word && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        Json::String(text.to_owned()).to_string()
    }
}

/// A value on one line, for lists of values.
pub(super) fn short(json: &Json) -> String {
    flow(json)
}

/// All values of a document with their paths: `stages.prod.gates[0].bake.for`.
pub(super) fn leaves(json: &Json) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect("", json, &mut found);
    found
}

fn collect(path: &str, json: &Json, found: &mut Vec<(String, String)>) {
    match json {
        Json::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                collect(&path, value, found);
            }
        }
        Json::Array(items) if items.iter().any(|item| item.is_object()) => {
            for item in items {
                collect(&format!("{path}[{}]", called(item)), item, found);
            }
        }
        _ => found.push((path.to_owned(), flow(json))),
    }
}

/// What an item is called where it stands: a gate by its name.
fn called(item: &Json) -> String {
    let gate = item.as_object().filter(|fields| fields.len() == 1);
    let gate = gate.and_then(|fields| fields.iter().next());
    let own = |json: &Json| json.get("name").and_then(Json::as_str).map(str::to_owned);
    match gate {
        Some((kind, settings)) => own(settings).unwrap_or_else(|| kind.clone()),
        None => own(item).unwrap_or_else(|| flow(item)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sluice_core::tree::Node;

    use super::*;

    #[test]
    fn what_is_written_as_yaml_reads_as_the_same() {
        let value = json!({
            "gates": [
                { "bake": { "for": "1h", "alarms": ["a b", "no", "5", { "name": "x", "region": "eu-west-1", "role": "arn:aws:iam::111122223333:role/sluice/read" }] } },
                { "clear": { "alarms": ["true", "*a", "a: b", "# c"], "empty": [], "none": {} } },
            ],
            "stop_others": true,
            "on_fail": { "roll_back": "stage", "notify": ["team"] },
        });
        let text = yaml(&value);
        assert_eq!(Node::from_yaml(&text).unwrap().to_json(), value, "{text}");
    }
}
