//! Reading Kayenta configurations: everything is read, refused or noted.

use serde_json::json;
use sluice_judge::kayenta::{
    Configuration, ConfigurationError, Direction, MetricRules, NanStrategy,
};

#[test]
fn options_are_read_and_unknown_ones_are_said() {
    let read = MetricRules::from_analysis(&json!({ "canary": {
        "direction": "decrease", "nanStrategy": "replace", "critical": true, "mustHaveData": true,
        "effectSize": { "measure": "cles", "allowedIncrease": 0.7, "criticalDecrease": 0.2 },
        "outliers": { "strategy": "remove", "outlierFactor": 2.5 }, "sensitivity": "high" } }));
    let (rules, muted, unread) = read.expect("it reads");
    assert_eq!(
        (rules.direction, rules.nan_strategy),
        (Direction::Decrease, NanStrategy::Replace)
    );
    assert_eq!(
        (rules.critical, rules.must_have_data, muted),
        (true, true, false)
    );
    assert_eq!(
        (
            rules.allowed.increase,
            rules.allowed.decrease,
            rules.critical_at.decrease
        ),
        (0.7, 0.5, 0.2)
    );
    assert_eq!(rules.outlier_factor, Some(2.5));
    assert_eq!(unread.len(), 1);
    assert_eq!(unread[0].path, "analysisConfigurations.canary.sensitivity");
}

#[test]
fn unknown_words_are_taken_as_kayenta_takes_them_and_said() {
    let read =
        MetricRules::from_analysis(&json!({ "direction": "sideways", "nanStrategy": "guess" }));
    let (rules, _, unread) = read.expect("it reads");
    assert_eq!(
        (rules.direction, rules.nan_strategy),
        (Direction::Either, NanStrategy::Remove)
    );
    assert_eq!(unread.len(), 2);
}

#[test]
fn configuration_without_thresholds_or_of_wrong_type_is_refused() {
    let refused = |value: serde_json::Value| {
        Configuration::from_json(&value.to_string())
            .expect_err("refused")
            .to_string()
    };
    assert!(
        refused(json!({ "metrics": [], "classifier": {} })).contains("classifier.scoreThresholds")
    );
    let wrong = json!({ "metrics": [{ "name": "a", "analysisConfigurations": { "canary": { "critical": "yes" } } }],
        "classifier": { "scoreThresholds": { "pass": 1, "marginal": 0 } } });
    assert!(refused(wrong).contains("metrics[0].analysisConfigurations.canary.critical"));
    assert!(matches!(
        Configuration::from_json("{"),
        Err(ConfigurationError::NotJson(_))
    ));
}

/// Sample configurations beside the repository, if they are there.
#[test]
fn sample_configurations_are_read_with_every_query_noted() {
    let beside = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/kayenta_configs"
    );
    let folder = std::env::var("JUDGE_KAYENTA_CONFIGS").unwrap_or_else(|_| beside.into());
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!(
            "skipped: no configurations at {folder}; set JUDGE_KAYENTA_CONFIGS to a folder of them"
        );
        return;
    };
    let mut read = 0;
    for path in entries.flatten().map(|entry| entry.path()) {
        let text = std::fs::read_to_string(&path).expect("readable");
        let configuration = Configuration::from_json(&text).expect("it reads");
        let queries = configuration
            .unread
            .iter()
            .filter(|unread| unread.path.ends_with(".query"))
            .count();
        assert_eq!(queries, configuration.metrics.len(), "{}", path.display());
        read += 1;
    }
    println!("{read} configurations read ({folder})");
}
