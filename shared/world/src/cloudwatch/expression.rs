//! Metric math, the simple part: `+ - * /`, parentheses, numbers and the ids
//! of other queries.

use std::collections::BTreeMap;

/// Values by their time, in milliseconds since 1970.
pub(super) type Values = BTreeMap<i64, f64>;

/// Why deep: AWS allows 2,048 characters; a parser that recurses needs some
/// limit of its own.
const DEPTH_MAX: usize = 100;

/// An expression that parsed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Number(f64),
    Id(String),
    Binary(Box<Expression>, Operator, Box<Expression>),
}

/// What joins two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// The value of an expression: the same always, or one at each time.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Computed {
    Scalar(f64),
    Series(Values),
}

impl Expression {
    /// Reads an expression; the error is half a sentence.
    pub(super) fn parse(text: &str) -> Result<Expression, String> {
        let mut parser = Parser {
            rest: text.trim_start(),
            depth: 0,
        };
        let expression = parser.sum()?;
        match parser.rest {
            "" => Ok(expression),
            rest => Err(format!("`{rest}` is not understood")),
        }
    }

    /// The ids it refers to.
    pub(super) fn ids(&self) -> Vec<&str> {
        match self {
            Expression::Number(_) => Vec::new(),
            Expression::Id(id) => vec![id],
            Expression::Binary(left, _, right) => [left.ids(), right.ids()].concat(),
        }
    }

    /// Its value, given those of the ids; an id that is not given has none.
    pub(super) fn compute(&self, given: &BTreeMap<&str, Values>) -> Computed {
        match self {
            Expression::Number(number) => Computed::Scalar(*number),
            Expression::Id(id) => {
                Computed::Series(given.get(id.as_str()).cloned().unwrap_or_default())
            }
            Expression::Binary(left, operator, right) => {
                operator.join(left.compute(given), right.compute(given))
            }
        }
    }
}

impl Operator {
    fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Operator::Add => left + right,
            Operator::Subtract => left - right,
            Operator::Multiply => left * right,
            Operator::Divide => left / right,
        }
    }

    /// Times at which one side has no value have none; neither has a division
    /// by zero.
    fn join(self, left: Computed, right: Computed) -> Computed {
        let pairs: Vec<(i64, f64)> = match (left, right) {
            (Computed::Scalar(left), Computed::Scalar(right)) => {
                return Computed::Scalar(self.apply(left, right));
            }
            (Computed::Series(left), Computed::Scalar(right)) => left
                .into_iter()
                .map(|(at, left)| (at, self.apply(left, right)))
                .collect(),
            (Computed::Scalar(left), Computed::Series(right)) => right
                .into_iter()
                .map(|(at, right)| (at, self.apply(left, right)))
                .collect(),
            (Computed::Series(left), Computed::Series(right)) => {
                let both = |(at, left): (i64, f64)| Some((at, self.apply(left, *right.get(&at)?)));
                left.into_iter().filter_map(both).collect()
            }
        };
        let finite = pairs.into_iter().filter(|(_, value)| value.is_finite());
        Computed::Series(finite.collect())
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn sum(&mut self) -> Result<Expression, String> {
        self.chain(
            &[('+', Operator::Add), ('-', Operator::Subtract)],
            Parser::product,
        )
    }

    fn product(&mut self) -> Result<Expression, String> {
        self.chain(
            &[('*', Operator::Multiply), ('/', Operator::Divide)],
            Parser::operand,
        )
    }

    fn chain(
        &mut self,
        operators: &[(char, Operator)],
        operand: impl Fn(&mut Self) -> Result<Expression, String>,
    ) -> Result<Expression, String> {
        let mut left = operand(self)?;
        while let Some((sign, operator)) = operators
            .iter()
            .find(|(sign, _)| self.rest.starts_with(*sign))
        {
            self.skip(sign.len_utf8());
            left = Expression::Binary(Box::new(left), *operator, Box::new(operand(self)?));
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("it is nested more than {DEPTH_MAX} deep"));
        }
        let operand = if self.rest.starts_with('(') {
            self.skip(1);
            let inner = self.sum()?;
            if !self.rest.starts_with(')') {
                return Err("a `)` is missing".to_owned());
            }
            self.skip(1);
            inner
        } else if self.rest.starts_with('-') {
            self.skip(1);
            let zero = Box::new(Expression::Number(0.0));
            Expression::Binary(zero, Operator::Subtract, Box::new(self.operand()?))
        } else {
            self.word()?
        };
        self.depth -= 1;
        Ok(operand)
    }

    fn word(&mut self) -> Result<Expression, String> {
        let belongs = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        let expression = if let Ok(number) = word.parse() {
            Expression::Number(number)
        } else if word.starts_with(|c: char| c.is_ascii_lowercase()) {
            Expression::Id(word.to_owned())
        } else {
            return Err(match self.rest {
                "" => "it ends too early".to_owned(),
                rest => format!("`{rest}` is not understood"),
            });
        };
        self.skip(end);
        Ok(expression)
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest[bytes..].trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Computed, Expression, Values};

    #[track_caller]
    fn check(text: &str, expected: &[(i64, f64)]) {
        let given = BTreeMap::from([
            ("errors", Values::from([(0, 1.0), (60, 2.0), (120, 3.0)])),
            ("requests", Values::from([(0, 10.0), (120, 0.0)])),
        ]);
        let computed = Expression::parse(text)
            .expect("it is right")
            .compute(&given);
        assert_eq!(
            computed,
            Computed::Series(expected.iter().copied().collect()),
            "{text}"
        );
    }

    #[test]
    fn operators_bind_as_in_school() {
        check("errors + 2 * 3 - 4 / 2", &[(0, 5.0), (60, 6.0), (120, 7.0)]);
        check("(errors + 1) * -2", &[(0, -4.0), (60, -6.0), (120, -8.0)]);
        check("10 - errors - 1", &[(0, 8.0), (60, 7.0), (120, 6.0)]);
    }

    #[test]
    fn a_time_without_both_values_or_with_a_zero_below_has_no_value() {
        check("errors / requests", &[(0, 0.1)]);
    }

    #[test]
    fn what_is_not_simple_is_refused() {
        for text in [
            "",
            "errors +",
            "(errors",
            "FILL(errors, 0)",
            "errors errors",
            "errors > 1",
        ] {
            assert!(Expression::parse(text).is_err(), "{text}");
        }
        assert!(Expression::parse(&"(".repeat(10_000)).is_err());
    }
}
