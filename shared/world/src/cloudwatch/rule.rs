//! The rule of a composite alarm: `ALARM("a") OR (ALARM("b") AND NOT OK("c"))`.
//!
//! `NOT` binds closest, then `AND`, then `OR`. Names stand in double or single
//! quotes or bare, and may be ARNs. Keywords are read in any case.

use super::terms::AlarmState;

/// Why deep: a rule of AWS has at most 500 elements; a parser that recurses
/// needs some limit of its own.
const DEPTH_MAX: usize = 200;

/// A rule that parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    root: Node,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Constant(bool),
    State(AlarmState, String),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
}

impl Rule {
    /// Reads a rule of this account and region; the error is half a sentence.
    pub fn parse(text: &str, account: &str, region: &str) -> Result<Rule, String> {
        let arn = format!("arn:aws:cloudwatch:{region}:{account}:alarm:");
        let tokens = tokens(text)?;
        let mut parser = Parser {
            tokens: &tokens,
            arn: &arn,
            depth: 0,
        };
        if tokens.is_empty() {
            return Err("it is empty".to_owned());
        }
        let root = parser.any_of()?;
        match parser.tokens.first() {
            None => Ok(Rule { root }),
            Some(token) => Err(format!("`{}` is not expected", token.shown())),
        }
    }

    /// The names of the alarms it depends on, each once, in their order.
    pub fn children(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.root.collect(&mut names);
        names
    }

    /// Whether it holds, given the states of alarms by name; `None` is an
    /// alarm that does not exist, which is in no state.
    pub fn holds(&self, state: &impl Fn(&str) -> Option<AlarmState>) -> bool {
        self.root.holds(state)
    }
}

impl Node {
    fn collect<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Node::Constant(_) => {}
            Node::State(_, name) if names.contains(&name.as_str()) => {}
            Node::State(_, name) => names.push(name),
            Node::Not(inner) => inner.collect(names),
            Node::And(nodes) | Node::Or(nodes) => {
                nodes.iter().for_each(|node| node.collect(names));
            }
        }
    }

    fn holds(&self, state: &impl Fn(&str) -> Option<AlarmState>) -> bool {
        match self {
            Node::Constant(value) => *value,
            Node::State(wanted, name) => state(name) == Some(*wanted),
            Node::Not(inner) => !inner.holds(state),
            Node::And(nodes) => nodes.iter().all(|node| node.holds(state)),
            Node::Or(nodes) => nodes.iter().any(|node| node.holds(state)),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Quoted(String),
    Bare(String),
}

impl Token {
    fn shown(&self) -> &str {
        match self {
            Token::Open => "(",
            Token::Close => ")",
            Token::Quoted(text) | Token::Bare(text) => text,
        }
    }

    fn is(&self, keyword: &str) -> bool {
        matches!(self, Token::Bare(text) if text.eq_ignore_ascii_case(keyword))
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        rest = match first {
            '(' => {
                tokens.push(Token::Open);
                after
            }
            ')' => {
                tokens.push(Token::Close);
                after
            }
            '"' | '\'' => {
                let (name, after) = after
                    .split_once(first)
                    .ok_or_else(|| format!("the quote before `{after}` is never closed"))?;
                tokens.push(Token::Quoted(name.to_owned()));
                after
            }
            _ => {
                let ends = |c: char| c.is_whitespace() || "()\"'".contains(c);
                let (word, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
                tokens.push(Token::Bare(word.to_owned()));
                after
            }
        }
        .trim_start();
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: &'a [Token],
    arn: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<&Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn next_is(&mut self, keyword: &str) -> bool {
        let is = self.tokens.first().is_some_and(|token| token.is(keyword));
        if is {
            self.next();
        }
        is
    }

    fn any_of(&mut self) -> Result<Node, String> {
        let mut nodes = vec![self.all_of()?];
        while self.next_is("OR") {
            nodes.push(self.all_of()?);
        }
        Ok(single(nodes, Node::Or))
    }

    fn all_of(&mut self) -> Result<Node, String> {
        let mut nodes = vec![self.element()?];
        while self.next_is("AND") {
            nodes.push(self.element()?);
        }
        Ok(single(nodes, Node::And))
    }

    fn element(&mut self) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("it is nested more than {DEPTH_MAX} deep"));
        }
        let node = if self.next_is("NOT") {
            Node::Not(Box::new(self.element()?))
        } else if self.next_is("TRUE") {
            Node::Constant(true)
        } else if self.next_is("FALSE") {
            Node::Constant(false)
        } else if self.tokens.first() == Some(&Token::Open) {
            self.expect(&Token::Open)?;
            let inner = self.any_of()?;
            self.expect(&Token::Close)?;
            inner
        } else {
            self.state()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn state(&mut self) -> Result<Node, String> {
        let state = match self.next() {
            Some(token) if token.is("ALARM") => AlarmState::Alarm,
            Some(token) if token.is("OK") => AlarmState::Ok,
            Some(token) if token.is("INSUFFICIENT_DATA") => AlarmState::InsufficientData,
            Some(token) => {
                let shown = token.shown();
                return Err(format!(
                    "`{shown}` is none of ALARM, OK, INSUFFICIENT_DATA, TRUE, FALSE"
                ));
            }
            None => return Err("it ends too early".to_owned()),
        };
        self.expect(&Token::Open)?;
        let name = match self.next() {
            Some(Token::Quoted(name) | Token::Bare(name)) if !name.is_empty() => name.clone(),
            _ => return Err(format!("{state}(...) names no alarm")),
        };
        self.expect(&Token::Close)?;
        let name = name
            .strip_prefix(self.arn)
            .map_or(name.clone(), str::to_owned);
        Ok(Node::State(state, name))
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), String> {
        match self.next() {
            Some(token) if token == wanted => Ok(()),
            Some(token) => Err(format!(
                "`{}` stands where `{}` belongs",
                token.shown(),
                wanted.shown()
            )),
            None => Err(format!("a `{}` is missing at the end", wanted.shown())),
        }
    }
}

fn single(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match nodes.len() {
        1 => nodes.remove(0),
        _ => join(nodes),
    }
}

#[cfg(test)]
mod tests {
    use super::{AlarmState, Rule};

    fn rule(text: &str) -> Result<Rule, String> {
        Rule::parse(text, "111122223333", "us-east-1")
    }

    /// `red` is in ALARM, `green` OK, `grey` without data; others do not exist.
    #[track_caller]
    fn check(text: &str, expected: bool) {
        let state = |name: &str| match name {
            "red" => Some(AlarmState::Alarm),
            "green" => Some(AlarmState::Ok),
            "grey" => Some(AlarmState::InsufficientData),
            _ => None,
        };
        assert_eq!(
            rule(text).expect("it is right").holds(&state),
            expected,
            "{text}"
        );
    }

    #[test]
    fn names_may_be_quoted_bare_or_arns() {
        check(r#"ALARM("red")"#, true);
        check("ALARM('red')", true);
        check("ALARM(red)", true);
        check(
            "alarm ( arn:aws:cloudwatch:us-east-1:111122223333:alarm:red )",
            true,
        );
    }

    #[test]
    fn not_binds_closer_than_and_and_that_closer_than_or() {
        check("TRUE OR FALSE AND FALSE", true);
        check("(TRUE OR FALSE) AND FALSE", false);
        check("NOT FALSE AND FALSE", false);
        check("NOT (FALSE AND FALSE)", true);
        check(
            "ALARM(red) AND NOT OK(grey) AND INSUFFICIENT_DATA(grey)",
            true,
        );
    }

    #[test]
    fn an_alarm_that_does_not_exist_is_in_no_state() {
        check("ALARM(gone) OR OK(gone) OR INSUFFICIENT_DATA(gone)", false);
    }

    #[test]
    fn bad_rules_say_what_is_wrong() {
        let wrong = |text: &str| rule(text).expect_err("it is wrong");
        assert_eq!(wrong(" "), "it is empty");
        assert_eq!(wrong("ALARM(a) OR"), "it ends too early");
        assert_eq!(wrong("ALARM(a"), "a `)` is missing at the end");
        assert_eq!(wrong("ALARM()"), "ALARM(...) names no alarm");
        assert_eq!(wrong("ALARM(\"a)"), "the quote before `a)` is never closed");
        assert_eq!(wrong("ALARM(a) ALARM(b)"), "`ALARM` is not expected");
        assert_eq!(
            wrong("RED(a)"),
            "`RED` is none of ALARM, OK, INSUFFICIENT_DATA, TRUE, FALSE"
        );
        assert!(rule(&"NOT ".repeat(10_000)).is_err());
    }

    #[test]
    fn children_are_listed_once() {
        let rule = rule("ALARM(b) OR OK(a) OR ALARM(b)").expect("it is right");
        assert_eq!(rule.children(), ["b", "a"]);
    }
}
