//! docs/plans.md has the table of what is tighter, as the code has it.

use sluice_core::layers::tighter::{Rule, table};

fn tighter(rule: Rule) -> String {
    match rule {
        Rule::Longer(_) => "longer".to_owned(),
        Rule::Shorter(_) => "shorter".to_owned(),
        Rule::More => "greater".to_owned(),
        Rule::Less => "smaller".to_owned(),
        Rule::Words(words, _) => {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            words.join(" < ")
        }
        Rule::Fixed(word) => format!("only `{word}`"),
        Rule::Flag(tight, _) => format!("`{tight}`"),
        Rule::Adds => "more of them".to_owned(),
        Rule::Completes(_) => "given where nobody gave it".to_owned(),
        Rule::Measured => "from `not_measured` to a metric".to_owned(),
        Rule::RollBack => "from `no` to anything else".to_owned(),
    }
}

#[test]
fn the_page_has_the_table_of_what_is_tighter() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/plans.md"));
    let rows = table().iter().map(|row| {
        let words = tighter(row.rule);
        format!("| {} | `{}` | {words} |\n", row.block, row.setting)
    });
    let expected: String = rows.collect();
    let text = text.unwrap();
    assert!(text.contains(&expected), "the table should be:\n{expected}");
}
