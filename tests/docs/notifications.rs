//! The settings that docs/notifications.md shows are read, without a remark.

use sluice_core::plan::Plan;

#[test]
fn the_settings_that_the_page_shows_are_accepted() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/notifications.md");
    let text = std::fs::read_to_string(page).unwrap();
    let (_, rest) = text.split_once("<!-- notifications: begin -->").unwrap();
    let (block, _) = rest.split_once("<!-- notifications: end -->").unwrap();
    let yaml = block
        .trim()
        .trim_start_matches("```yaml")
        .trim_end_matches("```");
    let plan =
        format!("service: a\nstages: {{p: {{gates: [{{clear: {{alarms: [a]}}}}]}}}}\n{yaml}");
    let (plan, warnings) = Plan::read_yaml_with_warnings(&plan).unwrap();
    assert!(
        warnings.is_empty(),
        "{}",
        warnings.render("notifications.md", None)
    );
    assert_eq!(plan.notifications.unwrap().channels.len(), 6);
}
