//! A definition that changed has a new version, and none is forgotten.

use super::super::versions::{Listed, listed};
use super::super::*;

/// What has to be written into the list, and why.
fn mistakes(types: &[ActionType], listed: &Listed) -> Vec<String> {
    let none = Vec::new();
    let mut found = Vec::new();
    for own in types {
        let (provider, sha256) = (own.provider, own.digest());
        let versions = listed.get(provider).unwrap_or(&none);
        if versions.last().is_none_or(|last| last.sha256 != sha256) {
            let next = versions.len() + 1;
            found.push(format!(
                "the definition of {provider} is new, and AWS lets nobody edit one: add \
                 {{ \"version\": \"{next}\", \"sha256\": \"{sha256}\" }} behind its versions in actions/versions.json \
                 (or, if nobody can have installed the last one yet, in its place)"
            ));
        }
        for (index, version) in versions.iter().enumerate() {
            let number = (index + 1).to_string();
            if version.version != number {
                found.push(format!(
                    "version `{}` of {provider} stands where version {number} should: they are numbers \
                     from 1, and none is taken out",
                    version.version
                ));
            }
        }
    }
    let is_known = |name: &str| types.iter().any(|own| own.provider == name);
    for name in listed.keys().filter(|name| !is_known(name)) {
        found.push(format!(
            "versions.json has {name}, and no such action type is defined"
        ));
    }
    found
}

#[test]
fn a_definition_has_the_version_that_is_listed_with_its_digest() {
    let found = mistakes(&action_types(), &listed());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_changed_definition_asks_for_a_new_version() {
    let mut types = action_types();
    types[0].properties[2].description = "Changed.".to_owned();
    let [found] = mistakes(&types, &listed()).try_into().unwrap();
    let (next, digest) = (listed()["SluiceBake"].len() + 1, types[0].digest());
    let expected = format!("{{ \"version\": \"{next}\", \"sha256\": \"{digest}\" }}");
    assert!(
        found.contains("SluiceBake") && found.contains(&expected),
        "{found}"
    );

    let mut types = action_types();
    types[3].outputs = (0, 2);
    assert_eq!(mistakes(&types, &listed()).len(), 1);
    types.remove(3);
    let [gone] = mistakes(&types, &listed()).try_into().unwrap();
    assert!(gone.contains("SluiceStageChecks"), "{gone}");
}

#[test]
fn a_version_that_was_taken_out_is_missed() {
    let mut listed = listed();
    let own = listed.get_mut("SluiceCanary").unwrap();
    // As if there had been two more before it.
    own.last_mut().unwrap().version = "3".to_owned();
    let found = mistakes(&action_types(), &listed).join("\n");
    assert!(found.contains("version `3` of SluiceCanary"), "{found}");
}

#[test]
fn all_versions_are_served() {
    let listed = listed();
    let served = served();
    assert_eq!(served.len(), listed.values().map(Vec::len).sum::<usize>());
    for own in action_types() {
        assert!(served.contains(&(own.provider.to_owned(), own.version)));
    }
}
