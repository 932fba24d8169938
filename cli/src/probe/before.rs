//! What a probe would make, for who has not said yes.

use clap::ValueEnum;

use super::conclude::Name;
use crate::lines::folded;

/// What it makes, and what that needs.
const PARTS: [(&str, &str); 6] = [
    (
        "makes",
        "one CloudFormation stack `sluice-probe-` and eight characters: a bucket, a pipeline (V2, a \
         source in that bucket and one Lambda action), a Python function with its log group, two \
         alarms, and a role each for the pipeline and the function. It deploys nothing and reads \
         nothing of yours. `sluice probe --template` prints the template",
    ),
    (
        "does",
        "runs that pipeline two times and rolls it back once, sets one of its alarms by hand, and \
         puts some values to a metric in the namespace `SluiceProbe`",
    ),
    (
        "needs",
        "the right to create and delete such a stack (CloudFormation, and IAM roles, S3, Lambda, \
         CodePipeline, CloudWatch alarms and Logs for what is in it), and to start, stop and roll \
         back its pipeline, to read pipelines and alarms, to put metric data, and to write, list \
         and delete objects of its bucket",
    ),
    ("takes", "about half an hour, estimated and not measured"),
    (
        "costs",
        "a few cents by list prices: minutes of a V2 pipeline's actions beyond the free ones, a \
         custom metric and two alarms for an hour; estimated and not measured",
    ),
    (
        "removes",
        "all of it at the end, also after an error or Ctrl-C, and says what is left if that fails. \
         The values in the metric stay until CloudWatch forgets them. `--keep` leaves the stack",
    ),
];

/// What would be done.
pub(super) fn text() -> String {
    let mut text = String::from(
        "`sluice probe --yes` would measure, in the account and region of your credentials:\n\n",
    );
    for name in Name::all() {
        let value = name.to_possible_value();
        let (word, help) = value.as_ref().map_or(("", String::new()), |value| {
            let help = value.get_help().map(ToString::to_string);
            (value.get_name(), help.unwrap_or_default())
        });
        text.push_str(&format!("  {word:<23}{help}\n"));
    }
    text.push('\n');
    for (word, said) in PARTS {
        text.push_str(&folded(&format!("{word:<9}{said}."), "", "         "));
        text.push('\n');
    }
    text.push_str(
        "\nNothing was done. With `--yes` it is, and what was measured goes to a file that\n\
         `sluice rehearse --assumptions FILE` and `sluice world --assumptions FILE` load.\n",
    );
    text
}
