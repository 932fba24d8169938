//! Keeps secrets out of what is said: each is replaced in the forms in which
//! it may come back from a server, from a library's error, or in a URL.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// What stands for a secret.
const REDACTED: &str = "[secret]";

/// The longest text that is shown of what a server said.
const SHOWN_CHARACTERS_MAX: usize = 200;

/// Shorter lines of a secret, such as a brace, could be anything.
const LINE_LENGTH_MIN: usize = 4;

/// Parts of Base64 that are shorter could be anything.
const BASE64_LENGTH_MIN: usize = 6;

/// Knows all secrets, each in many forms. It never shows them.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that no part of one is left over.
    forms: Vec<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor")
    }
}

impl Redactor {
    /// Adds a secret, and each of its lines.
    pub fn add(&mut self, secret: &str) {
        let lines = secret.lines().map(str::trim);
        let lines = lines.filter(|line| line.len() >= LINE_LENGTH_MIN);
        for part in lines.chain([secret, secret.trim()]) {
            if !part.is_empty() {
                self.forms.extend(forms(part));
            }
            // As a form reads it that was not encoded.
            if part.contains('+') {
                self.forms.extend(forms(&part.replace('+', " ")));
            }
        }
        self.forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        self.forms.dedup();
    }

    /// The text without any secret.
    pub fn redact(&self, text: &str) -> String {
        let mut redacted = text.to_owned();
        for form in &self.forms {
            if redacted.contains(form) {
                redacted = redacted.replace(form, REDACTED);
            }
        }
        redacted
    }

    /// The text without any secret, on one line, cut if it is long. Cut last:
    /// a part of a secret would not be known any more.
    pub fn show(&self, text: &str) -> String {
        let mut shown = String::new();
        for (index, character) in self.redact(text).chars().enumerate() {
            if index == SHOWN_CHARACTERS_MAX {
                shown.push_str("...");
                break;
            }
            if character.is_control() {
                shown.extend(character.escape_debug());
            } else {
                shown.push(character);
            }
        }
        shown
    }

    /// Whether a text holds a secret.
    pub fn holds(&self, text: &str) -> bool {
        self.forms.iter().any(|form| text.contains(form))
    }
}

fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![
        secret.to_owned(),
        secret.to_ascii_lowercase(),
        secret.escape_debug().to_string(),
    ];
    let json = serde_json::Value::from(secret).to_string();
    forms.push(json.trim_matches('"').to_owned());
    forms.push(json[1..json.len() - 1].to_owned());
    for form in [every_byte_encoded(secret), form_encoded(secret)] {
        forms.push(form.to_ascii_lowercase());
        forms.push(lower_hexadecimal(&form));
        forms.push(form);
    }
    forms.extend(url_encoded(secret));
    forms.extend(in_base64(secret));
    let hexadecimal: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
    forms.push(hexadecimal.to_ascii_uppercase());
    forms.push(hexadecimal);
    forms.retain(|form| !form.is_empty());
    forms
}

/// Everything encoded that is not a letter or a digit.
fn every_byte_encoded(secret: &str) -> String {
    let encoded = |b: u8| {
        if b.is_ascii_alphanumeric() {
            char::from(b).to_string()
        } else {
            format!("%{b:02X}")
        }
    };
    secret.bytes().map(encoded).collect()
}

fn form_encoded(secret: &str) -> String {
    url::form_urlencoded::byte_serialize(secret.as_bytes()).collect()
}

/// Only the digits behind `%` in small letters.
fn lower_hexadecimal(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut lower = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at(2.min(part.len()));
        lower.push('%');
        lower.push_str(&digits.to_ascii_lowercase());
        lower.push_str(rest);
    }
    lower
}

/// As it comes to stand in the parts of a URL.
fn url_encoded(secret: &str) -> Vec<String> {
    let Ok(mut url) = url::Url::parse("http://a/") else {
        return Vec::new();
    };
    let mut forms = Vec::new();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.push(secret);
    }
    forms.push(url.path().trim_start_matches('/').to_owned());
    url.set_path(secret);
    forms.push(url.path().trim_start_matches('/').to_owned());
    url.set_query(Some(secret));
    forms.push(url.query().unwrap_or_default().to_owned());
    url.set_fragment(Some(secret));
    forms.push(url.fragment().unwrap_or_default().to_owned());
    forms
}

/// What is the same of its Base64 wherever it stands in a longer text: three
/// ways to begin, both alphabets.
fn in_base64(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let bytes = [vec![0; before], secret.as_bytes().to_vec()].concat();
        let from = [0, 2, 3][before];
        let to = bytes.len() * 8 / 6;
        for alphabet in [&STANDARD, &URL_SAFE] {
            let encoded = alphabet.encode(&bytes);
            if to >= from + BASE64_LENGTH_MIN {
                forms.push(encoded[from..to].to_owned());
            }
        }
    }
    forms.push(STANDARD.encode(secret));
    forms.push(URL_SAFE.encode(secret));
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "s3cr3t/+ü\"&=? x";

    fn redactor() -> Redactor {
        let mut redactor = Redactor::default();
        redactor.add(SECRET);
        redactor
    }

    #[test]
    fn a_secret_is_found_in_every_form_in_which_it_comes_back() {
        let mut url = url::Url::parse("https://a.example/").unwrap();
        url.query_pairs_mut().append_pair("token", SECRET);
        let mut in_path = url.clone();
        in_path.path_segments_mut().unwrap().push(SECRET);
        for text in [
            SECRET.to_owned(),
            url.to_string(),
            url.to_string().to_ascii_lowercase(),
            in_path.path().to_owned(),
            serde_json::json!({ "token": SECRET }).to_string(),
            format!("{SECRET:?}"),
            STANDARD.encode(SECRET),
            STANDARD.encode(format!("user:{SECRET}")),
            STANDARD.encode(format!("me:{SECRET}!")),
            URL_SAFE.encode(format!("u:{SECRET}\n")),
        ] {
            let redacted = redactor().redact(&text);
            assert!(redacted.contains(REDACTED), "{text}: {redacted}");
            assert!(!redacted.contains("s3cr3t"), "{text}: {redacted}");
        }
    }

    #[test]
    fn a_secret_is_not_cut_in_two() {
        let text = format!("{}{SECRET}", "x".repeat(SHOWN_CHARACTERS_MAX - 4));
        let shown = redactor().show(&text);
        assert!(!shown.contains("s3c"), "{shown}");
    }

    #[test]
    fn of_two_secrets_the_longer_one_goes_first() {
        let mut redactor = Redactor::default();
        redactor.add("abc");
        redactor.add("abcdef");
        assert_eq!(redactor.redact("abcdef abc"), "[secret] [secret]");
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is() {
        assert_eq!(redactor().redact("status 503"), "status 503");
        assert_eq!(redactor().show("a\nb"), "a\\nb");
    }
}
