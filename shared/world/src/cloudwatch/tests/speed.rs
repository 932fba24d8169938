//! A rehearsed day is thousands of looks; none may cost what a day costs.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Bed;
use crate::wire::Protocol;

/// A bake of 22 hours that looks each 30 seconds.
const LOOKS: u16 = 2640;

#[test]
fn a_bake_of_a_day_is_read_in_seconds() {
    let mut scenario = "metrics:\n  m: { namespace: N, name: M, values: [ constant: 9, noise: { sd: 1 } ] }\nalarms:\n".to_owned();
    for number in 0..20 {
        scenario += &format!(
            "  - {{ name: alarm-{number:02}, metric: m, stat: Sum, above: 500, datapoints: 3 of 5 }}\n"
        );
    }
    let mut bed = Bed::new(&scenario);
    let names: Vec<String> = (0..20).map(|number| format!("alarm-{number:02}")).collect();
    let mut body = Vec::new();
    ciborium::into_writer(&json!({ "AlarmNames": names }), &mut body).expect("CBOR");
    let mut look = |moment: Timestamp| {
        let answer = bed
            .cloudwatch
            .call("DescribeAlarms", Protocol::Cbor, &body, moment);
        assert!(answer.is_ok());
    };
    let begin = "2026-03-03T09:00:00Z".parse::<Timestamp>().expect("a time");
    let started = Instant::now();
    for number in 0..LOOKS {
        look(begin + SignedDuration::from_secs(30) * i32::from(number));
    }
    let each = started.elapsed() / u32::from(LOOKS);
    let end = begin + SignedDuration::from_secs(30) * i32::from(LOOKS);
    let started = Instant::now();
    for _ in 0..LOOKS {
        look(end);
    }
    let answering = started.elapsed() / u32::from(LOOKS);
    println!("{each:?} a look, of which {answering:?} to answer");
    // Many times what it takes, for busy machines and builds without optimization.
    assert!(each < Duration::from_millis(5), "{each:?} a look");
}
