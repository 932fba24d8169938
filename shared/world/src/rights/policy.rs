//! IAM policies, as far as those of a template need them: statements that
//! allow or deny actions on resources. Conditions are taken for met.

use serde::Deserialize;

/// What a role may do.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    statement: Vec<Statement>,
}

/// A text that is no policy.
#[derive(Debug, thiserror::Error)]
#[error("not a policy: {0}")]
pub struct PolicyError(#[from] serde_json::Error);

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: Effect,
    action: Patterns,
    resource: Patterns,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Patterns {
    One(String),
    Several(Vec<String>),
}

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    ///
    /// Where it is none, or has `NotAction` or `NotResource`.
    pub fn parse(json: &str) -> Result<Policy, PolicyError> {
        Ok(serde_json::from_str(json)?)
    }

    /// Whether it allows an action on a resource: some statement does, and
    /// none denies it.
    pub fn allows(&self, action: &str, resource: &str) -> bool {
        let says = |effect| {
            let mut own = self.statement.iter().filter(|own| own.effect == effect);
            own.any(|own| own.is_about(action, resource))
        };
        says(Effect::Allow) && !says(Effect::Deny)
    }
}

impl Statement {
    fn is_about(&self, action: &str, resource: &str) -> bool {
        // Actions are the same whatever the case of their letters.
        let action = action.to_ascii_lowercase();
        let mut actions = self.action.each();
        actions.any(|own| matches(&own.to_ascii_lowercase(), &action))
            && self.resource.each().any(|own| matches(own, resource))
    }
}

impl Patterns {
    fn each(&self) -> impl Iterator<Item = &str> {
        let own = match self {
            Patterns::One(one) => std::slice::from_ref(one),
            Patterns::Several(several) => several,
        };
        own.iter().map(String::as_str)
    }
}

/// Whether a text is of a pattern, in which `*` is any text and `?` any letter.
fn matches(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[first.len_utf8()..];
    if first == '*' {
        let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        return ends.any(|at| matches(rest, &text[at..]));
    }
    let mut letters = text.chars();
    let letter = letters.next();
    letter.is_some_and(|own| first == '?' || first == own) && matches(rest, letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [
        {"Sid": "A", "Effect": "Allow", "Action": ["s3:GetObject", "s3:Put*"], "Resource": "arn:aws:s3:::b/begun/*"},
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/sluice/*"},
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": ["arn:x:secret:shop-??????"]},
        {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/begun/kept"}
    ]}"#;

    #[track_caller]
    fn check(action: &str, resource: &str, expected: bool) {
        let policy = Policy::parse(POLICY).unwrap();
        let allowed = policy.allows(action, resource);
        assert_eq!(allowed, expected, "{action} on {resource}");
    }

    #[test]
    fn what_a_statement_names_is_allowed_and_nothing_else() {
        check("s3:GetObject", "arn:aws:s3:::b/begun/1", true);
        check("S3:getobject", "arn:aws:s3:::b/begun/1", true);
        check("s3:GetObject", "arn:aws:s3:::b/evidence/1", false);
        check("s3:GetObject", "arn:aws:s3:::B/begun/1", false);
        check("s3:DeleteObject", "arn:aws:s3:::b/begun/1", false);
        check("s3:GetObject", "*", false);
    }

    #[test]
    fn stars_are_any_text_and_question_marks_are_one_letter() {
        check("sts:AssumeRole", "arn:aws:iam::1:role/sluice/a/b", true);
        check("sts:AssumeRole", "arn:aws:iam::1:role/sluice", false);
        let read = "secretsmanager:GetSecretValue";
        check(read, "arn:x:secret:shop-a1B2c3", true);
        check(read, "arn:x:secret:shop-a1B2c", false);
        check(read, "arn:x:secret:shop", false);
    }

    #[test]
    fn what_is_denied_is_not_allowed_by_any_statement() {
        check("s3:PutObject", "arn:aws:s3:::b/begun/1", true);
        check("s3:PutObject", "arn:aws:s3:::b/begun/kept", false);
    }

    #[test]
    fn a_statement_that_says_what_it_is_not_about_is_refused() {
        let of = |statement: &str| Policy::parse(&format!(r#"{{"Statement": [{statement}]}}"#));
        assert!(of(r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#).is_ok());
        assert!(of(r#"{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}"#).is_err());
        assert!(of(r#"{"Effect": "Allow", "Action": "s3:*", "NotResource": "*"}"#).is_err());
    }
}
