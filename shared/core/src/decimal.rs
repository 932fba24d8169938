//! Numbers as people write them in settings, kept exactly: `0.1%`, `1.5x`, `5`.
//!
//! A share without its sign is refused: whether `10` or `0.1` was meant by ten
//! percent cannot be known, and the two differ by a factor of a hundred.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// Digits behind the point that are kept.
const DIGITS: usize = 6;
const ONE: u64 = 1_000_000;

/// The largest number: with its six digits it is still exact as a float.
const WHOLE_MAX: u64 = 1_000_000_000;

/// A number from 0 to a billion with at most six digits behind the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal {
    millionths: u64,
}

impl Decimal {
    /// A whole number.
    pub const fn whole(number: u32) -> Decimal {
        Decimal {
            millionths: number as u64 * ONE,
        }
    }

    /// Reads `12` or `0.1`; nothing with a sign or an exponent.
    pub fn read(text: &str) -> Option<Decimal> {
        let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_digits(whole) || !is_digits(rest) || rest.len() > DIGITS {
            return None;
        }
        let whole: u64 = whole.parse().ok().filter(|whole| *whole <= WHOLE_MAX)?;
        let rest: u64 = format!("{rest:0<DIGITS$}").parse().ok()?;
        Some(Decimal {
            millionths: whole * ONE + rest,
        })
    }

    /// By which share it is more than one: of 1.2, `20%`.
    pub fn share_above_one(self) -> Option<Percent> {
        let millionths = self.millionths.checked_sub(ONE)? * 100;
        Some(Percent(Decimal { millionths }))
    }

    /// By which share one is more than it: of 0.8, `25%`, rounded down.
    pub fn share_below_one(self) -> Option<Percent> {
        let below = ONE.checked_sub(self.millionths)?;
        let millionths = (below * 100 * ONE).checked_div(self.millionths)?;
        Some(Percent(Decimal { millionths }))
    }

    /// Its value.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a billion of millionths is below 2^53"
    )]
    pub fn value(self) -> f64 {
        self.millionths as f64 / ONE as f64
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.millionths / ONE, self.millionths % ONE);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let rest = format!("{rest:0>DIGITS$}");
        write!(f, "{whole}.{}", rest.trim_end_matches('0'))
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.millionths.is_multiple_of(ONE) {
            serializer.serialize_u64(self.millionths / ONE)
        } else {
            serializer.serialize_f64(self.value())
        }
    }
}

impl JsonSchema for Decimal {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Decimal".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0 })
    }
}

/// A number with a sign behind it, which is a text.
macro_rules! with_sign {
    ($(#[$about:meta])* $name:ident, $sign:literal, $pattern:literal) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Decimal);

        impl $name {
            /// Reads the number with its sign.
            pub fn read(text: &str) -> Option<$name> {
                Decimal::read(text.strip_suffix($sign)?).map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{}", $sign), self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

with_sign!(
    /// A share as people write it: `10%`.
    Percent, "%", r"^[0-9]+(\.[0-9]{1,6})?%$"
);
with_sign!(
    /// A factor as people write it: `1.5x`.
    Times, "x", r"^[0-9]+(\.[0-9]{1,6})?x$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_as_they_are_written() {
        for text in ["0", "0.1", "12.000001", "1000000000"] {
            let number = Decimal::read(text).expect(text);
            assert_eq!(number.to_string(), text);
            let json = serde_json::to_string(&number).expect("a number is JSON");
            assert_eq!(Decimal::read(&json), Some(number), "{json}");
        }
        assert_eq!(Decimal::read("1.50"), Decimal::read("1.5"));
    }

    #[test]
    fn what_is_no_such_number_is_refused() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "0.0000001",
            "1000000001",
            "nan",
        ] {
            assert_eq!(Decimal::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_ratio_is_as_much_worse_one_way_as_the_other() {
        let number = |text| Decimal::read(text).expect("a number");
        assert_eq!(number("1.2").share_above_one(), Percent::read("20%"));
        assert_eq!(number("0.8").share_below_one(), Percent::read("25%"));
        assert_eq!(number("0.7").share_below_one(), Percent::read("42.857142%"));
        assert_eq!(number("0.8").share_above_one(), None);
        assert_eq!(number("1.2").share_below_one(), None);
        assert_eq!(number("0").share_below_one(), None);
    }

    #[test]
    fn a_sign_has_to_be_there() {
        assert_eq!(Percent::read("0.1%").expect("a share").to_string(), "0.1%");
        assert_eq!(Times::read("1.5x").expect("a factor").to_string(), "1.5x");
        assert_eq!(Percent::read("10"), None);
        assert_eq!(Percent::read("10 %"), None);
        assert_eq!(Times::read("x"), None);
    }
}
