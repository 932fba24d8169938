//! YAML text to nodes. The only place that names the parser.
//!
//! The parser's bounds are set tight, a plan being a small document: they end
//! alias bombs and deep nests long before they cost memory. Only `true` and
//! `false` are taken for booleans, so that `on_fail: { roll_back: no }` and
//! `release_check: off` are read as the words they are.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Error, Location, MessageFormatter, Spanned, UserMessageFormatter};

use super::{DEPTH_MAX, Key, NODES_MAX, Node, Number, Position, Value};
use crate::problems::Problem;

pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let raw: Spanned<Raw> =
        serde_saphyr::from_str_with_options(text, options()).map_err(|error| explain(&error))?;
    let mut nodes_left = NODES_MAX;
    convert(raw, text, &mut nodes_left)
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEPTH_MAX,
            flow_nesting_limit: DEPTH_MAX,
            max_nodes: NODES_MAX,
            max_events: NODES_MAX * 2,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_merge_keys: 1_000,
            max_recorded_anchor_events: NODES_MAX * 2,
            max_documents: 2,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: NODES_MAX * 2,
            max_replay_stack_depth: DEPTH_MAX,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        reject_unsupported_tags: true,
        strict_booleans: true,
        with_snippet: false,
    }
}

/// The parser's own view of a document, before texts are looked up.
enum Raw {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        #[expect(clippy::cast_precision_loss, reason = "nothing counts beyond 2^63")]
        Ok(i64::try_from(value).map_or(Raw::Float(value as f64), Raw::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

fn convert(raw: Spanned<Raw>, text: &str, nodes_left: &mut usize) -> Result<Node, Problem> {
    let at = position(raw.referenced);
    *nodes_left = nodes_left
        .checked_sub(1)
        .ok_or_else(|| super::too_many_nodes().at(at))?;
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(value) => Value::Bool(value),
        Raw::Text(value) => Value::String(value),
        Raw::Integer(integer) => Value::Number(Number {
            text: written(raw.defined, text).unwrap_or_else(|| integer.to_string()),
            integer: Some(integer),
            #[expect(clippy::cast_precision_loss, reason = "documented as rounded")]
            float: integer as f64,
        }),
        Raw::Float(float) => Value::Number(Number {
            text: written(raw.defined, text).unwrap_or_else(|| float.to_string()),
            integer: None,
            float,
        }),
        Raw::List(items) => Value::List(
            items
                .into_iter()
                .map(|item| convert(item, text, nodes_left))
                .collect::<Result<_, _>>()?,
        ),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, entry)| {
                    let key = Key {
                        at: position(key.referenced),
                        name: key.value,
                    };
                    Ok((key, convert(entry, text, nodes_left)?))
                })
                .collect::<Result<_, Problem>>()?,
        ),
    };
    Ok(Node { value, at })
}

/// The text of a scalar as it stands in the document.
fn written(location: Location, text: &str) -> Option<String> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let length = usize::try_from(span.byte_len()?).ok()?;
    let slice = text.get(start..start.checked_add(length)?)?.trim();
    (!slice.is_empty()).then(|| slice.to_owned())
}

fn position(location: Location) -> Option<Position> {
    let line = u32::try_from(location.line()).ok()?;
    let column = u32::try_from(location.column()).ok()?;
    (line > 0).then_some(Position { line, column })
}

fn explain(error: &Error) -> Problem {
    let at = error.location().and_then(position);
    let mut cause = error;
    while let Error::AliasError { error, .. } | Error::WithSnippet { error, .. } = cause {
        cause = error;
    }
    let problem = match cause {
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            Problem::error(format!("`{key}` is written twice in the same map"))
                .hint("keep one of the two".to_owned())
        }
        Error::MultipleDocuments { .. } => Problem::error("a second document begins here".into())
            .hint("write one document a file: remove the `---` and what follows".to_owned()),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => Problem::error(format!(
            "the document is too large: at most {NODES_MAX} parts, aliases written out, \
             and {DEPTH_MAX} levels"
        )),
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            Problem::error("the alias stands inside of what it names".to_owned())
        }
        // Only keys are asked for as text.
        Error::Unexpected { .. } | Error::NullIntoString { .. } => {
            Problem::error("a key has to be text".to_owned())
        }
        other => {
            let message = UserMessageFormatter.format_message(other);
            Problem::error(format!(
                "this is not YAML: {}",
                message.trim_end_matches('.')
            ))
        }
    };
    problem.at(at)
}
