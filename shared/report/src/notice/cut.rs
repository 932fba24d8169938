//! Texts cut on a character's boundary, with a mark that they were.

/// What stands where a text was cut.
const MARK: &str = "...";

/// At most so many characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    cut_by(text, most, |_| 1)
}

/// At most so much, where each character counts for what `size` says of it.
pub(super) fn cut_by(text: &str, most: usize, size: impl Fn(char) -> usize) -> String {
    let room = most.saturating_sub(MARK.len());
    let mut used = 0;
    let mut end = 0;
    for (at, character) in text.char_indices() {
        used += size(character);
        if used > most {
            return format!("{}{MARK}", &text[..end]);
        }
        if used <= room {
            end = at + character.len_utf8();
        }
    }
    text.to_owned()
}

/// On one line: a title cannot be two.
pub(super) fn on_one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Without what a person cannot see: only line breaks are left of it.
pub(super) fn readable(text: &str) -> String {
    let seen = |c: &char| *c == '\n' || !c.is_control();
    text.replace("\r\n", "\n")
        .replace('\t', " ")
        .chars()
        .filter(seen)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_says_so() {
        assert_eq!(cut("four", 4), "four");
        assert_eq!(cut("fifty", 4), "f...");
        assert_eq!(cut("äöüßä", 4), "ä...");
        assert_eq!(cut("", 4), "");
    }

    #[test]
    fn what_counts_for_more_is_cut_earlier() {
        let utf16 = char::len_utf16;
        assert_eq!(cut_by("aaaa", 4, utf16), "aaaa");
        assert_eq!(cut_by("😀😀😀", 6, utf16), "😀😀😀");
        assert_eq!(cut_by("😀😀😀😀", 6, utf16), "😀...");
    }

    #[test]
    fn a_title_has_one_line_and_a_text_no_control_characters() {
        assert_eq!(on_one_line(" a\n\tb\u{7}c "), "a b c");
        assert_eq!(readable("a\r\nb\u{1b}[31mc\td"), "a\nb[31mc d");
    }
}
