//! Text with variables in it: `https://${host}/orders/${order}`.
//!
//! `$${` stands for `${` itself; a `$` before anything else is just that.

/// A piece of such a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// The value of a variable.
    Variable(String),
}

/// A `${` that is never closed, from there on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` has no closing brace")]
pub struct Unclosed(pub String);

/// Takes a text apart.
///
/// # Errors
///
/// A variable begins and does not end.
pub fn pieces(text: &str) -> Result<Vec<Piece>, Unclosed> {
    let mut found = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            plain.push_str(&rest[..at]);
            plain.push('{');
            rest = &rest[at + 2..];
            continue;
        }
        plain.push_str(&rest[..at]);
        let inside = &rest[at + 2..];
        let Some(end) = inside.find('}') else {
            return Err(Unclosed(rest[at..].to_owned()));
        };
        if !plain.is_empty() {
            found.push(Piece::Text(std::mem::take(&mut plain)));
        }
        found.push(Piece::Variable(inside[..end].to_owned()));
        rest = &inside[end + 1..];
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        found.push(Piece::Text(plain));
    }
    Ok(found)
}

/// The text with each variable replaced by what `value` gives for it.
///
/// # Errors
///
/// The first one that `value` has nothing for, or what is never closed.
pub fn fill<E: From<Unclosed>>(
    text: &str,
    mut value: impl FnMut(&str) -> Result<String, E>,
) -> Result<String, E> {
    let mut filled = String::new();
    for piece in pieces(text)? {
        match piece {
            Piece::Text(text) => filled.push_str(&text),
            Piece::Variable(name) => filled.push_str(&value(&name)?),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::{Unclosed, fill};

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &str>) {
        let filled = fill(text, |name| Ok::<_, Unclosed>(format!("<{name}>")));
        let filled = filled.map_err(|Unclosed(rest)| rest);
        assert_eq!(filled.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn variables_are_filled_in_and_doubled_signs_are_not() {
        check("https://${host}/a/${b}", Ok("https://<host>/a/<b>"));
        check("costs $5 {x}", Ok("costs $5 {x}"));
        check("$${x} ${y}", Ok("${x} <y>"));
        check("a ${b", Err("${b"));
    }
}
