//! Cases drawn from a seed.

use sluice_world::random::Random;

use super::draw_faults::faults;
use super::sketch::{Case, Sketch};
use super::subjects::{HOSTS, SUBJECTS, Subject};

impl Case {
    /// The case of this seed.
    pub fn draw(seed: u64) -> Case {
        // Seeds in a row would draw alike.
        let mut random = Random::from_seed(seed.wrapping_mul(0xD134_2543_DE82_EF95));
        let subject = subject(&mut random);
        let sketch = (subject.draw)(&mut random);
        let with_bucket = !random.percent(12);
        let faults = faults(&mut random);
        Case {
            host: random.one_of(&HOSTS),
            ..Case::of(seed, sketch, with_bucket, faults)
        }
    }
}

/// One of the subjects, by their weights.
fn subject(random: &mut Random) -> Subject {
    let mut at = random.below(SUBJECTS.iter().map(|own| own.weight).sum());
    for subject in SUBJECTS {
        match at.checked_sub(subject.weight) {
            Some(rest) => at = rest,
            None => return subject,
        }
    }
    SUBJECTS[0]
}

/// Plan and scenario as they are, with the faults of this seed.
pub fn with_faults_over(seed: u64, plan: String, scenario: String) -> Case {
    let mut random = Random::from_seed(seed.wrapping_mul(0xD134_2543_DE82_EF95));
    Case {
        seed,
        sketch: None,
        plan,
        scenario,
        with_bucket: true,
        faults: faults(&mut random),
        host: random.one_of(&HOSTS),
    }
}

/// A hundred requests in ten minutes are enough.
pub(super) const MEASURED: &str =
    "traffic: { metric: { namespace: Shop, name: Requests }, at_least: 100 }";

pub(super) fn empty(kind: &'static str) -> Sketch {
    Sketch {
        kind,
        needed: Vec::new(),
        settings: Vec::new(),
        policies: Vec::new(),
        requests: vec!["constant: 20".to_owned()],
        metrics: Vec::new(),
        alarms: Vec::new(),
        extra_alarms: Vec::new(),
        pipeline: Vec::new(),
        happenings: Vec::new(),
        refusals: Vec::new(),
        tested: Vec::new(),
    }
}

/// What the kinds of gates share: alarms that move, a pipeline that pauses.
pub(super) fn surroundings(random: &mut Random, sketch: &mut Sketch) {
    let scripted = 1 + random.below(3);
    for index in 0..scripted {
        let name = format!("alarm-{index}");
        let states = states(random);
        let trouble = if random.percent(8) {
            let at = random.below(20);
            format!(
                ", evaluation_error: [ {{ at: {STAGE_AT} + {at}m, for: 3m, state: EVALUATION_ERROR }} ]"
            )
        } else {
            String::new()
        };
        let line = format!("{{ name: {name}, states: [ {states} ]{trouble} }}");
        sketch.alarms.push((name, line));
    }
    if random.percent(50) {
        measured_alarm(random, sketch);
    }
    if random.percent(25) {
        let line = "{ name: any, rule: 'ALARM(\"alarm-0\")' }".to_owned();
        sketch.alarms.push(("any".to_owned(), line));
    }
    around(random, sketch);
}

/// What does not depend on what a gate reads.
pub(super) fn around(random: &mut Random, sketch: &mut Sketch) {
    pipeline(random, sketch);
    happenings(random, sketch);
    refusals(random, sketch);
}

const STAGE_AT: &str = "prod";

/// The states of an alarm; often it only is OK.
fn states(random: &mut Random) -> String {
    let first = random.one_of(&[
        "OK",
        "OK",
        "OK",
        "OK",
        "OK",
        "OK",
        "OK",
        "OK",
        "OK",
        "OK",
        "ALARM",
        "INSUFFICIENT_DATA",
    ]);
    let mut states = format!("{{ at: -2h, state: {first} }}");
    if first != "OK" || random.percent(25) {
        let mut at = i64::try_from(random.below(25 * 60)).unwrap_or(0) - 5 * 60;
        let mut state = if first == "OK" {
            random.one_of(&["ALARM", "ALARM", "INSUFFICIENT_DATA"])
        } else {
            "OK"
        };
        for _ in 0..=random.below(3) {
            let sign = if at < 0 { '-' } else { '+' };
            let seconds = at.abs();
            states.push_str(&format!(
                ", {{ at: {STAGE_AT} {sign} {seconds}s, state: {state} }}"
            ));
            at += 20 + i64::try_from(random.below(400)).unwrap_or(0);
            state = if state == "OK" { "ALARM" } else { "OK" };
        }
    }
    states
}

/// An alarm that CloudWatch evaluates from datapoints.
fn measured_alarm(random: &mut Random, sketch: &mut Sketch) {
    let spike = if random.percent(30) {
        let (at, length) = (random.below(20), 1 + random.below(5));
        format!(", {{ spike: {{ at: {STAGE_AT} + {at}m, for: {length}m, add: 40 }} }}")
    } else {
        String::new()
    };
    let gap = if random.percent(15) {
        format!(
            ", {{ gap: {{ at: {STAGE_AT} + {}m, for: 5m }} }}",
            random.below(15)
        )
    } else {
        String::new()
    };
    let of = 1 + random.below(3);
    let breaching = 1 + random.below(of);
    let missing = random.one_of(&["missing", "notBreaching", "breaching", "ignore"]);
    let late = random.one_of(&["30s", "60s", "120s"]);
    sketch.metrics.push(format!(
        "errors: {{ namespace: Shop, name: Errors, late: {late}, values: [ {{ constant: 1 }}{spike}{gap} ] }}"
    ));
    sketch.alarms.push((
        "errors".to_owned(),
        format!(
            "{{ name: errors, metric: errors, stat: Sum, above: 5, datapoints: {breaching} of {of}, missing: {missing} }}"
        ),
    ));
}

fn pipeline(random: &mut Random, sketch: &mut Sketch) {
    let every = random.one_of(&[
        "3m",
        "4m",
        "5m",
        "{ from: 3m, to: 15m }",
        "{ from: 2m, to: 8m }",
    ]);
    sketch.pipeline.push(format!("look_every: {every}"));
    if random.percent(30) {
        let mode = random.one_of(&["QUEUED", "PARALLEL"]);
        sketch.pipeline.push(format!("mode: {mode}"));
    }
    if random.percent(5) {
        sketch.pipeline.push("rollback: true".to_owned());
    }
}

fn happenings(random: &mut Random, sketch: &mut Sketch) {
    if random.percent(6) {
        let (at, abandon) = (random.below(20), random.percent(50));
        sketch.happenings.push(format!(
            "{{ at: {STAGE_AT} + {at}m, stop: {{ abandon: {abandon} }} }}"
        ));
    }
    if random.percent(10) {
        let at = random.below(20);
        sketch
            .happenings
            .push(format!("{{ at: {STAGE_AT} + {at}m, next_release: {{}} }}"));
    }
}

/// A service that is unwell for a while.
fn refusals(random: &mut Random, sketch: &mut Sketch) {
    if random.percent(15) {
        let call = random.one_of(&[
            "cloudwatch:*",
            "cloudwatch:DescribeAlarms",
            "cloudwatch:DescribeAlarmHistory",
            "cloudwatch:GetMetricData",
            "codepipeline:*",
            "codepipeline:GetPipelineState",
            "s3:*",
            "s3:PutObject",
        ]);
        let kinds = [
            "Throttling",
            "InternalError",
            "Timeout",
            "Reset",
            "AccessDenied",
        ];
        let (error, at, length) = (random.one_of(&kinds), random.below(20), 1 + random.below(9));
        sketch.refusals.push(format!(
            "{{ call: \"{call}\", error: {error}, at: {STAGE_AT} + {at}m, for: {length}m }}"
        ));
    }
}
