//! A rehearsed day is thousands of looks; none may cost what a day costs.

use std::time::Duration;

use serde_json::json;

use super::Bed;

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
    let input = json!({ "AlarmNames": names });
    let started = std::time::Instant::now();
    for look in 0..2640 {
        bed.call(&format!("{}s", look * 30), "DescribeAlarms", &input);
    }
    let each = started.elapsed() / 2640;
    assert!(each < Duration::from_millis(5), "{each:?} a look");
    println!("{each:?} a look");
}
