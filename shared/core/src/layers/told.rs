//! Who is told what, by the layers that say so.

use super::document::Layer;
use crate::notices::Notifications;
use crate::words::{closest, quote, quote_all};

/// The sections of layers with their labels, in the order in which they hold.
pub fn sections(layers: &[Layer]) -> Vec<(&str, &Notifications)> {
    let mut layers: Vec<&Layer> = layers.iter().collect();
    layers.sort_by_key(|layer| (layer.scope.is_none(), layer.scope.clone()));
    let sections = layers.into_iter().filter_map(|layer| {
        let section = layer.notifications.as_ref()?;
        Some((layer.label.as_str(), section))
    });
    sections.collect()
}

/// What is wrong between sections, each with its place: a channel of an earlier
/// one that is changed, and a route to a channel that there is none.
///
/// Nobody is left untold for it: the earlier channel holds, and in place of
/// one that there is none the installation's default channel is told.
pub fn mistold(sections: &[(&str, &Notifications)]) -> Vec<String> {
    let mut found = Vec::new();
    for (index, (label, section)) in sections.iter().enumerate() {
        let (earlier, upto) = (&sections[..index], &sections[..=index]);
        for (name, channel) in &section.channels {
            let other = earlier
                .iter()
                .find(|(_, own)| own.channels.get(name).is_some_and(|own| own != channel));
            if let Some((other, _)) = other {
                found.push(format!(
                    "`{label}` changes `notifications.channels.{name}`, which is a channel of `{other}`: give it another name"
                ));
            }
        }
        let known: Vec<&str> = upto
            .iter()
            .flat_map(|(_, own)| own.channels.keys().map(String::as_str))
            .collect();
        for (index, route) in section.routes.iter().enumerate() {
            for name in route
                .to
                .iter()
                .filter(|name| !known.contains(&name.as_str()))
            {
                found.push(format!(
                    "`{label}` tells a channel in `notifications.routes[{index}].to` that there is none: {}",
                    instead(name, &known)
                ));
            }
        }
    }
    found
}

/// `` `teem`; did you mean `team`? ``
fn instead(name: &str, known: &[&str]) -> String {
    match closest(name, known) {
        Some(guess) => format!("{}; did you mean `{guess}`?", quote(name)),
        None => format!("{}; there are {}", quote(name), quote_all(known)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scope;
    use super::*;

    fn layer(scope: &str, notifications: &str) -> Layer {
        let scope: Scope = scope.parse().unwrap();
        let text = format!("notifications: {notifications}");
        Layer::read(&scope, &scope.to_string(), &text, |_| Ok(())).unwrap()
    }

    const TEAM: &str =
        r#"{channels: {team: {sns: {topic: "arn:aws:sns:eu-west-1:111122223333:team"}}}}"#;
    const OTHER: &str =
        r#"{channels: {team: {sns: {topic: "arn:aws:sns:eu-west-1:111122223333:other"}}}}"#;

    #[test]
    fn a_layer_that_only_says_who_is_told_is_one() {
        let layer = layer("organisation", TEAM);
        assert_eq!(layer.patterns().count(), 0);
        assert!(layer.notifications.unwrap().channels.contains_key("team"));
    }

    #[test]
    fn sections_come_in_the_order_in_which_layers_hold() {
        let layers = [
            layer("service:a", TEAM),
            layer("organisation", TEAM),
            layer("stage:prod", TEAM),
            layer("stage:*", TEAM),
        ];
        let labels: Vec<&str> = sections(&layers)
            .into_iter()
            .map(|(label, _)| label)
            .collect();
        assert_eq!(
            labels,
            ["organisation", "stage:*", "stage:prod", "service:a"]
        );
    }

    #[test]
    fn a_later_layer_changes_no_channel_of_an_earlier_one() {
        let layers = [layer("organisation", TEAM), layer("service:a", OTHER)];
        assert_eq!(
            mistold(&sections(&layers)),
            [
                "`service:a` changes `notifications.channels.team`, which is a channel of `organisation`: give it another name"
            ]
        );
        let same = [layer("organisation", TEAM), layer("service:a", TEAM)];
        assert!(mistold(&sections(&same)).is_empty());
    }

    #[test]
    fn a_route_to_no_channel_is_named_with_what_was_meant() {
        let routes = "{routes: [{to: [team]}, {to: [teem]}]}";
        let layers = [layer("organisation", TEAM), layer("service:a", routes)];
        assert_eq!(
            mistold(&sections(&layers)),
            [
                "`service:a` tells a channel in `notifications.routes[1].to` that there is none: `teem`; did you mean `team`?"
            ]
        );
    }

    #[test]
    fn the_first_layer_is_held_to_its_own_channels_with_the_place() {
        let text = "notifications:\n  channels:\n    team: {eventbridge: {bus: audit}}\n  routes:\n    - to: [team, tema]\n";
        let problems =
            Layer::read(&Scope::Organisation, "organisation", text, |_| Ok(())).unwrap_err();
        assert_eq!(
            problems.render("organisation", None).trim_end(),
            "organisation:5:18: notifications.routes[0].to[1]: there is no channel `tema`\n  hint: did you mean `team`? known are `team`"
        );
    }
}
