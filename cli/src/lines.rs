//! Text in lines that fit a terminal.

use textwrap::{Options, WordSplitter, WrapAlgorithm};

/// Widest line that is printed.
pub(crate) const COLUMNS: usize = 80;

/// The words in lines of at most [`COLUMNS`], `first` before the first line
/// and `later` before the others. No word is broken: what is longer than a
/// line can still be copied.
pub(crate) fn folded(text: &str, first: &str, later: &str) -> String {
    let options = Options::new(COLUMNS)
        .initial_indent(first)
        .subsequent_indent(later)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::fill(text, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_keeps_to_the_columns_and_keeps_its_words() {
        let text = "seventeen letters ".repeat(12);
        let shown = folded(text.trim(), "  ", "    ");
        assert!(shown.lines().all(|line| line.chars().count() <= COLUMNS));
        assert!(shown.lines().skip(1).all(|line| line.starts_with("    ")));
        assert_eq!(shown.split_whitespace().count(), 24);
    }

    #[test]
    fn a_word_longer_than_a_line_stays_whole() {
        let address = "a-name".repeat(20);
        let shown = folded(&format!("at {address}"), "", "  ");
        assert_eq!(shown, format!("at\n  {address}"));
    }
}
