//! Lengths of time as people write them: `90s`, `30m`, `12h`, `1h30m`.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::fmt::friendly::{Designator, Spacing, SpanParser, SpanPrinter};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time in whole seconds, never negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    seconds: u32,
}

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration::from_seconds(0);

    /// A length of so many seconds.
    pub const fn from_seconds(seconds: u32) -> Duration {
        Duration { seconds }
    }

    /// A length of so many minutes. Saturates.
    pub const fn from_minutes(minutes: u32) -> Duration {
        Duration {
            seconds: minutes.saturating_mul(60),
        }
    }

    /// A length of so many hours. Saturates.
    pub const fn from_hours(hours: u32) -> Duration {
        Duration {
            seconds: hours.saturating_mul(3600),
        }
    }

    /// Whole seconds.
    pub const fn as_seconds(self) -> u32 {
        self.seconds
    }

    /// The nearest length to a signed one: nothing if that is negative,
    /// fractions of a second dropped.
    pub fn from_signed(length: SignedDuration) -> Duration {
        let seconds = length.as_secs().clamp(0, i64::from(u32::MAX));
        Duration {
            seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
        }
    }

    /// `self + other`, at most the greatest length there is.
    pub const fn saturating_add(self, other: Duration) -> Duration {
        Duration {
            seconds: self.seconds.saturating_add(other.seconds),
        }
    }

    /// `self - other`, at least nothing.
    pub const fn saturating_sub(self, other: Duration) -> Duration {
        Duration {
            seconds: self.seconds.saturating_sub(other.seconds),
        }
    }

    /// `self * factor`, at most the greatest length there is.
    pub const fn saturating_mul(self, factor: u32) -> Duration {
        Duration {
            seconds: self.seconds.saturating_mul(factor),
        }
    }

    /// The `divisor`th part, rounded down to whole seconds.
    pub const fn divided_by(self, divisor: std::num::NonZeroU32) -> Duration {
        Duration {
            seconds: self.seconds / divisor.get(),
        }
    }
}

impl From<Duration> for SignedDuration {
    fn from(length: Duration) -> SignedDuration {
        SignedDuration::from_secs(i64::from(length.seconds))
    }
}

impl fmt::Display for Duration {
    /// The shortest text that reads back as the same length: `90s` is `1m30s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PRINTER: SpanPrinter = SpanPrinter::new()
            .designator(Designator::Compact)
            .spacing(Spacing::None);
        f.write_str(&PRINTER.duration_to_string(&SignedDuration::from(*self)))
    }
}

/// Why a text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// The text has no unit, as in `90`.
    #[error("`{0}` has no unit")]
    NoUnit(String),
    /// The text is negative.
    #[error("`{0}` is negative")]
    Negative(String),
    /// Finer than a second.
    #[error("`{0}` is not a whole number of seconds")]
    Fraction(String),
    /// Longer than any bake could be.
    #[error("`{0}` is out of range")]
    TooLong(String),
    /// Anything else.
    #[error("`{0}` is not a length of time")]
    Unreadable(String),
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Duration, DurationError> {
        static PARSER: SpanParser = SpanParser::new();
        let trimmed = text.trim();
        if !trimmed.is_empty() && trimmed.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DurationError::NoUnit(text.to_owned()));
        }
        let digits = trimmed.bytes().filter(u8::is_ascii_digit).count();
        let length = PARSER.parse_duration(trimmed).map_err(|_| {
            // jiff refuses numbers beyond 64 bits as it refuses nonsense.
            if digits > 12 {
                DurationError::TooLong(text.to_owned())
            } else {
                DurationError::Unreadable(text.to_owned())
            }
        })?;
        if length.is_negative() {
            Err(DurationError::Negative(text.to_owned()))
        } else if length.subsec_nanos() != 0 {
            Err(DurationError::Fraction(text.to_owned()))
        } else {
            u32::try_from(length.as_secs())
                .map(Duration::from_seconds)
                .map_err(|_| DurationError::TooLong(text.to_owned()))
        }
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "a length of time: `90s`, `30m`, `12h`, `1h30m`",
            "pattern": r"^\s*(\d+\s*[hms]\s*)+$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, DurationError};

    #[track_caller]
    fn check(text: &str, expected: Result<u32, &str>) {
        let got = text.parse::<Duration>().map(Duration::as_seconds);
        assert_eq!(
            got.map_err(|e| e.to_string()),
            expected.map_err(str::to_owned)
        );
    }

    #[test]
    fn lengths_are_read_as_people_write_them() {
        check("90s", Ok(90));
        check("30m", Ok(1800));
        check("12h", Ok(43_200));
        check("1h30m", Ok(5400));
        check("0s", Ok(0));
    }

    #[test]
    fn nonsense_is_refused_with_its_kind() {
        check("90", Err("`90` has no unit"));
        check("-5m", Err("`-5m` is negative"));
        check("1.5s", Err("`1.5s` is not a whole number of seconds"));
        check("soon", Err("`soon` is not a length of time"));
        check("", Err("`` is not a length of time"));
        check("9999999999h", Err("`9999999999h` is out of range"));
        check(
            "99999999999999999999999h",
            Err("`99999999999999999999999h` is out of range"),
        );
    }

    #[test]
    fn what_is_written_reads_back() {
        for seconds in [0, 1, 59, 60, 90, 3600, 86_399, 12_345_678] {
            let length = Duration::from_seconds(seconds);
            assert_eq!(length.to_string().parse(), Ok::<_, DurationError>(length));
        }
    }
}
