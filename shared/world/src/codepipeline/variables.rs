//! Replaces `#{namespace.key}` in an action's configuration: textually,
//! without escaping, as CodePipeline does.

use super::limits::is_variable_name;

/// `text` with every reference replaced by what `look_up` gives for its
/// namespace and key; otherwise the reference for which it gave nothing.
pub(super) fn resolve(
    text: &str,
    look_up: impl Fn(&str, &str) -> Option<String>,
) -> Result<String, String> {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("#{") {
        resolved.push_str(&rest[..at]);
        let inner = &rest[at + 2..];
        let reference = inner.split_once('}').and_then(|(reference, after)| {
            let (namespace, key) = reference.split_once('.')?;
            (is_variable_name(namespace) && is_variable_name(key))
                .then_some((namespace, key, after))
        });
        if let Some((namespace, key, after)) = reference {
            let value = look_up(namespace, key).ok_or_else(|| format!("#{{{namespace}.{key}}}"))?;
            resolved.push_str(&value);
            rest = after;
        } else {
            resolved.push_str("#{");
            rest = inner;
        }
    }
    resolved.push_str(rest);
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &str>) {
        let look_up = |namespace: &str, key: &str| {
            (namespace == "variables" && key == "who").then(|| "the \"team\"".to_owned())
        };
        let resolved = resolve(text, look_up);
        assert_eq!(resolved.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn values_are_pasted_without_escaping() {
        check(
            r##"{"by":"#{variables.who}"}"##,
            Ok(r#"{"by":"the "team""}"#),
        );
    }

    #[test]
    fn a_reference_to_nothing_is_named() {
        check("a #{variables.what} b", Err("#{variables.what}"));
    }

    #[test]
    fn what_does_not_look_like_a_reference_stays() {
        check("#{} #{x} #{a.b.c} #{", Ok("#{} #{x} #{a.b.c} #{"));
    }
}
