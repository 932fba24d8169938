//! Trouble of the function itself: the end of its time, and panics.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;
use sluice_aws::Aws;
use sluice_core::GateError;
use sluice_gates::{Ask, Gate, Look};
use sluice_host::Handled;
use sluice_world::codepipeline::ExecutionStatus;
use sluice_world::scenario::RefusalKind;
use sluice_world::world::Fault;

use super::bench::Case;

/// Each call of the second look takes 4.5 s, and the function lives for 20 s.
fn slow_second_look() -> Case {
    Case {
        lives: Some(SignedDuration::from_secs(20)),
        doctor: Arc::new(|number, _, world| {
            let slow = number == 1;
            world.set_faults(Arc::new(move |_| {
                slow.then_some(Fault::Slow(SignedDuration::from_millis(4500)))
            }));
        }),
        ..Case::default()
    }
}

#[test]
fn a_look_that_takes_too_long_goes_on_with_the_same_token() {
    let done = slow_second_look().run();
    assert_eq!(done.crashed, Vec::<String>::new());
    assert_eq!(done.execution.status, ExecutionStatus::Succeeded);
    let Handled::Continued { line } = &done.handled[1] else {
        panic!("{:?}", done.handled[1]);
    };
    assert!(line.contains("looking again"), "{line}");
    let read = |number| serde_json::from_str::<Value>(&done.token(number)).unwrap();
    let (mut before, mut after) = (read(1), read(2));
    // Only when and how often it looked is new, and so the sum.
    for token in [&mut before, &mut after] {
        for name in ["last", "gap", "looks", "sum"] {
            token.as_object_mut().unwrap().remove(name);
        }
    }
    assert_eq!(before, after);
}

#[test]
fn a_function_that_is_always_too_slow_ends_with_an_error_soon() {
    let case = Case {
        lives: Some(SignedDuration::from_secs(4)),
        scenario: super::bench::QUIET.replace("5m", "15m"),
        prepare: Arc::new(|world| {
            world.set_faults(Arc::new(|call| {
                let slow = call.service != "codepipeline" || call.operation.starts_with("Get");
                slow.then_some(Fault::Slow(SignedDuration::from_secs(4)))
            }));
        }),
        ..Case::default()
    };
    let done = case.check_refused("JobFailed", &["OutOfTime"]);
    let gate = done.gate();
    let took = gate.ended.unwrap().duration_since(gate.began);
    assert!(took < SignedDuration::from_mins(35), "{took}");
}

#[test]
fn a_bake_that_cannot_look_in_time_any_more_ends_at_its_own_limit() {
    let case = Case {
        doctor: Arc::new(|number, _, world| {
            world.set_faults(Arc::new(move |call| {
                let slow = number > 0 && call.service == "cloudwatch";
                slow.then_some(Fault::Slow(SignedDuration::from_mins(5)))
            }));
        }),
        lives: Some(SignedDuration::from_secs(12)),
        ..Case::default()
    };
    let done = case.check_refused("JobFailed", &["OutOfTime"]);
    let gate = done.gate();
    let took = gate.ended.unwrap().duration_since(gate.began);
    // `for: 30m`, and so `at_most` 2h.
    assert!(took >= SignedDuration::from_hours(2), "{took}");
    assert!(took < SignedDuration::from_mins(130), "{took}");
}

#[test]
fn a_bake_whose_record_cannot_be_read_any_more_ends_at_its_own_limit() {
    let case = Case {
        doctor: Arc::new(|number, _, world| {
            world.set_faults(Arc::new(move |call| {
                let fails = number > 0 && call.operation == "GetObject";
                fails.then_some(Fault::Refused(RefusalKind::InternalError))
            }));
        }),
        ..Case::default()
    };
    let done = case.check_refused(
        "SystemUnavailable",
        &["ServiceUnavailable", "`s3:GetObject`"],
    );
    let gate = done.gate();
    let took = gate.ended.unwrap().duration_since(gate.began);
    assert!(took >= SignedDuration::from_hours(2), "{took}");
    assert!(took < SignedDuration::from_mins(130), "{took}");
}

#[test]
fn a_slow_cloudwatch_is_waited_for_and_answers_come_before_the_functions_end() {
    let case = Case {
        doctor: Arc::new(|number, _, world| {
            let hangs = number == 1 || number == 2;
            world.set_faults(Arc::new(move |call| {
                let slow = hangs && call.service == "cloudwatch";
                slow.then_some(Fault::Slow(SignedDuration::from_mins(5)))
            }));
        }),
        ..Case::default()
    };
    let done = case.run();
    assert_eq!(done.crashed, Vec::<String>::new());
    assert!(done.gate().jobs.iter().all(|job| job.accepted() == 1));
    assert_eq!(done.execution.status, ExecutionStatus::Succeeded);
}

/// A gate that panics at its beginning, or at its first look.
struct PanickingGate {
    at_once: bool,
}

impl Gate for PanickingGate {
    const KIND: &'static str = "bake";
    const RULE: u32 = 1;
    type Begun = Value;
    type Memory = Value;

    async fn begin(&self, _: &Ask, _: &Aws) -> Result<Value, GateError> {
        assert!(!self.at_once, "panicked on purpose at {}", "the beginning");
        Ok(Value::Null)
    }

    async fn look(&self, _: &Ask, _: &Value, _: Value, _: &Aws) -> Result<Look, GateError> {
        panic!("panicked on purpose");
    }
}

#[test]
fn a_panic_becomes_a_failure_answer() {
    for at_once in [true, false] {
        let case = Case {
            gates: vec![Box::new(PanickingGate { at_once })],
            ..Case::default()
        };
        let done = case.check_refused("JobFailed", &["Crashed", "panicked on purpose"]);
        assert_eq!(done.events.len(), 1);
    }
}

#[test]
fn a_gate_that_only_watches_lets_go_when_it_panics() {
    let plan = super::bench::PLAN.replace("for: 30m", "for: 30m, mode: watch_only");
    let mut of = super::bench::parameters();
    of["settings"] = serde_json::json!({ "for": "30m", "traffic": "not_measured", "alarms": ["errors"],
        "mode": "watch_only" });
    // In the parameters it is known from the first look on, of a plan from the second.
    for (case, panics_at) in [(Case::parameters(of), 1), (Case::plan(&plan), 2)] {
        let case = Case {
            gates: vec![Box::new(PanickingLater { panics_at })],
            ..case
        };
        let done = case.run();
        assert_eq!(done.execution.status, ExecutionStatus::Succeeded);
        let ended = done.ended();
        assert!(ended.message.contains("only watches"), "{}", ended.message);
        assert!(ended.message.contains("Crashed"), "{}", ended.message);
    }
}

/// A gate that panics at one of its looks.
struct PanickingLater {
    panics_at: u32,
}

impl Gate for PanickingLater {
    const KIND: &'static str = "bake";
    const RULE: u32 = 1;
    type Begun = Value;
    type Memory = u32;

    async fn begin(&self, _: &Ask, _: &Aws) -> Result<Value, GateError> {
        Ok(Value::Null)
    }

    async fn look(&self, ask: &Ask, _: &Value, looks: u32, _: &Aws) -> Result<Look, GateError> {
        assert!(looks + 1 < self.panics_at, "panicked on purpose");
        Ok(Look::Again {
            not_before: ask.now,
            progress: sluice_core::bake::Progress {
                percent: 0,
                line: "once more".to_owned(),
            },
            memory: serde_json::json!(looks + 1),
        })
    }
}

#[test]
fn a_gate_that_the_function_does_not_serve_is_told_with_those_it_does() {
    let case = Case {
        gates: vec![Box::new(sluice_gates::ClearGate)],
        ..Case::default()
    };
    case.check_refused("ConfigurationError", &["`clear`", "`bake`"]);
}
