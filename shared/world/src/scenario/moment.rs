//! Moments and lengths of time as a scenario writes them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::fmt::friendly::SpanParser;
use jiff::{SignedDuration, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

/// When the deployment of a stage ended, for each stage deployed so far.
pub type Marks = BTreeMap<String, Timestamp>;

/// A length of time, never negative: `90s`, `30m`, `1h30m`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Length(pub SignedDuration);

impl Length {
    /// A length of so many seconds.
    pub const fn seconds(seconds: u32) -> Length {
        Length(SignedDuration::from_secs(seconds as i64))
    }

    /// Whole milliseconds.
    pub fn as_milliseconds(self) -> i64 {
        i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX)
    }
}

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Length, String> {
        let length = signed(text)
            .ok_or_else(|| format!("`{text}` is no length of time: write it like 90s or 1h30m"))?;
        if length.is_negative() {
            return Err(format!("`{text}` is negative: a length of time is not"));
        }
        Ok(Length(length))
    }
}

/// A point in time, written from something known: the beginning of the
/// release (`12m`, `-2h`), the end of a stage's deployment (`prod`,
/// `prod + 12m`), or the calendar (`2026-03-03T09:00:00Z`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// So long after the beginning of the release; before it if negative.
    Offset(SignedDuration),
    /// So long after the deployment of a stage ended.
    AfterStage {
        /// The stage's name.
        stage: String,
        /// How long after; before it if negative.
        offset: SignedDuration,
    },
    /// This moment.
    At(Timestamp),
}

impl Moment {
    /// The beginning of the release.
    pub const BEGIN: Moment = Moment::Offset(SignedDuration::ZERO);

    /// The moment in the world's time; `None` while its stage has not been
    /// deployed.
    pub fn resolve(&self, begin: Timestamp, marks: &Marks) -> Option<Timestamp> {
        let (from, offset) = match self {
            Moment::At(moment) => return Some(*moment),
            Moment::Offset(offset) => (begin, *offset),
            Moment::AfterStage { stage, offset } => (*marks.get(stage)?, *offset),
        };
        from.checked_add(offset).ok()
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Moment, String> {
        let text = text.trim();
        if let Ok(moment) = text.parse() {
            return Ok(Moment::At(moment));
        }
        if let Some(offset) = signed(text) {
            return Ok(Moment::Offset(offset));
        }
        let (stage, offset) = if let Some((stage, offset)) = text.split_once('+') {
            (stage, signed(offset))
        } else if let Some((stage, offset)) = text.rsplit_once(" - ") {
            (stage, signed(offset).map(|offset| -offset))
        } else {
            (text, Some(SignedDuration::ZERO))
        };
        let stage = stage.trim();
        match offset {
            Some(offset) if is_stage_name(stage) => Ok(Moment::AfterStage {
                stage: stage.to_owned(),
                offset,
            }),
            _ => Err(format!(
                "`{text}` is no moment: write 12m or -2h from the beginning, `prod + 12m` after a stage's deployment, or 2026-03-03T09:00:00Z"
            )),
        }
    }
}

/// What CodePipeline allows as the name of a stage, but not digits alone:
/// those are a number whose unit was forgotten.
fn is_stage_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".@_-".contains(c);
    !text.is_empty() && text.chars().all(allowed) && text.contains(|c: char| c.is_alphabetic())
}

fn signed(text: &str) -> Option<SignedDuration> {
    static PARSER: SpanParser = SpanParser::new();
    PARSER.parse_duration(text.trim()).ok()
}

/// Reads a text, and refuses a bare number with the advice to give it a unit.
struct TextWithUnit<T>(&'static str, std::marker::PhantomData<T>);

impl<T: FromStr<Err = String>> Visitor<'_> for TextWithUnit<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        if text.trim().parse::<f64>().is_ok() {
            return Err(no_unit(text.trim()));
        }
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        Err(no_unit(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        Err(no_unit(number))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
        Err(no_unit(number))
    }
}

fn no_unit<E: de::Error>(number: impl fmt::Display) -> E {
    E::custom(format!("`{number}` has no unit: write {number}s"))
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Length, D::Error> {
        let visitor = TextWithUnit("a length of time like 90s", std::marker::PhantomData);
        deserializer.deserialize_any(visitor)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        let visitor = TextWithUnit(
            "a moment like 12m or `prod + 12m`",
            std::marker::PhantomData,
        );
        deserializer.deserialize_any(visitor)
    }
}

impl JsonSchema for Length {
    fn schema_name() -> Cow<'static, str> {
        "Length".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "a length of time: `90s`, `30m`, `1h30m`"})
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "from the beginning of the release (`12m`, `-2h`), after a stage's deployment (`prod + 12m`), or a time (`2026-03-03T09:00:00Z`)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Length, Marks, Moment};
    use jiff::Timestamp;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let begin: Timestamp = "2026-03-03T09:00:00Z".parse().expect("it is right");
        let marks = Marks::from([(
            "prod-1".to_owned(),
            "2026-03-03T09:10:00Z".parse().expect("it is right"),
        )]);
        let moment: Moment = text.parse().expect("it is right");
        let resolved = moment.resolve(begin, &marks).map(|at| at.to_string());
        assert_eq!(resolved.as_deref(), expected);
    }

    #[test]
    fn moments_count_from_the_beginning_a_stage_or_the_calendar() {
        check("12m", Some("2026-03-03T09:12:00Z"));
        check("-2h", Some("2026-03-03T07:00:00Z"));
        check("prod-1", Some("2026-03-03T09:10:00Z"));
        check("prod-1 + 1h30m", Some("2026-03-03T10:40:00Z"));
        check("prod-1 - 5m", Some("2026-03-03T09:05:00Z"));
        check("2026-01-01T00:00:00Z", Some("2026-01-01T00:00:00Z"));
    }

    #[test]
    fn a_stage_not_yet_deployed_gives_no_moment() {
        check("prod-2 + 12m", None);
    }

    #[test]
    fn nonsense_and_forgotten_units_are_refused() {
        for text in ["", "12", "prod + 12", "prod + x", "a b"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
        assert_eq!(
            "-5m".parse::<Length>().expect_err("it is wrong"),
            "`-5m` is negative: a length of time is not"
        );
    }
}
