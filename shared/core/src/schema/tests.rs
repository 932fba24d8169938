//! The schema and the reader are held to each other.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::plan_schema;
use crate::fields::asked;
use crate::plan::Plan;

/// Uses every map that there is.
const EVERYTHING: &str = r#"
service: checkout
stages:
  prod-one-box:
    gates:
      - clear: { alarms: [checkout-5xx] }
      - bake:
          for: 1h
          traffic: { metric: { namespace: AWS/ApplicationELB, name: RequestCount }, at_least: 100 }
          alarms: [checkout-5xx, { name: payments-5xx }, { prefix: checkout- }]
      - canary:
          namespace: AWS/ApplicationELB
          groups: { baseline: { dimensions: { V: a } }, canary: { dimensions: { V: b } } }
          traffic: { count: RequestCount, canary_share: 10% }
          metrics:
            - { name: errors, count: { name: Errors }, of: RequestCount, floor: 0.1% }
            - { name: latency, series: TargetResponseTime, stat: p99, floor: 0.005 }
      - validate:
          vars: { host: checkout.example, token: { secret: "arn:aws:secretsmanager:us-east-1:111122223333:secret:a-AbCdEf", hosts: [checkout.example] } }
          http:
            - { get: "https://${host}/health", expect: { status: 200, within: 2s } }
            - steps:
                - post: "https://${host}/orders"
                  headers: { authorization: "Bearer ${token}" }
                  body: { json: { id: "${release.id}" } }
                  expect: { status: [2xx, 304], headers: { content-type: { contains: json } }, json: [{ path: $.a, equals: 1 }], size: { at_most: 10 } }
                  capture: { order: { json: $.id } }
                  retry: { for: 1m }
                - { put: "https://${host}/${order}", body: { text: a } }
                - { patch: "https://${host}/${order}", body: { form: { a: b } } }
          lambda: [{ function: smoke, expect: { json: [{ path: $.ok, exists: true }] } }]
          codebuild: [{ project: smoke }]
          state_machine: [{ machine: "arn:aws:states:us-east-1:111122223333:stateMachine:smoke" }]
          synthetics: [{ canary: smoke, passed: 90% }]
      - canary:
          name: by-preset
          preset: { alb: { load_balancer: app/a/1, baseline: targetgroup/a/1, canary: targetgroup/b/2 } }
      - canary:
          name: by-alias
          preset: { lambda_alias: { function: a, alias: live, baseline: 7, canary: 8 } }
      - canary:
          name: by-stage
          preset: { api_gateway: { api: a, stage: prod } }
      - canary:
          name: before-after
          namespace: AWS/Lambda
          before_after: { dimensions: { FunctionName: a }, baseline: day_before, since: gate }
          metrics: [{ name: errors, count: Errors, of: Invocations }]
      - canary:
          name: from-kayenta
          namespace: AWS/Lambda
          before_after: { dimensions: { FunctionName: a } }
          kayenta:
            name: checkout
            metrics:
              - name: errors
                query: { count: Errors, of: Invocations, tolerance: 50% }
                analysisConfigurations: { canary: { direction: increase, outliers: { strategy: keep } } }
              - name: latency
                query: { series: Duration, stat: p99 }
                analysisConfigurations: { canary: { direction: increase, effectSize: { allowedIncrease: 1.2 } } }
    on_fail: { roll_back: stage, notify: [team] }
    stop_others: true
  prod:
    gates: [{ clear: { alarms: [a] } }]
    on_fail: { roll_back: { lambda: take-back } }
notifications:
  channels:
    team: { slack: { webhook: { secret: sluice/checkout, key: url } } }
    office: { teams: { webhook: { secret: sluice/teams } } }
    on-call: { pagerduty: { routing_key: { secret: sluice/pagerduty }, region: eu } }
    desk: { sns: { topic: "arn:aws:sns:us-east-1:111122223333:desk" } }
    audit: { eventbridge: { bus: audit } }
    ours: { webhook: { url: "https://hooks.example/sluice", signing_key: { secret: sluice/hmac } } }
  routes:
    - to: [team]
      about: [broken, mended]
      stages: ["prod-*"]
      results: [failed]
      severity: warning
      between: { from: "08:00", to: "18:00", days: [mon, fri], zone: Europe/Berlin }
  quiet: { from: "22:00", to: "07:00", zone: Europe/Berlin, silence_production: true }
  production: ["prod*"]
  repeats: tell
  templates: { title: "a", text: "b" }
"#;

/// What the reader calls a map, and what the schema calls it.
const MAPS: [(&str, &[&str]); 55] = [
    ("a plan", &[""]),
    ("a stage", &["StagePlan"]),
    ("a policy", &["Policy"]),
    ("a rollback", &["MachineRollBack", "LambdaRollBack"]),
    ("`bake`", &["Bake"]),
    ("`canary`", &["Canary"]),
    ("`groups`", &["CanaryGroups"]),
    ("a group", &["CanaryGroup"]),
    ("`alb`", &["Alb"]),
    ("`lambda_alias`", &["LambdaAlias"]),
    ("`api_gateway`", &["ApiGateway"]),
    ("`before_after`", &["BeforeAfter"]),
    ("a metric of a canary", &["CountMetric", "SeriesMetric"]),
    ("a metric of both groups", &["FullMetric"]),
    ("`traffic` of a canary", &["CanaryTraffic"]),
    ("a Kayenta configuration", &["Kayenta"]),
    ("a metric of a Kayenta configuration", &["KayentaMetric"]),
    (
        "`query` of a Kayenta metric",
        &["MeasuredCount", "MeasuredSeries"],
    ),
    ("`analysisConfigurations`", &["KayentaAnalysis"]),
    ("`canary` of a Kayenta metric", &["KayentaOptions"]),
    ("`effectSize`", &["EffectSize"]),
    ("`outliers`", &["Outliers"]),
    ("`clear`", &["Clear"]),
    ("an alarm", &["NamedAlarm", "AlarmPrefix"]),
    ("`traffic`", &["MeasuredTraffic"]),
    ("a metric", &["Metric"]),
    ("`validate`", &["Validate"]),
    ("a secret", &["SecretVariable"]),
    ("an HTTP test", &["OneStep"]),
    ("a test of several steps", &["HttpTest"]),
    ("a step", &["HttpStep"]),
    ("`expect`", &["HttpExpectation"]),
    ("a text", &["TextRule"]),
    ("an expectation of JSON", &["JsonExpectation"]),
    ("`size`", &["SizeMatch"]),
    ("a body", &["TextBody", "JsonBody", "FormBody"]),
    ("a captured value", &["Capture"]),
    ("`retry`", &["Retry"]),
    ("a test of a function", &["LambdaTest"]),
    ("`expect` of a function", &["ResultExpectation"]),
    ("a test by CodeBuild", &["CodeBuildTest"]),
    ("a test by a state machine", &["StateMachineTest"]),
    ("a test by Synthetics", &["SyntheticsTest"]),
    ("`notifications`", &["Notifications"]),
    ("`sns`", &["Channel.sns"]),
    ("`eventbridge`", &["Channel.eventbridge"]),
    ("`slack`", &["Channel.slack"]),
    ("`teams`", &["Channel.teams"]),
    ("`pagerduty`", &["Channel.pagerduty"]),
    ("`webhook`", &["Channel.webhook"]),
    ("where a secret is", &["SecretRef"]),
    ("a route", &["Route"]),
    ("`between`", &["Hours"]),
    ("`quiet`", &["Quiet"]),
    ("`templates`", &["Templates"]),
];

/// `Channel.sns`: what stands behind `sns` in that choice.
fn definition<'a>(schema: &'a Json, name: &str) -> &'a Json {
    if let Some((choice, key)) = name.split_once('.') {
        let choices = schema["$defs"][choice]["oneOf"].as_array().unwrap();
        let properties = choices.iter().map(|choice| &choice["properties"]);
        let mut found = properties.filter_map(|properties| properties.get(key));
        found.next().unwrap()
    } else if name.is_empty() {
        schema
    } else {
        &schema["$defs"][name]
    }
}

fn names(list: &Json) -> BTreeSet<String> {
    match list {
        Json::Object(entries) => entries.keys().cloned().collect(),
        Json::Array(items) => items
            .iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => BTreeSet::new(),
    }
}

#[test]
fn the_schema_names_exactly_the_fields_that_the_reader_asks_for() {
    Plan::read_yaml(EVERYTHING).unwrap();
    let schema = plan_schema();
    let asked = asked::everything();
    let read: BTreeSet<&str> = asked.keys().copied().collect();
    assert_eq!(read, MAPS.iter().map(|(what, _)| *what).collect());
    for (what, definitions) in MAPS {
        let fields: BTreeSet<String> = asked[what].keys().map(ToString::to_string).collect();
        let in_schema: BTreeSet<String> = definitions
            .iter()
            .flat_map(|name| names(&definition(&schema, name)["properties"]))
            .collect();
        assert_eq!(fields, in_schema, "{what}");
    }
}

#[test]
fn the_schema_requires_exactly_what_the_reader_requires() {
    Plan::read_yaml(EVERYTHING).unwrap();
    let schema = plan_schema();
    for (what, fields) in asked::everything() {
        // An alarm requires one of two, which is two definitions.
        let Some((_, [name])) = MAPS.iter().find(|(map, _)| *map == what) else {
            continue;
        };
        let required: BTreeSet<String> = fields
            .iter()
            .filter(|(_, required)| **required)
            .map(|(name, _)| (*name).to_owned())
            .collect();
        assert_eq!(
            required,
            names(&definition(&schema, name)["required"]),
            "{what}"
        );
    }
}

#[test]
fn no_map_of_the_schema_takes_other_fields() {
    fn walk(path: &str, schema: &Json, open: &mut Vec<String>) {
        match schema {
            Json::Object(entries) => {
                if entries.get("type") == Some(&"object".into())
                    && entries
                        .get("additionalProperties")
                        .is_none_or(|v| v == true)
                {
                    open.push(path.to_owned());
                }
                for (key, value) in entries {
                    walk(&format!("{path}/{key}"), value, open);
                }
            }
            Json::Array(items) => items.iter().for_each(|item| walk(path, item, open)),
            _ => {}
        }
    }
    let mut open = Vec::new();
    walk("", &plan_schema(), &mut open);
    assert_eq!(open, Vec::<String>::new());
}

#[test]
fn the_schema_refuses_empty_values_as_the_reader_does() {
    assert!(!plan_schema().to_string().contains("\"null\""));
}

/// The part of JSON Schema that the plan's schema uses, apart from patterns.
fn validate(root: &Json, schema: &Json, document: &Json) -> Result<(), String> {
    let fail = |what: &str| Err(format!("{what}: {document}"));
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root
            .pointer(reference.trim_start_matches('#'))
            .ok_or_else(|| format!("no {reference}"))?;
        validate(root, target, document)?;
    }
    for (word, exactly_one) in [("anyOf", false), ("oneOf", true)] {
        if let Some(choices) = schema[word].as_array() {
            let fitting = choices
                .iter()
                .filter(|choice| validate(root, choice, document).is_ok())
                .count();
            if fitting == 0 || (exactly_one && fitting > 1) {
                return fail(word);
            }
        }
    }
    let fits_type = match schema["type"].as_str() {
        Some("object") => document.is_object(),
        Some("array") => document.is_array(),
        Some("string") => document.is_string(),
        Some("boolean") => document.is_boolean(),
        Some("integer") => document.is_u64(),
        Some("number") => document.is_number(),
        _ => true,
    };
    if !fits_type {
        return fail("type");
    }
    if schema.get("const").is_some_and(|value| value != document) {
        return fail("const");
    }
    if let Some(items) = document.as_array() {
        let most = schema["maxItems"].as_u64().unwrap_or(u64::MAX);
        let least = schema["minItems"].as_u64().unwrap_or(0);
        if !(least..=most).contains(&u64::try_from(items.len()).unwrap()) {
            return fail("items");
        }
        for item in items.iter().filter(|_| schema.get("items").is_some()) {
            validate(root, &schema["items"], item)?;
        }
    }
    let Some(entries) = document.as_object() else {
        return Ok(());
    };
    let missing: Vec<String> = names(&schema["required"])
        .into_iter()
        .filter(|name| !entries.contains_key(name))
        .collect();
    if !missing.is_empty() {
        return fail(&missing.join(", "));
    }
    let properties = schema["properties"].as_object();
    for (key, value) in entries {
        match properties.and_then(|properties| properties.get(key)) {
            Some(property) => validate(root, property, value)?,
            None if schema["additionalProperties"] == false => return fail(key),
            None if schema["additionalProperties"].is_object() => {
                validate(root, &schema["additionalProperties"], value)?;
            }
            None => {}
        }
    }
    Ok(())
}

#[test]
fn what_the_reader_accepts_and_writes_is_valid_by_the_schema() {
    let schema = plan_schema();
    let plan = serde_json::to_value(Plan::read_yaml(EVERYTHING).unwrap()).unwrap();
    validate(&schema, &schema, &plan).unwrap();
    let mut broken = plan.clone();
    broken["stages"]["prod-one-box"]["gates"][0]["clear"]["alarmz"] = "x".into();
    assert!(validate(&schema, &schema, &broken).is_err());
}
