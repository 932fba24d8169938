//! Numbers and paragraphs as people read them.

pub(super) use sluice_report::numbers::{count, percent, short, times};

/// Widest line that is printed.
pub(super) const COLUMNS: usize = 80;

/// The words in lines of at most [`COLUMNS`].
pub(super) fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > COLUMNS {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_paragraph_is_wider_than_a_terminal() {
        let text = wrapped(&"evidence ".repeat(40));
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS));
        assert_eq!(text.split_whitespace().count(), 40);
    }
}
