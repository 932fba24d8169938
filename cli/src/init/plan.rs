//! The plan: gates that only watch, with how to let them decide beside them.

use super::answers::{Answers, Bake, Canary, Counter};

const HEAD: &str = "\
# What has to hold before a release goes on. It lies at the root of the
# repository, in the artifact that the pipeline's gates are given.
#
# The gates only watch: they judge and record, and let every release go. Once
# you have seen what a gate says of your releases, take its line
# `mode: watch_only` away. From then on it stops them.
";

/// `sluice.yaml`.
pub(super) fn text(answers: &Answers) -> String {
    let Answers { service, stage, .. } = answers;
    let role = answers.role();
    let role = role.as_deref();
    let mut gates = String::new();
    if let Some(own) = &answers.canary {
        gates += &canary(own, role);
    }
    if let Some(url) = &answers.health_url {
        gates += &validate(url);
    }
    if let Some(own) = &answers.bake {
        gates += &bake(own, role);
    }
    let (service, stage) = (quoted(service), quoted(stage));
    format!("{HEAD}service: {service}\n\nstages:\n  {stage}:\n    gates:\n{gates}")
}

/// A text as YAML reads it again, whatever is in it: JSON's strings are
/// YAML's.
pub(super) fn quoted(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-/".contains(letter);
    let begins = text.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let word = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_word = word.contains(&text.to_lowercase().as_str());
    if begins && text.chars().all(plain) && !is_word {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}

fn canary(own: &Canary, role: Option<&str>) -> String {
    let role = role.map_or_else(String::new, |role| format!(", role: {}", quoted(role)));
    let preset = match own {
        Canary::Alb {
            load_balancer,
            baseline,
            canary,
        } => format!(
            "alb: {{ load_balancer: {load_balancer}, baseline: {baseline}, canary: {canary}{role} }}"
        ),
        Canary::ApiGateway { api, stage } => {
            let (api, stage) = (quoted(api), quoted(stage));
            format!("api_gateway: {{ api: {api}, stage: {stage}{role} }}")
        }
        Canary::LambdaAlias { function, alias } => {
            let (function, alias) = (quoted(function), quoted(alias));
            format!("lambda_alias: {{ function: {function}, alias: {alias}{role} }}")
        }
    };
    format!(
        "      # Is the new version no worse than the old one beside it?
      - canary:
          mode: watch_only
          preset:
            {preset}
          horizon: 1h
"
    )
}

fn validate(url: &str) -> String {
    let url = serde_json::Value::from(url);
    format!(
        "      # Does what was deployed answer?
      - validate:
          mode: watch_only
          http:
            - name: health
              get: {url}
              expect: {{ status: 200, within: 2s }}
              retry: {{ for: 50s }}
"
    )
}

fn bake(own: &Bake, role: Option<&str>) -> String {
    let alarm = |name: &String| {
        let name = quoted(name);
        let text = role.map_or_else(
            || name.clone(),
            |role| format!("{{ name: {name}, role: {} }}", quoted(role)),
        );
        format!("            - {text}\n")
    };
    let alarms: String = own.alarms.iter().map(alarm).collect();
    let bake_for = own.bake_for;
    let traffic = match &own.traffic {
        None => "          # OK may mean that nobody came.\n          traffic: not_measured\n"
            .to_owned(),
        Some(traffic) => format!(
            "          traffic:
            metric:
{}            at_least: {}
",
            metric(&traffic.by, role),
            traffic.at_least
        ),
    };
    format!(
        "      # Do these alarms stay quiet for so long, while people use it?
      - bake:
          mode: watch_only
          for: {bake_for}
          alarms:
{alarms}{traffic}"
    )
}

fn metric(by: &Counter, role: Option<&str>) -> String {
    let (series, dimensions) = match by {
        Counter::Alb {
            load_balancer,
            target_group,
        } => {
            let target = target_group.as_ref();
            let target = target.map_or_else(String::new, |own| format!(", TargetGroup: {own}"));
            (
                ["AWS/ApplicationELB", "RequestCount", "Sum"],
                format!("LoadBalancer: {load_balancer}{target}"),
            )
        }
        Counter::ApiGateway { api, stage } => (
            // AWS documents that this metric is counted by its samples.
            ["AWS/ApiGateway", "Count", "SampleCount"],
            format!("ApiName: {}, Stage: {}", quoted(api), quoted(stage)),
        ),
        Counter::Lambda { function, alias } => (
            ["AWS/Lambda", "Invocations", "Sum"],
            format!(
                "FunctionName: {}, Resource: {}",
                quoted(function),
                quoted(&format!("{function}:{alias}"))
            ),
        ),
    };
    let [namespace, name, stat] = series;
    let role = role.map_or_else(String::new, |role| {
        format!("              role: {}\n", quoted(role))
    });
    format!(
        "              namespace: {namespace}
              name: {name}
              stat: {stat}
              # All of them: CloudWatch matches dimensions exactly.
              dimensions: {{ {dimensions} }}
{role}"
    )
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn only_plain_words_stand_without_quotes() {
        assert_eq!(quoted("app/checkout/9f"), "app/checkout/9f");
        assert_eq!(quoted("checkout:live"), "\"checkout:live\"");
        assert_eq!(quoted("No"), "\"No\"");
        assert_eq!(quoted("12"), "\"12\"");
        assert_eq!(quoted("a \"b\" #c"), "\"a \\\"b\\\" #c\"");
    }
}
