//! Which stages are production, and how urgent a notice is.

use serde_json::{Value, json};

use super::*;

#[test]
fn a_stage_is_production_if_a_layer_says_so() {
    let says = |patterns: Value| section(json!({"production": patterns}));
    let (none, live, eu) = (
        section(json!({})),
        says(json!(["live"])),
        says(json!(["*-eu"])),
    );
    let production = |stage: &str, own: &[&Notifications]| {
        let layers: Vec<(&str, &Notifications)> = own.iter().map(|own| ("layer", *own)).collect();
        is_production(&layers, stage)
    };
    assert!(production("prod-eu", &[]) && production("prod", &[&none]));
    assert!(!production("prod", &[&live]) && production("live", &[&live, &eu]));
    assert!(production("beta-eu", &[&live, &eu]));
}

#[test]
fn how_urgent_a_notice_is() {
    use Severity::{Critical, Error, Info, Warning};
    let of = |kind, result, production| severity(kind, Some(result), production, None);
    assert_eq!(of(Kind::Broken, Result::Failed, true), Critical);
    assert_eq!(of(Kind::FailedAgain, Result::Action, true), Critical);
    assert_eq!(of(Kind::Broken, Result::Failed, false), Error);
    assert_eq!(of(Kind::Broken, Result::Inconclusive, true), Error);
    assert_eq!(of(Kind::Broken, Result::PlanError, true), Error);
    assert_eq!(of(Kind::Broken, Result::Error, false), Warning);
    assert_eq!(severity(Kind::Broken, None, true, None), Critical);
    for (came, expected) in [
        (RollbackResult::RolledBack, Info),
        (RollbackResult::NotNeeded, Info),
        (RollbackResult::Failed, Critical),
        (RollbackResult::Refused, Critical),
        (RollbackResult::NoTarget, Critical),
        (RollbackResult::Unknown, Critical),
    ] {
        assert_eq!(severity(Kind::Rollback, None, false, Some(came)), expected);
    }
    assert_eq!(severity(Kind::WentOn, None, true, None), Warning);
    for kind in [Kind::Mended, Kind::Passed, Kind::Said] {
        assert_eq!(severity(kind, None, true, None), Info);
    }
}
