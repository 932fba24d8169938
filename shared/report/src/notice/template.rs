//! Templates that people write, rendered over a notice.
//!
//! Whoever may merge to one repository writes them, and one function tells the
//! notices of all: a template must neither hang it nor fill its memory. So a
//! template is what `if`, `for`, comparing and a few filters can say. It can
//! not compute: whatever makes a text out of texts could double it again and
//! again, which neither steps nor the length of a template bound.

use std::io;

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value, filters, tests};

use super::cut::cut;

/// Bytes of one template. Longer ones are not rendered.
pub const TEMPLATE_BYTES_MAX: usize = 4096;

/// Steps of a template's program: a hundred times what a long one takes.
const FUEL: u64 = 20_000;
/// Loops and branches in each other.
const DEPTH_MAX: usize = 50;
/// Parts of one expression: longer ones would fill the stack.
const TOKENS_MAX: usize = 64;
/// Characters of what is said of a broken template.
const WHY_MAX: usize = 200;

/// What may follow `{%`.
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];

/// Renders a template, and cuts what it gives to about so many bytes.
///
/// # Errors
///
/// Why it gives nothing, for people.
pub(super) fn rendered(template: &str, over: &Value, bytes_max: usize) -> Result<String, String> {
    if template.len() > TEMPLATE_BYTES_MAX {
        return Err(format!("it is longer than {TEMPLATE_BYTES_MAX} bytes"));
    }
    check(template)?;
    let mut environment = environment();
    environment.set_fuel(Some(FUEL));
    let template = environment
        .template_from_str(template)
        .map_err(|e| told(&e))?;
    let mut bounded = Bounded {
        written: Vec::new(),
        room: bytes_max,
        full: false,
    };
    let outcome = template.render_captured_to(over.clone(), &mut bounded);
    if let Err(error) = outcome.map(drop)
        && !bounded.full
    {
        return Err(told(&error));
    }
    let text = String::from_utf8_lossy(&bounded.written);
    let text = text.trim();
    match (text.is_empty(), bounded.full) {
        (true, _) => Err("it gives no text".to_owned()),
        (false, true) => Ok(format!("{}...", text.trim_end_matches('\u{fffd}'))),
        (false, false) => Ok(text.to_owned()),
    }
}

/// Only filters whose answer is no longer than what they were given.
fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_recursion_limit(DEPTH_MAX);
    environment.add_filter("default", filters::default);
    environment.add_filter("first", filters::first);
    environment.add_filter("join", joined);
    environment.add_filter("length", filters::length);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("upper", filters::upper);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("none", tests::is_none);
    environment
}

/// Of a list only: the letters of a text, joined and joined again, would grow
/// without end.
fn joined(list: &Value, between: Option<String>) -> Result<String, Error> {
    if list.kind() != ValueKind::Seq {
        let why = "only a list is joined";
        return Err(Error::new(ErrorKind::InvalidOperation, why));
    }
    let parts: Vec<String> = list.try_iter()?.map(|part| part.to_string()).collect();
    Ok(parts.join(&between.unwrap_or_default()))
}

/// Refuses what templates are not made of.
fn check(template: &str) -> Result<(), String> {
    let mut begins_statement = false;
    let mut tokens = 0;
    for token in tokenize(template, false, SyntaxConfig::default()) {
        let (token, span) = token.map_err(|error| told(&error))?;
        let at = format!("line {}", span.start_line);
        match &token {
            Token::TemplateData(_) | Token::VariableStart | Token::BlockStart => tokens = 0,
            Token::Ident(word) if begins_statement && !STATEMENTS.contains(word) => {
                return Err(format!("{at}: `{word}` is no statement of these templates"));
            }
            Token::VariableEnd
            | Token::BlockEnd
            | Token::Ident(_)
            | Token::Str(_)
            | Token::String(_)
            | Token::Int(_)
            | Token::Dot
            | Token::Comma
            | Token::Pipe
            | Token::Eq
            | Token::Ne
            | Token::Gt
            | Token::Gte
            | Token::Lt
            | Token::Lte
            | Token::ParenOpen
            | Token::ParenClose => {}
            other => return Err(format!("{at}: {other} is no part of these templates")),
        }
        tokens += 1;
        if tokens > TOKENS_MAX {
            return Err(format!("{at}: the expression is too long"));
        }
        begins_statement = matches!(token, Token::BlockStart);
    }
    Ok(())
}

fn told(error: &Error) -> String {
    let line = error.line().map(|line| format!("line {line}: "));
    let detail = error.detail().map(|detail| format!(": {detail}"));
    let text = format!(
        "{}{}{}",
        line.unwrap_or_default(),
        error.kind(),
        detail.unwrap_or_default()
    );
    cut(&text, WHY_MAX)
}

/// Takes so many bytes, and then no more.
struct Bounded {
    written: Vec<u8>,
    room: usize,
    full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.room - self.written.len());
        self.written.extend_from_slice(&bytes[..taken]);
        if taken < bytes.len() {
            self.full = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
