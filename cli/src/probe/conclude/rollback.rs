//! What rollbacks tell.

use serde_json::{Value, json};
use sluice_world::Assumed;

use super::Told;
use crate::probe::seen::{Rollback, TAKEN};

/// Refusals that say that the stage cannot be rolled back now.
const NOT_NOW: [&str; 2] = ["UnableToRollbackStageException", "ConflictException"];

pub(super) fn while_running(told: Option<&str>, world: &mut Assumed) -> (Value, Told) {
    let saw = json!(told);
    let allowed = match told {
        None => return (saw, Err("no stage was running".to_owned())),
        Some(TAKEN) => true,
        Some(code) if NOT_NOW.contains(&code) => false,
        Some(code) => return (saw, Err(format!("the order was told {code}"))),
    };
    world.rollback_while_running = Some(allowed);
    let said = match told.filter(|_| !allowed) {
        Some(code) => format!("a stage that runs is not rolled back: `{code}`"),
        None => "a stage that runs can be rolled back".to_owned(),
    };
    (saw, Ok(said))
}

pub(super) fn ended(seen: Option<&Rollback>, world: &mut Assumed) -> (Value, Told) {
    let Some(seen) = seen else {
        return (Value::Null, Err("nothing was rolled back".to_owned()));
    };
    let saw = json!({
        "ordered": seen.ordered,
        "says_so": seen.says_so,
        "ended": seen.ended,
        "looks": seen.looks,
    });
    if seen.ordered != TAKEN {
        return (saw, Err(format!("the order was told {}", seen.ordered)));
    }
    world.rollback_type_shown = seen.says_so;
    let runs = match (seen.looks, seen.ended.as_deref()) {
        (0, Some("Succeeded")) => false,
        (0, _) => {
            let why = "no gate looked, and the rollback did not succeed in time";
            return (saw, Err(why.to_owned()));
        }
        _ => true,
    };
    world.rollback_runs_gates = Some(runs);
    let gates = match runs {
        true => "a rollback runs the stage's Lambda actions",
        false => "a rollback does not run the stage's Lambda actions",
    };
    let says = match seen.says_so {
        Some(true) => "and says that it is one",
        Some(false) => "and does not say that it is one",
        None => "and whether it says that it is one was not seen",
    };
    (saw, Ok(format!("{gates}, {says}")))
}
