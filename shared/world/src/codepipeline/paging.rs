//! Pages of a list that only ever grows at its end, newest first.
//!
//! A token holds how many older entries are left, so that entries added
//! between two pages shift nothing.

use crate::wire::ApiError;

const PAGE_MOST: i64 = 100;

/// One page of what `pick` gives for the entries of `list` (given oldest
/// first), and the token of the next page if there is one.
pub(super) fn newest_first<T, P>(
    list: &[T],
    max_results: Option<i64>,
    token: Option<&str>,
    mut pick: impl FnMut(&T) -> Option<P>,
) -> Result<(Vec<P>, Option<String>), ApiError> {
    let most = usize::try_from(max_results.unwrap_or(PAGE_MOST)).unwrap_or(1);
    let left = match token {
        None => list.len(),
        Some(token) => (token.strip_prefix("older-"))
            .and_then(|left| left.parse().ok())
            .filter(|left| *left <= list.len())
            .ok_or_else(|| {
                let message = "The next token was specified in an invalid format";
                ApiError::client("InvalidNextTokenException", message)
            })?,
    };
    let mut page = Vec::new();
    for (at, entry) in list[..left].iter().enumerate().rev() {
        let Some(picked) = pick(entry) else { continue };
        if page.len() == most {
            return Ok((page, Some(format!("older-{}", at + 1))));
        }
        page.push(picked);
    }
    Ok((page, None))
}

#[cfg(test)]
mod tests {
    use super::newest_first;

    #[test]
    fn pages_join_to_the_whole_list_while_it_grows() {
        let mut list: Vec<u32> = (0..7).collect();
        let odd = |n: &u32| (n % 2 == 1).then_some(*n);
        let (first, token) = newest_first(&list, Some(2), None, odd).expect("a page");
        list.push(9);
        let (second, end) = newest_first(&list, Some(2), token.as_deref(), odd).expect("a page");
        assert_eq!((first, second, end), (vec![5, 3], vec![1], None));
    }

    #[test]
    fn a_full_last_page_has_no_token() {
        let (page, token) = newest_first(&[1, 2], Some(2), None, |n| Some(*n)).expect("a page");
        assert_eq!((page, token), (vec![2, 1], None));
    }

    #[test]
    fn a_foreign_token_is_refused() {
        let error = newest_first(&[1], None, Some("older-2"), |n| Some(*n)).expect_err("refused");
        assert_eq!(error.code, "InvalidNextTokenException");
    }
}
