//! The evidence of every row gives the same verdict again, and a changed one
//! is noticed.

use serde_json::{Value, json};
use sluice::replay::replayed;
use sluice_core::evidence::Evidence;

use super::cases::GROUPS;
use super::run;

/// The evidence of all rows that have any, as it would be read from a bucket.
pub(super) fn all() -> Vec<(&'static str, Evidence)> {
    let cases = GROUPS.iter().flat_map(|group| group.cases);
    cases
        .filter_map(|case| Some((case.name, reread(&run::run(case).evidence?))))
        .collect()
}

fn reread(evidence: &Evidence) -> Evidence {
    serde_json::from_str(&serde_json::to_string(evidence).unwrap()).unwrap()
}

/// The same evidence with something changed.
pub(super) fn changed(evidence: &Evidence, change: impl FnOnce(&mut Value)) -> Evidence {
    let mut value = serde_json::to_value(evidence).unwrap();
    change(&mut value);
    serde_json::from_value(value).unwrap()
}

pub(super) fn row(name: &str) -> Evidence {
    let mut cases = GROUPS.iter().flat_map(|group| group.cases);
    let case = cases.find(|case| case.name == name);
    reread(&run::run(case.unwrap()).evidence.unwrap())
}

/// Fails if replaying it does not say this.
#[track_caller]
fn check(evidence: &Evidence, expected: &str) {
    let replayed = replayed(evidence);
    assert!(replayed.text.contains(expected), "{}", replayed.text);
    assert_eq!(replayed.code, 3);
}

#[test]
fn the_evidence_of_every_row_gives_the_same_verdict_and_reasons_again() {
    let mut verdicts = 0;
    for (name, evidence) in all() {
        let replayed = replayed(&evidence);
        match evidence.verdict {
            Some(verdict) => {
                verdicts += 1;
                assert_eq!(replayed.text, "agrees", "{name}");
                assert_eq!(replayed.code, sluice::exit::of(verdict), "{name}");
            }
            None => {
                assert!(replayed.text.starts_with("there is no verdict"), "{name}");
                assert_eq!(replayed.code, 3, "{name}");
            }
        }
    }
    assert!(verdicts > 60, "{verdicts} verdicts");
}

#[test]
fn no_row_becomes_a_pass_by_its_verdict_alone() {
    for (name, evidence) in all() {
        let is_pass = evidence.verdict == Some(sluice_core::Verdict::Pass);
        if is_pass || evidence.verdict.is_none() {
            continue;
        }
        let pass = changed(&evidence, |own| own["verdict"] = json!("pass"));
        let replayed = replayed(&pass);
        assert!(
            replayed.text.starts_with("differs"),
            "{name}: {}",
            replayed.text
        );
    }
}

#[test]
fn a_changed_reading_is_noticed() {
    let fired = row(FIRED);
    let history = "/facts/alarms/0/history/read";
    let without = changed(&fired, |own| {
        *own.pointer_mut(history).unwrap() = json!([]);
    });
    check(&without, "differs");
    let later = changed(&fired, |own| {
        let first = &mut own.pointer_mut(history).unwrap()[0]["at"];
        *first = json!(first.as_str().unwrap().replace(":00Z", ":01Z"));
    });
    check(&later, "differs");
    let quiet = row(QUIET);
    let silent = changed(&quiet, |own| {
        *own.pointer_mut("/facts/traffic/counted/counts").unwrap() = json!([]);
    });
    check(&silent, "differs");
    let red = changed(&quiet, |own| {
        *own.pointer_mut("/facts/alarms/0/present/state").unwrap() = json!("ALARM");
    });
    check(&red, "differs");
}

#[test]
fn an_outcome_that_the_verdict_cannot_give_is_noticed() {
    let fired = changed(&row(FIRED), |own| own["outcome"] = json!("go"));
    check(&fired, "gives no such outcome");
}

#[test]
fn another_rule_is_said() {
    let quiet = changed(&row(QUIET), |own| own["rule"] = json!("bake/7"));
    check(&quiet, "it was judged by rule `bake/7`");
    let quiet = changed(&row(QUIET), |own| own["evidence"] = json!(9));
    check(&quiet, "it has form 9");
}

#[test]
fn too_little_is_said() {
    for part in ["begun", "facts", "settings"] {
        let quiet = changed(&row(QUIET), |own| own[part] = Value::Null);
        check(&quiet, "it holds not enough");
    }
    let fewer = changed(&row(QUIET), |own| {
        *own.pointer_mut("/facts/alarms").unwrap() = json!([]);
    });
    check(&fewer, "it began with 1 alarms, and 0 were read");
}

#[test]
fn moments_that_no_rule_can_reckon_with_are_refused() {
    for place in [
        "/begun/watched_from/at",
        "/facts/alarms/0/present/transitioned",
    ] {
        let quiet = changed(&row(QUIET), |own| {
            *own.pointer_mut(place).unwrap() = json!("-005000-01-02T00:00:00Z");
        });
        check(&quiet, "no clock of a release shows");
    }
    for place in ["/begun/began", "/begun/start", "/facts/now"] {
        let safe = changed(&row(SAFE), |own| {
            *own.pointer_mut(place).unwrap() = json!("9999-12-30T00:00:00Z");
        });
        check(&safe, "no clock of a release shows");
    }
}

#[test]
fn a_release_that_was_over_is_replayed_from_what_codepipeline_said() {
    let over = all()
        .into_iter()
        .find(|(_, evidence)| {
            let reason = evidence.reason.as_ref();
            reason.is_some_and(|reason| reason.code.is_about_the_release())
        })
        .unwrap()
        .1;
    let untold = changed(&over, |own| {
        own.as_object_mut().unwrap().remove("release");
    });
    check(
        &untold,
        "what CodePipeline said of the release is not there",
    );
}

/// A row in which an alarm fired and recovered between two looks.
pub(super) const FIRED: &str = "an_alarm_that_fires_and_recovers_between_two_looks_fails";
/// A canary that passes.
pub(super) const SAFE: &str = "a_new_version_that_is_as_good_passes";
/// A row that passes.
pub(super) const QUIET: &str = "exactly_the_required_requests_are_enough";

#[test]
fn the_published_schema_knows_every_field_of_evidence() {
    let schema = sluice_gates::evidence_schema();
    let known = schema["properties"].as_object().unwrap();
    let required = schema["required"].as_array().unwrap();
    let codes = schema.pointer("/$defs/ReasonCode").unwrap().to_string();
    for (name, evidence) in all() {
        let value = serde_json::to_value(&evidence).unwrap();
        for field in value.as_object().unwrap().keys() {
            assert!(known.contains_key(field), "{name}: {field}");
        }
        for field in required {
            assert!(
                value.get(field.as_str().unwrap()).is_some(),
                "{name}: {field}"
            );
        }
        if let Some(reason) = &evidence.reason {
            assert!(codes.contains(&format!("\"{}\"", reason.code)), "{name}");
        }
    }
}
