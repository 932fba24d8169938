//! What AWS is told, and which versions of it there were.

use std::collections::BTreeSet;

use super::super::table::{self, Stands};
use super::super::*;

/// What AWS would not take, in words.
fn beyond_limits(own: &ActionType) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |is_wrong: bool, what: &str| {
        if is_wrong {
            found.push(what.to_owned());
        }
    };
    let is_id = |text: &str, most: usize| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        (1..=most).contains(&text.len()) && text.bytes().all(plain)
    };
    say(!is_id(own.provider, 35), "provider");
    say(!is_id(&own.version, 9), "version");
    say(own.properties.len() > PROPERTIES_MAX, "properties");
    let names: BTreeSet<&str> = own.properties.iter().map(|own| own.name).collect();
    say(names.len() < own.properties.len(), "twice");
    for property in &own.properties {
        let length = property.description.chars().count();
        say(property.name.len() > NAME_CHARACTERS_MAX, "name");
        say(
            !(1..=DESCRIPTION_CHARACTERS_MAX).contains(&length),
            "description",
        );
        say(
            property.example.chars().count() > VALUE_CHARACTERS_MAX,
            "example",
        );
    }
    for url in [own.entity_url, own.execution_url] {
        // The longest bucket and table, and the longest region.
        say(
            url.len() + 63 + 255 + 3 * 32 > URL_CHARACTERS_MAX,
            "address",
        );
    }
    found
}

#[test]
fn aws_limits_hold() {
    for own in action_types() {
        assert_eq!(
            beyond_limits(&own),
            Vec::<String>::new(),
            "{}",
            own.provider
        );
    }
}

#[test]
fn every_limit_is_seen_red() {
    #[track_caller]
    fn check(doctor: impl Fn(&mut ActionType), expected: &str) {
        let mut own = action_types().remove(0);
        doctor(&mut own);
        assert_eq!(beyond_limits(&own), [expected]);
    }
    const LONG: &str = "A123456789012345678901234567890123456789012345678901234567890";
    check(|own| own.provider = "Sluice Bake", "provider");
    check(|own| own.version = "1.0".to_owned(), "version");
    check(|own| own.properties[0].name = LONG, "name");
    check(
        |own| own.properties[0].description = "a".repeat(161),
        "description",
    );
    check(|own| own.properties[0].description.clear(), "description");
    check(
        |own| own.properties[1].name = own.properties[0].name,
        "twice",
    );
    let eleventh = |own: &mut ActionType| {
        let mut more = own.properties[0].clone();
        more.name = "More";
        own.properties.push(more);
    };
    check(eleventh, "properties");
}

#[test]
fn names_are_those_of_the_settings_in_the_consoles_spelling() {
    let plain = |text: &str| text.replace('_', "").to_lowercase();
    for table in &table::TABLES {
        for row in table.rows {
            assert!(row.name.starts_with(|c: char| c.is_ascii_uppercase()));
            if let Some(setting) = row.stands.setting() {
                assert_eq!(plain(row.name), plain(setting));
            }
        }
    }
}

#[test]
fn what_is_a_list_in_the_schema_is_one_here() {
    let schema = crate::schema::plan_schema();
    for table in &table::TABLES {
        for row in table.rows {
            let Some(name) = row.stands.setting() else {
                continue;
            };
            let own = describe::property(table.kind.unwrap(), name, &schema).unwrap();
            let is_list = matches!(row.stands, Stands::List(_));
            assert_eq!(own["type"] == "array", is_list, "{}", row.name);
        }
    }
}

#[test]
fn descriptions_are_those_of_the_settings() {
    let types = action_types();
    let said = |provider: &str, name: &str| {
        let own = types.iter().find(|own| own.provider == provider).unwrap();
        let property = own.properties.iter().find(|own| own.name == name).unwrap();
        property.description.clone()
    };
    assert_eq!(
        said("SluiceBake", "For"),
        "How long each alarm has to be known and quiet. For instance: 1h"
    );
    assert_eq!(
        said("SluiceBake", "Mode"),
        "Whether the verdict counts. One of: enforce, watch_only"
    );
    let all = types.iter().flat_map(|own| &own.properties);
    for property in all {
        assert!(!property.description.contains("..."), "{}", property.name);
    }
}

#[test]
fn a_description_ends_with_a_sentence_or_with_a_word() {
    let cut = |text| describe::sentences(text, 20);
    assert_eq!(cut("One two. Three."), "One two. Three.");
    assert_eq!(cut("One two.\nThree four five."), "One two.");
    assert_eq!(cut("One two three four five six."), "One two three ...");
}

#[test]
fn the_links_open_what_is_there() {
    let places = Places {
        region: Some("eu-west-1".to_owned()),
        evidence_bucket: Some("evidence".to_owned()),
        plans_table: Some("plans".to_owned()),
    };
    let settings = action_types()[0].to_json(&places)["settings"].clone();
    let key = execution_id("evidence/checkout/r-1/prod/bake/j-1.html").unwrap();
    let url = settings["executionUrlTemplate"].as_str().unwrap();
    assert_eq!(
        url.replace("{ExternalExecutionId}", key),
        "https://console.aws.amazon.com/s3/object/evidence?region=eu-west-1&prefix=evidence/checkout/r-1/prod/bake/j-1.html"
    );
    assert_eq!(
        settings["entityUrlTemplate"],
        "https://eu-west-1.console.aws.amazon.com/dynamodbv2/home?region=eu-west-1#item-explorer?table=plans"
    );
    let settings = action_types()[3].to_json(&places)["settings"].clone();
    assert_eq!(
        settings["executionUrlTemplate"],
        "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/{ExternalExecutionId}"
    );
}

#[test]
fn the_console_is_that_of_the_region() {
    for (region, host) in [
        ("cn-north-1", "console.amazonaws.cn"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com"),
    ] {
        let region = Some(region.to_owned());
        let json = action_types()[0].to_json(&Places {
            region,
            ..Places::default()
        });
        let url = json["settings"]["executionUrlTemplate"].as_str().unwrap();
        assert!(url.starts_with(&format!("https://{host}/s3/")), "{url}");
    }
}

#[test]
fn an_id_that_would_not_survive_an_address_is_none() {
    assert_eq!(execution_id(""), None);
    assert_eq!(execution_id("a b.html"), None);
    assert_eq!(execution_id("a&b=c.html"), None);
    assert_eq!(execution_id(&"a".repeat(1501)), None);
    assert!(execution_id(&"a".repeat(1500)).is_some());
    assert!(execution_id("evidence/a@b/c_d-e.f.html").is_some());
}

#[test]
fn places_that_nobody_said_stay_open() {
    let json = action_types()[0].to_json(&Places::default());
    let url = json["settings"]["executionUrlTemplate"].as_str().unwrap();
    assert!(
        url.contains("${EvidenceBucket}") && url.contains("${Console}"),
        "{url}"
    );
}
