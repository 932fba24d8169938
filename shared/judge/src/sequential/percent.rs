//! Shares as people write them: `10%`, `0.1%`, `100%`.
//!
//! A number without the sign is refused: whether `10` or `0.1` was meant by
//! ten percent cannot be known, and the two differ by a factor of a hundred.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// A percentage, finite and at least 0. May be above 100.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Percent {
    percent: f64,
}

/// Why a text is no percentage.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is no percentage; write it with the sign, as `10%`")]
pub struct NotAPercentage {
    /// What was written.
    pub text: String,
}

impl Percent {
    /// So many percent; negative or not finite is 0.
    pub const fn new(percent: f64) -> Percent {
        Percent {
            percent: if percent > 0.0 && percent.is_finite() {
                percent
            } else {
                0.0
            },
        }
    }

    /// As a share: `10%` is 0.1.
    pub fn share(self) -> f64 {
        self.percent / 100.0
    }
}

impl FromStr for Percent {
    type Err = NotAPercentage;

    fn from_str(text: &str) -> Result<Percent, NotAPercentage> {
        let digits = text.trim().strip_suffix('%').map(str::trim_end);
        let plain = |digits: &&str| {
            digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
        };
        digits
            .filter(plain)
            .and_then(|digits| digits.parse::<f64>().ok())
            .filter(|percent| percent.is_finite())
            .map(Percent::new)
            .ok_or_else(|| NotAPercentage {
                text: text.to_owned(),
            })
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}%", self.percent)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Percent, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Percent;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a percentage with its sign, as `10%`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Percent, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// Differences that never matter: a share of requests for counts (`0.1%`), a
/// number in the metric's units for series (`5`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Floor {
    /// Events per request.
    Share(Percent),
    /// In the metric's units.
    Units(f64),
}

impl FromStr for Floor {
    type Err = NotAPercentage;

    fn from_str(text: &str) -> Result<Floor, NotAPercentage> {
        if let Ok(share) = text.parse() {
            return Ok(Floor::Share(share));
        }
        let units = text
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|units| units.is_finite() && *units >= 0.0);
        units.map(Floor::Units).ok_or_else(|| NotAPercentage {
            text: text.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str) {
        assert!(text.parse::<Percent>().is_err(), "{text}");
    }

    #[test]
    fn percentages_are_read_and_written_alike() {
        for text in ["10%", "0.1%", "100%", "0%", "250%"] {
            assert_eq!(text.parse::<Percent>().expect("valid").to_string(), text);
        }
        assert_eq!("10%".parse::<Percent>().expect("valid").share(), 0.1);
    }

    #[test]
    fn number_without_the_sign_is_refused() {
        refused("10");
        refused("0.1");
        assert!(serde_json::from_str::<Percent>("0.1").is_err());
    }

    #[test]
    fn negative_infinite_and_empty_percentages_are_refused() {
        refused("-10%");
        refused("inf%");
        refused("NaN%");
        refused("%");
        refused("");
        refused("1e400%");
    }

    #[test]
    fn floor_is_a_share_with_the_sign_and_units_without() {
        assert_eq!(
            "0.1%".parse::<Floor>().expect("valid"),
            Floor::Share(Percent::new(0.1))
        );
        assert_eq!("5".parse::<Floor>().expect("valid"), Floor::Units(5.0));
        assert!("-5".parse::<Floor>().is_err());
        assert_eq!(
            serde_json::from_str::<Floor>("\"0.1%\"").expect("valid"),
            Floor::Share(Percent::new(0.1))
        );
        assert_eq!(
            serde_json::from_str::<Floor>("5").expect("valid"),
            Floor::Units(5.0)
        );
    }
}
