//! Numbers as people read them.

/// Three significant digits, and all digits before the point.
pub fn short(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".into()
    } else if !(1e-5..1e7).contains(&size) {
        format!("{value:.2e}")
    } else {
        let decimals = [100.0, 10.0, 1.0, 0.1, 1e-2, 1e-3, 1e-4]
            .iter()
            .position(|least| size >= *least)
            .unwrap_or(7);
        format!("{value:.decimals$}")
    }
}

/// A ratio, as `1.80x`.
pub fn times(ratio: f64) -> String {
    if (0.1..1000.0).contains(&ratio) {
        format!("{ratio:.2}x")
    } else {
        format!("{}x", short(ratio))
    }
}

/// A share, as `0.1%`.
pub fn percent(share: f64) -> String {
    let text = short(share * 100.0);
    let has_zeros = text.contains('.') && !text.contains('e');
    let text = if has_zeros {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text}%")
}

/// `1 period`, `2 periods`.
pub fn count(count: impl Into<u64>, what: &str) -> String {
    let count = count.into();
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_significant_digits() {
        let shown: Vec<String> = [0.0, 0.004, 0.25, 3.0, 123.45, 4500.0, 2e7, 1e-9]
            .into_iter()
            .map(short)
            .collect();
        assert_eq!(
            shown,
            [
                "0", "0.00400", "0.250", "3.00", "123", "4500", "2.00e7", "1.00e-9"
            ]
        );
    }

    #[test]
    fn shares_are_written_as_people_write_them() {
        assert_eq!([0.001, 1.0, 0.1234].map(percent), ["0.1%", "100%", "12.3%"]);
    }
}
