//! Canaries drawn from a seed: plans with short horizons, and worlds in which
//! the new version is as good as the old one, worse from some minute on,
//! silent, or where too little is known.

use sluice_world::random::Random;

use super::draw::{around, empty};
use super::sketch::Sketch;
use super::subjects::Ends;

const GROUPS: &str = "namespace: Shop, groups: { baseline: { dimensions: { Version: old } }, \
                      canary: { dimensions: { Version: new } } }";

const ERRORS: &str = "name: errors, count: Errors, of: Calls";
const LATENCY: &str = "name: latency, series: Time, stat: p90, tolerance: 50%";

/// What a world is like. Each series is a list of layers; none is no series.
struct Series {
    calls: [String; 2],
    errors: [String; 2],
    time: [String; 2],
    /// Behind each value of the latency.
    samples: u64,
    late: &'static str,
}

/// Both versions the same, and enough traffic for a verdict.
fn no_worse() -> Series {
    let both = |layers: &str| [layers.to_owned(), layers.to_owned()];
    Series {
        calls: both("{ constant: 9000 }, { noise: { sd: 90 } }"),
        errors: both("{ constant: 60 }, { noise: { sd: 6 } }"),
        time: both("{ constant: 0.4 }, { noise: { sd: 0.01 } }"),
        samples: 500,
        late: "60s",
    }
}

impl Series {
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (side, version) in ["old", "new"].into_iter().enumerate() {
            let all = [
                ("Calls", &self.calls, 1),
                ("Errors", &self.errors, 1),
                ("Time", &self.time, self.samples),
            ];
            for (name, layers, samples) in all {
                let (late, layers) = (self.late, &layers[side]);
                if layers.is_empty() {
                    continue;
                }
                lines.push(format!(
                    "{name}-{version}: {{ namespace: Shop, name: {name}, dimensions: {{ Version: {version} }}, \
                     late: {late}, samples: {samples}, floor: 0, values: [ {layers} ] }}"
                ));
            }
        }
        lines
    }

    fn all_of_new(&mut self) -> [&mut String; 3] {
        [&mut self.calls[1], &mut self.errors[1], &mut self.time[1]]
    }

    fn all(&mut self) -> impl Iterator<Item = &mut String> {
        self.calls
            .iter_mut()
            .chain(&mut self.errors)
            .chain(&mut self.time)
    }
}

/// Something happens to a series from a minute of the gate on.
fn from_minute(layers: &mut String, what: &str, minute: u64, minutes: u64, with: &str) {
    layers.push_str(&format!(
        ", {{ {what}: {{ at: prod + {minute}m, for: {minutes}m{with} }} }}"
    ));
}

fn world(random: &mut Random) -> Series {
    let mut own = no_worse();
    let minute = random.below(12);
    match random.below(17) {
        0..=3 => {}
        4 | 5 | 14 | 15 => {
            let add = random.one_of(&[60, 120, 400]);
            from_minute(
                &mut own.errors[1],
                "spike",
                minute,
                600,
                &format!(", add: {add}"),
            );
        }
        6 => {
            let add = random.one_of(&["0.2", "0.4", "2"]);
            from_minute(
                &mut own.time[1],
                "spike",
                minute,
                600,
                &format!(", add: {add}"),
            );
        }
        7 | 16 => {
            for layers in own.all_of_new() {
                from_minute(layers, "gap", minute, 600, "");
            }
        }
        8 => own.all_of_new().into_iter().for_each(String::clear),
        9 => own.all().for_each(String::clear),
        10 => {
            let length = 1 + random.below(12);
            own.all()
                .for_each(|layers| from_minute(layers, "gap", minute, length, ""));
        }
        11 => own.samples = random.one_of(&[5, 19, 20]),
        12 => own.calls[1] = "{ constant: 4000 }, { noise: { sd: 60 } }".to_owned(),
        _ => {
            let quiet = "{ constant: 40 }, { noise: { sd: 4 } }";
            own.calls = [quiet.to_owned(), quiet.to_owned()];
            own.errors = [1, 1].map(|many| format!("{{ constant: {many} }}"));
        }
    }
    own.late = random.one_of(&["30s", "60s", "60s", "60s", "120s", "200s"]);
    own
}

pub(super) fn canary(random: &mut Random) -> Sketch {
    let mut sketch = empty("canary");
    sketch.needed.push(GROUPS.to_owned());
    sketch.metrics = world(random).lines();
    let must = if random.percent(70) {
        ", must_have_data: true"
    } else {
        ""
    };
    let tolerance = random.one_of(&["", ", tolerance: 100%", ", tolerance: 50%"]);
    let errors = format!("{{ {ERRORS}{tolerance}{must} }}");
    let gating = if random.percent(15) {
        ", gating: false"
    } else {
        ""
    };
    let latency = format!("{{ {LATENCY}{gating} }}");
    sketch.needed.push(match random.below(3) {
        0 => format!("metrics: [ {errors} ]"),
        _ => format!("metrics: [ {errors}, {latency} ]"),
    });
    let horizon = random.one_of(&[10, 12, 15, 20]);
    let at_most = horizon + random.one_of(&[6, 10, 15]);
    sketch
        .needed
        .push(format!("horizon: {horizon}m, at_most: {at_most}m"));
    around(random, &mut sketch);
    settings(random, &mut sketch);
    sketch
}

fn settings(random: &mut Random, sketch: &mut Sketch) {
    for (chance, words) in [
        (30, "traffic: { count: Calls, canary_share: 50% }"),
        (20, "at_least: 8m"),
        (10, "closed_after: 1m"),
        (10, "closed_after: 4m"),
        (25, "when_undecided: accept, accept_at_most: 1.5x"),
        (5, "release_check: off"),
        (4, "mode: watch_only"),
        (4, "on_rollback: watch"),
    ] {
        let name = words.split(':').next().unwrap_or(words);
        let known = |own: &String| own.starts_with(name);
        if random.percent(chance) && !sketch.settings.iter().any(known) {
            sketch.settings.push(words.to_owned());
        }
    }
    if random.percent(5) {
        sketch
            .policies
            .push("on_inconclusive: { proceed: true }".to_owned());
    }
}

/// Two versions that are alike, or of which the new one has four times the
/// errors from minute 4 on; nothing passes before twelve minutes are judged.
pub(super) fn canary_of_six_looks(ends: Ends) -> Sketch {
    let mut world = no_worse();
    if ends == Ends::NoPass {
        from_minute(&mut world.errors[1], "spike", 4, 600, ", add: 180");
    }
    let needed = [
        GROUPS.to_owned(),
        format!("metrics: [ {{ {ERRORS} }}, {{ {LATENCY} }} ]"),
        "horizon: 30m, at_least: 12m".to_owned(),
    ];
    Sketch {
        needed: needed.to_vec(),
        metrics: world.lines(),
        pipeline: vec!["look_every: 3m".to_owned()],
        ..empty("canary")
    }
}
