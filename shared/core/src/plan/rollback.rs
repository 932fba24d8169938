//! How a stage goes back, as people write it: a word, or who does it.

use serde::Deserialize;

use super::{LambdaRollBack, MachineRollBack, RollBack};
use crate::fields::{Fields, Place};
use crate::problems::Problems;
use crate::read::{text, word};
use crate::tree::Value;
use crate::words::quote;

/// Function names and ARNs with a qualifier have at most this many.
const TARGET_CHARACTERS_MAX: usize = 256;

const ONE_HINT: &str = "write `{ state_machine: ARN }` or `{ lambda: NAME }`";

/// The words alone, so that a mistake is answered with them.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RollBackWord {
    No,
    Native,
    Stage,
    #[serde(rename = "codedeploy")]
    CodeDeploy,
}

/// `stage`, or `{ lambda: take-back }`.
pub(super) fn roll_back(place: &Place<'_>, problems: &mut Problems) -> Option<RollBack> {
    if matches!(place.node.value, Value::Map(_)) {
        return by_own_means(place, problems);
    }
    Some(match word(place, problems)? {
        RollBackWord::No => RollBack::No,
        RollBackWord::Native => RollBack::Native,
        RollBackWord::Stage => RollBack::Stage,
        RollBackWord::CodeDeploy => RollBack::CodeDeploy,
    })
}

fn by_own_means(place: &Place<'_>, problems: &mut Problems) -> Option<RollBack> {
    let mut fields = Fields::of("a rollback", place, problems)?;
    let machine = fields.optional("state_machine", state_machine);
    let function = fields.optional("lambda", function);
    let written = [fields.has("state_machine"), fields.has("lambda")];
    if written != [true, false] && written != [false, true] {
        let message = "names not exactly one who takes the stage back";
        fields.problem(place.error(message).hint(ONE_HINT.to_owned()));
    }
    fields.finish();
    let machine = machine.map(|state_machine| MachineRollBack { state_machine });
    let function = function.map(|lambda| LambdaRollBack { lambda });
    machine
        .map(RollBack::StateMachine)
        .or(function.map(RollBack::Lambda))
}

fn state_machine(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = text(place, problems)?;
    let is_arn = text.starts_with("arn:aws")
        && text.contains(":states:")
        && text.contains(":stateMachine:")
        && is_plain(text);
    if is_arn {
        return Some(text.to_owned());
    }
    let message = format!("{} is not the ARN of a state machine", quote(text));
    let hint = "write one such as `\"arn:aws:states:us-east-1:111122223333:stateMachine:back\"`";
    problems.push(place.error(message).hint(hint.to_owned()));
    None
}

fn function(place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = text(place, problems)?;
    if is_plain(text) {
        return Some(text.to_owned());
    }
    let message = format!("{} is not the name or ARN of a function", quote(text));
    problems.push(
        place
            .error(message)
            .hint("write one such as `take-back`".to_owned()),
    );
    None
}

fn is_plain(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b":-_$./".contains(&b);
    (1..=TARGET_CHARACTERS_MAX).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use crate::plan::Plan;

    #[track_caller]
    fn check(written: &str, expected: &str) {
        let text = format!(
            "service: s\nstages: {{ p: {{ gates: [{{ clear: {{ alarms: [a] }} }}], on_fail: {{ roll_back: {written} }} }} }}"
        );
        let said = match Plan::read_yaml(&text) {
            Ok(plan) => {
                let own = &plan.stages[0].policies.on_fail.roll_back;
                let again = Plan::read_json(&serde_json::to_value(&plan).unwrap());
                assert_eq!(again.as_ref(), Ok(&plan), "it is read as it is written");
                format!("{} {}", own.by(), own.target().unwrap_or("-"))
            }
            Err(problems) => problems.lines("p"),
        };
        assert!(said.contains(expected), "{written}: {said}");
    }

    #[test]
    fn a_stage_goes_back_by_a_machine_or_a_function_of_ones_own() {
        let machine = "arn:aws:states:us-east-1:111122223333:stateMachine:back";
        check(
            &format!("{{ state_machine: \"{machine}\" }}"),
            &format!("state_machine {machine}"),
        );
        check("{ lambda: take-back:live }", "lambda take-back:live");
        check("codedeploy", "codedeploy -");
    }

    #[test]
    fn one_that_names_nobody_or_two_is_refused() {
        check("{}", "not exactly one");
        check(
            "{ lambda: a, state_machine: \"arn:aws:states:us-east-1:111122223333:stateMachine:a\" }",
            "not exactly one",
        );
        check("{ lambda: a b }", "`a b` is not the name or ARN");
        check(
            "{ state_machine: back }",
            "is not the ARN of a state machine",
        );
        check("{ lambda: }", "is empty");
        check("elsewhere", "`elsewhere` is not allowed here");
    }
}
