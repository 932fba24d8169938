//! What is wrong with what people wrote, said so that they can mend it.
//!
//! A [`Problem`] says where, what, and, apart from that, what to write
//! instead. The reader collects all of them before it gives up, so that ten
//! mistakes need one run and not ten.

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::expression::{CheckExpression, Expression, Noted};
use crate::tree::Position;

/// So many are printed; of more, the number is said.
pub const PROBLEMS_SHOWN_MAX: usize = 50;

/// Whether a problem stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing is done with what was written until it is mended.
    Error,
    /// It is allowed, and somebody should have looked at it.
    Warning,
}

/// One thing that is wrong, or worth a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Whether it stands in the way.
    pub severity: Severity,
    /// Where in the text, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Position>,
    /// Where in the document: `stages.prod.gates[0].bake.for`. Empty for the whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Problem {
    /// A problem that stands in the way, with the whole document as its place.
    pub fn error(message: String) -> Problem {
        Problem {
            severity: Severity::Error,
            at: None,
            path: String::new(),
            message,
            hint: None,
        }
    }

    /// A problem that does not stand in the way.
    pub fn warning(message: String) -> Problem {
        Problem {
            severity: Severity::Warning,
            ..Problem::error(message)
        }
    }

    /// The same problem with a position.
    pub fn at(self, at: Option<Position>) -> Problem {
        Problem { at, ..self }
    }

    /// The same problem with a path.
    pub fn path(self, path: String) -> Problem {
        Problem { path, ..self }
    }

    /// The same problem with advice.
    pub fn hint(self, hint: String) -> Problem {
        Problem {
            hint: Some(hint),
            ..self
        }
    }
}

impl fmt::Display for Problem {
    /// `12:7: stages.prod.gates[0].bake.for: ...`, as far as it is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.at {
            write!(f, "{at}: ")?;
        }
        if self.severity == Severity::Warning {
            f.write_str("warning: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// All that is wrong with one document, in the order of the document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Problems {
    list: Vec<Problem>,
    /// What somebody else has to look at yet.
    #[serde(skip)]
    noted: Vec<Noted>,
    /// Whether what is read is only a part of what will hold.
    #[serde(skip)]
    in_part: bool,
}

impl Problems {
    /// None yet.
    pub fn new() -> Problems {
        Problems::default()
    }

    /// Adds one, behind those that stand before it in the document.
    pub fn push(&mut self, problem: Problem) {
        let index = match problem.at {
            Some(at) => self
                .list
                .partition_point(|other| other.at.is_some_and(|other| other <= at)),
            None => self.list.len(),
        };
        self.list.insert(index, problem);
    }

    /// Reads what other documents complete: nothing that is missing, and
    /// nothing that only is wrong beside something else, is a problem yet.
    pub(crate) fn in_part<T>(&mut self, read: impl FnOnce(&mut Problems) -> T) -> T {
        self.in_part = true;
        let read = read(self);
        self.in_part = false;
        read
    }

    /// Whether what is read is only a part of what will hold.
    pub(crate) fn are_in_part(&self) -> bool {
        self.in_part
    }

    /// Notes an expression for whoever can check it.
    pub(crate) fn note(&mut self, expression: Expression, place: Problem) {
        self.noted.push(Noted { expression, place });
    }

    /// Adds the expressions that are wrong, and forgets all of them.
    pub(crate) fn settle(&mut self, check: CheckExpression) {
        for noted in std::mem::take(&mut self.noted) {
            if let Err(message) = check(&noted.expression) {
                let message = format!("{} {message}", noted.place.message);
                self.push(Problem {
                    message,
                    ..noted.place
                });
            }
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether one stands in the way.
    pub fn has_errors(&self) -> bool {
        self.iter()
            .any(|problem| problem.severity == Severity::Error)
    }

    /// All, in the order of the document.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.list.iter()
    }

    /// One problem a line, without the advice: for logs and editors.
    pub fn lines(&self, file: &str) -> String {
        self.write_out(|out, problem| {
            let _ = writeln!(out, "{}", headline(file, problem));
        })
    }

    /// Each problem with its advice and, if the source is given, with the line
    /// that it is in and a caret below the place.
    pub fn render(&self, file: &str, source: Option<&str>) -> String {
        let lines: Vec<&str> = source
            .map(|text| text.lines().collect())
            .unwrap_or_default();
        self.write_out(|out, problem| {
            let _ = writeln!(out, "{}", headline(file, problem));
            if let Some(at) = problem.at {
                write_source_line(out, &lines, at);
            }
            for (index, line) in problem
                .hint
                .iter()
                .flat_map(|hint| hint.lines())
                .enumerate()
            {
                let label = if index == 0 { "hint:" } else { "     " };
                let _ = writeln!(out, "  {label} {line}");
            }
        })
    }

    fn write_out(&self, write_one: impl Fn(&mut String, &Problem)) -> String {
        let mut out = String::new();
        for problem in self.list.iter().take(PROBLEMS_SHOWN_MAX) {
            write_one(&mut out, problem);
        }
        if let Some(more @ 1..) = self.len().checked_sub(PROBLEMS_SHOWN_MAX) {
            let _ = writeln!(out, "... and {more} more");
        }
        out
    }
}

fn headline(file: &str, problem: &Problem) -> String {
    match problem.at {
        Some(_) => format!("{file}:{problem}"),
        None => format!("{file}: {problem}"),
    }
}

/// The longest piece of a source line that is shown.
const SOURCE_COLUMNS_MAX: usize = 120;

fn write_source_line(out: &mut String, lines: &[&str], at: Position) {
    let (Ok(row), Ok(column)) = (usize::try_from(at.line), usize::try_from(at.column)) else {
        return;
    };
    let Some(line) = row.checked_sub(1).and_then(|index| lines.get(index)) else {
        return;
    };
    // A caret is only true below text of which each character is one wide.
    let shown: String = line
        .chars()
        .take(SOURCE_COLUMNS_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let _ = writeln!(out, "  | {}", shown.trim_end());
    if (1..=SOURCE_COLUMNS_MAX).contains(&column) {
        let _ = writeln!(out, "  | {}^", " ".repeat(column - 1));
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().take(PROBLEMS_SHOWN_MAX).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Problems {
        Problems {
            noted: Vec::new(),
            in_part: false,
            list: vec![problem],
        }
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::{Problem, Problems};
    use crate::tree::Position;

    fn at(line: u32, column: u32) -> Option<Position> {
        Some(Position { line, column })
    }

    fn two() -> Problems {
        let mut problems = Problems::new();
        problems.push(
            Problem::error("`30` has no unit".into())
                .at(at(2, 6))
                .path("bake.for".into())
                .hint("write `30s`, `30m` or `30h`".into()),
        );
        problems.push(Problem::warning("look here".into()).at(at(1, 1)));
        problems
    }

    #[test]
    fn problems_come_in_the_order_of_the_document() {
        assert_eq!(
            two().lines("sluice.yaml"),
            "sluice.yaml:1:1: warning: look here\n\
             sluice.yaml:2:6: bake.for: `30` has no unit\n"
        );
    }

    #[test]
    fn the_line_is_shown_with_a_caret_below_the_place() {
        assert_eq!(
            two().render("sluice.yaml", Some("bake:\nfor: 30\n")),
            "sluice.yaml:1:1: warning: look here\n\
             \x20 | bake:\n\
             \x20 | ^\n\
             sluice.yaml:2:6: bake.for: `30` has no unit\n\
             \x20 | for: 30\n\
             \x20 |      ^\n\
             \x20 hint: write `30s`, `30m` or `30h`\n"
        );
    }

    #[test]
    fn a_problem_without_a_position_is_named_by_its_path() {
        let problems = Problems::from(Problem::error("is missing".into()).path("bake.for".into()));
        assert_eq!(
            problems.lines("settings"),
            "settings: bake.for: is missing\n"
        );
    }

    #[test]
    fn beyond_fifty_only_the_number_is_said() {
        let mut problems = Problems::new();
        for _ in 0..53 {
            problems.push(Problem::error("wrong".into()));
        }
        assert!(problems.lines("f").ends_with("f: wrong\n... and 3 more\n"));
    }
}
