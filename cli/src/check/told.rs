//! Who is told what, as `sluice check` shows it.

use serde::Serialize;
use sluice_core::layers::Pattern;
use sluice_core::notices::{Hours, Notifications, Route};

/// One line for each route, and for what holds for all of them.
pub(super) fn lines(section: &Notifications) -> Vec<String> {
    let mut lines: Vec<String> = section
        .routes
        .iter()
        .map(|own| route(own, section))
        .collect();
    if lines.is_empty() {
        lines.push("tells nobody by itself: it has no route".to_owned());
    }
    if let Some(quiet) = &section.quiet {
        let but = match quiet.silence_production {
            true => "failures in production, too",
            false => "but no failure in production",
        };
        lines.push(format!(
            "quiet {}: told after it, {but}",
            hours(&quiet.hours())
        ));
    }
    lines
}

/// `tells team (slack) of broken, mended at prod-*, from warning, 08:00 to 18:00 Europe/Berlin`
fn route(route: &Route, section: &Notifications) -> String {
    let named = |name: &String| match section.channels.get(name) {
        Some(channel) => format!("{name} ({})", channel.kind()),
        None => name.clone(),
    };
    let to: Vec<String> = route.to.iter().map(named).collect();
    let mut line = format!("tells {}", to.join(", "));
    if !route.about.is_empty() {
        line += &format!(" of {}", words(&route.about));
    }
    if !route.stages.is_empty() {
        let stages: Vec<&str> = route.stages.iter().map(Pattern::text).collect();
        line += &format!(" at {}", stages.join(", "));
    }
    if !route.results.is_empty() {
        line += &format!(", only {}", words(&route.results));
    }
    if let Some(severity) = route.severity {
        line += &format!(", from {}", words(&[severity]));
    }
    if let Some(between) = &route.between {
        line += &format!(", {}", hours(between));
    }
    line
}

/// `22:00 to 07:00 Europe/Berlin on sat, sun`
fn hours(hours: &Hours) -> String {
    let mut shown = format!("{} to {} {}", hours.from, hours.to, hours.zone);
    if !hours.days.is_empty() {
        shown += &format!(" on {}", words(&hours.days));
    }
    shown
}

/// The words as people write them.
fn words<T: Serialize>(items: &[T]) -> String {
    let word = |item: &T| {
        let json = serde_json::to_value(item).unwrap_or_default();
        json.as_str().unwrap_or_default().to_owned()
    };
    items.iter().map(word).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use sluice_core::plan::Plan;

    use super::*;

    #[test]
    fn each_route_is_one_line_and_quiet_hours_are_another() {
        let text = r#"
service: a
stages: {p: {gates: [{clear: {alarms: [a]}}]}}
notifications:
  channels: { team: { slack: { webhook: { secret: a } } } }
  routes:
    - { to: [team, desk] }
    - to: [team]
      about: [broken, mended]
      stages: ["prod-*"]
      results: [failed]
      severity: warning
      between: { from: "08:00", to: "18:00", days: [mon, fri], zone: Europe/Berlin }
  quiet: { from: "22:00", to: "07:00", zone: UTC }
"#;
        let plan = Plan::read_yaml(text).expect("a plan");
        let section = plan.notifications.expect("a section");
        assert_eq!(
            lines(&section),
            [
                "tells team (slack), desk",
                "tells team (slack) of broken, mended at prod-*, only failed, from warning, 08:00 to 18:00 Europe/Berlin on mon, fri",
                "quiet 22:00 to 07:00 UTC: told after it, but no failure in production",
            ]
        );
    }
}
