//! Short lengths of time as people write them: `300ms`, `2s`, `1m30s`.

use std::fmt;

use jiff::fmt::friendly::SpanParser;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// A length of time in whole milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Milliseconds(pub u32);

impl Milliseconds {
    /// Reads `300ms`, `2s`, `1m30s`; nothing without a unit, negative, or
    /// finer than a millisecond.
    pub fn read(text: &str) -> Option<Milliseconds> {
        static PARSER: SpanParser = SpanParser::new();
        let length = PARSER.parse_duration(text.trim()).ok()?;
        if length.is_negative() || length.subsec_micros() % 1000 != 0 {
            return None;
        }
        u32::try_from(length.as_millis()).ok().map(Milliseconds)
    }
}

impl From<Milliseconds> for std::time::Duration {
    fn from(length: Milliseconds) -> std::time::Duration {
        std::time::Duration::from_millis(u64::from(length.0))
    }
}

impl fmt::Display for Milliseconds {
    /// A text that reads back as the same length: `300ms`, `2s`, `2s500ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 1000, self.0 % 1000) {
            (0, rest) => write!(f, "{rest}ms"),
            (seconds, 0) => write!(f, "{}", crate::Duration::from_seconds(seconds)),
            (seconds, rest) => {
                write!(f, "{}{rest}ms", crate::Duration::from_seconds(seconds))
            }
        }
    }
}

impl Serialize for Milliseconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Milliseconds {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Milliseconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "a short length of time: `300ms`, `2s`, `1m30s`",
            "pattern": r"^\s*(\d+\s*(h|m|s|ms)\s*)+$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Milliseconds;

    #[test]
    fn short_lengths_are_read_as_people_write_them_and_read_back() {
        for (text, expected) in [
            ("300ms", 300),
            ("2s", 2000),
            ("1m30s", 90_000),
            ("2s500ms", 2500),
        ] {
            let read = Milliseconds::read(text).unwrap();
            assert_eq!(read, Milliseconds(expected));
            assert_eq!(read.to_string(), text);
        }
        for text in ["2", "-2s", "soon", "0.5ms", ""] {
            assert_eq!(Milliseconds::read(text), None, "{text}");
        }
    }
}
