//! What is shown of an ending where there is little room.

use sluice_core::evidence::Evidence;

/// What was seen, the deciding signals first; so many lines.
pub(crate) fn readings(evidence: &Evidence, lines_max: usize) -> impl Iterator<Item = String> {
    let reasons = evidence.reason.iter().chain(&evidence.also);
    let seen = reasons.map(|reason| reason.seen.clone());
    let tests = sluice_report::test_lines(evidence);
    seen.chain(tests).take(lines_max)
}

/// A text of at most so many bytes as JSON, cut between characters.
pub(crate) fn cut(text: &str, bytes_max: usize) -> String {
    if bytes_as_json(text) <= bytes_max {
        return text.to_owned();
    }
    const CUT: &str = " ... (cut)";
    let mut left = bytes_max - CUT.len();
    let kept: String = text
        .chars()
        .take_while(|character| {
            let bytes = bytes_as_json(character.encode_utf8(&mut [0; 4]));
            let fits = bytes <= left;
            left = left.saturating_sub(bytes);
            fits
        })
        .collect();
    format!("{kept}{CUT}")
}

/// How many bytes a text takes between the quotes of JSON.
pub(crate) fn bytes_as_json(text: &str) -> usize {
    serde_json::to_string(text).map_or(usize::MAX, |json| json.len() - 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cut_text_has_at_most_its_bytes(text in ".{0,600}", bytes_max in 20_usize..400) {
            let kept = cut(&text, bytes_max);
            prop_assert!(bytes_as_json(&kept) <= bytes_max);
            prop_assert!(kept == text || text.starts_with(kept.trim_end_matches(" ... (cut)")));
        }
    }
}
