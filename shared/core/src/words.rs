//! Words in messages: quoting what people wrote, and guessing what they meant.

/// The longest piece of somebody's text that a message repeats.
const QUOTED_CHARACTERS_MAX: usize = 60;

/// The text in backticks, on one line, cut if it is long.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from("`");
    for (index, character) in text.chars().enumerate() {
        if index == QUOTED_CHARACTERS_MAX {
            quoted.push_str("...");
            break;
        }
        if character.is_control() {
            quoted.extend(character.escape_debug());
        } else {
            quoted.push(character);
        }
    }
    quoted.push('`');
    quoted
}

/// The most words that a message lists.
const WORDS_LISTED_MAX: usize = 30;

/// Several texts in backticks: "`a`, `b` and `c`".
pub(crate) fn quote_all<T: AsRef<str>>(texts: &[T]) -> String {
    let mut quoted: Vec<String> = texts
        .iter()
        .take(WORDS_LISTED_MAX)
        .map(|text| quote(text.as_ref()))
        .collect();
    if texts.len() > WORDS_LISTED_MAX {
        quoted.push(format!("{} more", texts.len() - WORDS_LISTED_MAX));
    }
    match quoted.pop() {
        None => "none".to_owned(),
        Some(last) if quoted.is_empty() => last,
        Some(last) => format!("{} and {last}", quoted.join(", ")),
    }
}

/// The known word that somebody most likely meant, if one is near.
pub(crate) fn closest<'w, T: AsRef<str> + ?Sized>(written: &str, known: &[&'w T]) -> Option<&'w T> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let written = plain(written);
    let length = written.chars().count();
    if length > QUOTED_CHARACTERS_MAX {
        return None;
    }
    let allowed = (length / 3).max(1);
    known
        .iter()
        .map(|word| {
            let distance = strsim::damerau_levenshtein(&written, &plain(word.as_ref()));
            (distance, *word)
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::{closest, quote, quote_all};

    #[test]
    fn long_and_many_lined_texts_are_repeated_on_one_short_line() {
        assert_eq!(quote("a\nb"), "`a\\nb`");
        assert_eq!(quote(&"x".repeat(100)), format!("`{}...`", "x".repeat(60)));
    }

    #[test]
    fn several_texts_end_in_and() {
        assert_eq!(quote_all::<&str>(&[]), "none");
        assert_eq!(quote_all(&["a"]), "`a`");
        assert_eq!(quote_all(&["a", "b", "c"]), "`a`, `b` and `c`");
    }

    #[test]
    fn a_near_word_is_guessed_and_a_far_one_is_not() {
        let known = ["alarms", "at_most", "for"];
        assert_eq!(closest("alarmz", &known), Some("alarms"));
        assert_eq!(closest("At-Most", &known), Some("at_most"));
        assert_eq!(closest("fro", &known), Some("for"));
        assert_eq!(closest("webhook", &known), None);
    }
}
