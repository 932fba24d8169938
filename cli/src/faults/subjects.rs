//! What is broken on purpose: all gates, on all hosts.

use sluice_core::evidence::Evidence;
use sluice_core::plan::GateSettings;
use sluice_world::random::Random;

use super::draw::{MEASURED, empty, surroundings};
use super::draw_canary::{canary, canary_of_six_looks};
use super::draw_validate::{validate, validate_of_six_looks};
use super::sketch::Sketch;
use super::truth::{
    Truth, accepts_nothing, bake_may_pass, canary_may_accept, canary_may_pass, clear_may_pass,
    validate_may_pass,
};

/// Whether the world's own truth allows what evidence claims.
type Allows = fn(&GateSettings, &Evidence, &Truth<'_>) -> Result<(), String>;

/// A kind of gate, as the faults know it.
#[derive(Clone, Copy)]
pub struct Subject {
    /// Its word in plans.
    pub kind: &'static str,
    /// How often it is drawn: a gate in which more can break, more often.
    pub(super) weight: u64,
    /// Draws a plan and a scenario with one such gate.
    pub draw: fn(&mut Random) -> Sketch,
    /// A gate that takes about six looks: one that passes where nothing goes
    /// wrong, or one that must not pass, because of what happens between two
    /// looks where that can be.
    pub six_looks: fn(Ends) -> Sketch,
    /// Whether it may have passed.
    pub(super) may_pass: Allows,
    /// Whether it may have accepted what is undecided.
    pub(super) may_accept: Allows,
}

/// How a gate has to end where nothing goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// With a pass.
    Pass,
    /// Without one.
    NoPass,
}

/// All kinds of gates. A gate that is not here is not broken on purpose, and a
/// test says so.
pub const SUBJECTS: [Subject; 4] = [
    Subject {
        kind: "bake",
        weight: 2,
        draw: bake,
        six_looks: bake_of_six_looks,
        may_pass: bake_may_pass,
        may_accept: accepts_nothing,
    },
    Subject {
        kind: "clear",
        weight: 2,
        draw: clear,
        six_looks: clear_of_six_looks,
        may_pass: clear_may_pass,
        may_accept: accepts_nothing,
    },
    Subject {
        kind: "canary",
        weight: 4,
        draw: canary,
        six_looks: canary_of_six_looks,
        may_pass: canary_may_pass,
        may_accept: canary_may_accept,
    },
    Subject {
        kind: "validate",
        weight: 2,
        draw: validate,
        six_looks: validate_of_six_looks,
        may_pass: validate_may_pass,
        may_accept: accepts_nothing,
    },
];

/// Who asks the gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// A Lambda action of CodePipeline.
    LambdaAction,
}

/// All hosts. Each case is drawn for one of them.
pub const HOSTS: [Host; 1] = [Host::LambdaAction];

fn bake(random: &mut Random) -> Sketch {
    let mut sketch = empty("bake");
    let minutes = random.one_of(&[5, 6, 8, 10]);
    sketch.needed.push(format!("for: {minutes}m"));
    if random.percent(65) {
        sketch.needed.push(MEASURED.to_owned());
        if random.percent(25) {
            let (at, length) = (random.below(10), 1 + random.below(20));
            sketch
                .requests
                .push(format!("gap: {{ at: prod + {at}m, for: {length}m }}"));
        }
    } else {
        sketch.needed.push("traffic: not_measured".to_owned());
    }
    surroundings(random, &mut sketch);
    let settings = &mut sketch.settings;
    // Alarms of which no delay is known settle for 10 minutes.
    let longest = minutes + 10;
    let at_most = (4 * minutes).max(longest).min(30);
    settings.push(format!("at_most: {at_most}m"));
    for (chance, words) in [
        (15, "settle: 2m"),
        (20, "since: gate"),
        (10, "recovered: accept"),
        (8, "recovered: accept, quiet_after: 2m"),
        (15, "already_in_alarm: wait"),
        (8, "already_in_alarm: ignore"),
        (10, "insufficient_data: fail"),
        (5, "release_check: off"),
        (4, "mode: watch_only"),
        (4, "on_rollback: watch"),
    ] {
        let name = words.split(':').next().unwrap_or(words);
        if random.percent(chance) && !settings.iter().any(|own| own.starts_with(name)) {
            settings.push(words.to_owned());
        }
    }
    let counts = sketch
        .needed
        .iter()
        .any(|own| own.starts_with("traffic: {"));
    if counts && random.percent(12) && !settings.iter().any(|own| own.starts_with("insuff")) {
        settings.push("insufficient_data: accept".to_owned());
    }
    if random.percent(5) {
        sketch
            .policies
            .push("on_inconclusive: { proceed: true }".to_owned());
    }
    sketch
}

/// Two alarms under traffic; one of them fires for a minute between two looks.
fn bake_of_six_looks(ends: Ends) -> Sketch {
    let fires = match ends {
        Ends::Pass => "",
        Ends::NoPass => ", { at: prod + 7m, state: ALARM }, { at: prod + 8m, state: OK }",
    };
    let needed = ["for: 10m", MEASURED, "settle: 5m"];
    Sketch {
        needed: needed.map(str::to_owned).to_vec(),
        pipeline: vec!["look_every: 3m".to_owned()],
        alarms: vec![scripted("alarm-0", ""), scripted("alarm-1", fires)],
        ..empty("bake")
    }
}

/// Two alarms, one of them red at first, and red again at once or for good.
fn clear_of_six_looks(ends: Ends) -> Sketch {
    let red = ", { at: -1h, state: ALARM }, { at: 8m, state: OK }";
    let again = match ends {
        Ends::Pass => String::new(),
        Ends::NoPass => [11, 16, 21, 26, 31, 36]
            .map(|at| format!(", {{ at: {at}m, state: ALARM }}, {{ at: {at}m 30s, state: OK }}"))
            .concat(),
    };
    let needed = ["quiet: 5m", "within: 20m"];
    Sketch {
        needed: needed.map(str::to_owned).to_vec(),
        pipeline: vec!["look_every: 3m".to_owned()],
        alarms: vec![
            scripted("alarm-0", ""),
            scripted("alarm-1", &format!("{red}{again}")),
        ],
        ..empty("clear")
    }
}

fn scripted(name: &str, then: &str) -> (String, String) {
    let line = format!("{{ name: {name}, states: [ {{ at: -2h, state: OK }}{then} ] }}");
    (name.to_owned(), line)
}

fn clear(random: &mut Random) -> Sketch {
    let mut sketch = empty("clear");
    surroundings(random, &mut sketch);
    let settings = &mut sketch.settings;
    if random.percent(50) {
        settings.push(format!("quiet: {}m", 1 + random.below(10)));
    }
    if random.percent(60) {
        settings.push(format!("within: {}m", 1 + random.below(20)));
    }
    if random.percent(5) {
        settings.push("mode: watch_only".to_owned());
    }
    // Nothing is deployed yet while it waits.
    for line in sketch
        .alarms
        .iter_mut()
        .map(|(_, line)| line)
        .chain(&mut sketch.metrics)
    {
        *line = line.replace("prod + ", "").replace("prod - ", "-");
    }
    for line in sketch.happenings.iter_mut().chain(&mut sketch.refusals) {
        *line = line.replace("prod + ", "");
    }
    sketch
}
