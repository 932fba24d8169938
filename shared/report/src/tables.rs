//! Tables of settings, readings and sources, each of bounded length.

use maud::{Markup, html};
use serde_json::Value;
use sluice_core::evidence::{Evidence, Source};

use crate::times::Clock;

/// Rows of a table before it is cut.
pub(crate) const ROWS_MAX: usize = 200;

/// A table, and how much of it was cut.
pub(crate) fn table(caption: &str, heads: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody {
                    @for row in rows.iter().take(ROWS_MAX) {
                        tr {
                            @for (index, cell) in row.iter().enumerate() {
                                @if index == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
        @if rows.len() > ROWS_MAX {
            p.cut {
                (ROWS_MAX) " of " (rows.len()) " rows are shown; all are in the JSON below."
            }
        }
    }
}

/// The settings, one a line.
pub(crate) fn settings(caption: &str, settings: &Value) -> Markup {
    let mut found = Vec::new();
    flatten("", settings, &mut found);
    let rows: Vec<Vec<Markup>> = found
        .into_iter()
        .map(|(name, value)| vec![html! { code { (name) } }, html! { (value) }])
        .collect();
    table(caption, &["Setting", "Value"], &rows)
}

/// The values in a document, each with the way to it.
fn flatten(way: &str, value: &Value, found: &mut Vec<(String, String)>) {
    let below = |name: &str| match way {
        "" => name.to_owned(),
        way => format!("{way}.{name}"),
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                flatten(&below(name), value, found);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                flatten(&format!("{way}[{}]", index + 1), value, found);
            }
        }
        Value::String(text) => found.push((way.to_owned(), text.clone())),
        Value::Null => {}
        other => found.push((way.to_owned(), other.to_string())),
    }
}

/// Where the readings came from.
pub(crate) fn sources(evidence: &Evidence, clock: Clock) -> Markup {
    if evidence.sources.is_empty() {
        return html! { p { "No reading led to this answer." } };
    }
    let rows: Vec<Vec<Markup>> = evidence
        .sources
        .iter()
        .map(|source| {
            vec![
                html! { code { (source.operation) } },
                html! { (place(source)) },
                clock.moment(source.at),
            ]
        })
        .collect();
    table(
        "Where the readings came from",
        &["Call", "Place", "Read at"],
        &rows,
    )
}

fn place(source: &Source) -> String {
    let region = source.place.region.as_deref();
    let region = region.unwrap_or("the function's region");
    match &source.place.role {
        Some(role) => format!("{region}, as {role}"),
        None => region.to_owned(),
    }
}
