//! What the study rests on.

use std::time::Duration;

use sluice_core::Verdict;

use super::table::interval;
use super::{Answer, GATES, KINDS, PAGE, Release, Row, Size, answer, study, written};

#[test]
fn the_same_number_is_the_same_release_with_the_same_answer() {
    let release = Release::draw(3, 2);
    assert_eq!(release, Release::draw(3, 2));
    assert_ne!(release, Release::draw(3, 3));
    let minutes = || answer(&release, &GATES[0]).minutes;
    assert_eq!(minutes().to_bits(), minutes().to_bits());
}

#[test]
fn every_gate_answers_each_release_of_the_study() {
    let size = Size {
        harmless: 2,
        harmful: 0,
    };
    let rows = study(size, 2, |_, _| {});
    assert_eq!(rows.len(), 2);
    for answer in rows.iter().flat_map(|row| &row.answers) {
        assert!(answer.verdict.is_some() && answer.minutes > 3.0, "{rows:?}");
    }
}

#[test]
fn intervals_are_the_exact_ones() {
    let check = |count, of, expected: [f64; 2]| {
        let found = interval(count, of);
        for (own, expected) in found.iter().zip(expected) {
            assert!((own - expected).abs() < 1e-4, "{count} of {of}: {found:?}");
        }
    };
    // By scipy.stats.binomtest(...).proportion_ci("exact").
    check(0, 100, [0.0, 0.036_217]);
    check(5, 100, [0.016_432, 0.112_835]);
    check(100, 100, [0.963_783, 1.0]);
}

#[test]
fn the_page_has_the_table_that_the_command_writes() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let size = Size {
        harmless: 1,
        harmful: 1,
    };
    let rows: Vec<Row> = (0..KINDS.len())
        .map(|kind| Row {
            kind,
            answers: vec![
                Answer {
                    verdict: Some(Verdict::Pass),
                    minutes: 9.0,
                };
                GATES.len()
            ],
        })
        .collect();
    let own = written(&page, &rows, size, Duration::from_secs(1)).expect("the page has the marks");
    let names = |text: &str| -> Vec<String> {
        let rows = text.lines().filter(|line| line.starts_with("| "));
        rows.map(|line| line.split('|').take(3).collect::<String>())
            .collect()
    };
    assert_eq!(names(&page), names(&own));
}
