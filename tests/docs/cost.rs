//! docs/cost.md has the figures that the list of prices, the template and
//! `sluice check` give.

use std::fs;

use sluice::prices;

use super::cost_tables::{PAGE, TEMPLATE, written};
use crate::cli::root;

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

#[test]
fn the_figures_on_the_page_are_those_that_are_computed() {
    let page = text(PAGE);
    assert!(page == written(&page, &text(TEMPLATE)), "run `make docs`");
}

#[test]
fn a_figure_that_is_off_and_an_alarm_more_are_seen() {
    let (page, template) = (text(PAGE), text(TEMPLATE));
    let looks = "| `prod-one-box/bake` | 127 |";
    let doctored = page.replace(looks, "| `prod-one-box/bake` | 128 |");
    assert_ne!(doctored, page);
    assert_eq!(written(&doctored, &template), page);
    let alarm = "  OneMoreAlarm:\n    Type: AWS::CloudWatch::Alarm\n    Properties: {}\n";
    let more = template.replace("\nOutputs:\n", &format!("\n{alarm}\nOutputs:\n"));
    assert_ne!(written(&page, &more), page);
}

#[test]
fn other_pages_leave_the_arithmetic_to_that_page() {
    for name in ["README.md", "docs/deploy.md"] {
        let text = text(name);
        assert!(text.contains("cost.md"), "{name} does not link to it");
        assert!(
            !text.contains("0.0000166667"),
            "{name} has a price of its own"
        );
    }
}

#[test]
fn prices_that_are_written_elsewhere_are_those_of_the_list() {
    let transition = prices::TRANSITION.dollars;
    let read = prices::READ.dollars;
    let written = [
        (
            "tests/machines/sizes.py",
            format!("DOLLARS = {transition} / 1000"),
        ),
        ("docs/stage-checks.md", format!("${transition} for 1,000")),
        ("docs/canary.md", format!("(${read} for a thousand)")),
        ("cli/src/check/show.rs", format!("${read} for a thousand")),
    ];
    for (name, price) in written {
        assert!(text(name).contains(&price), "{name} does not say {price}");
    }
}
