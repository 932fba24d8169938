//! What to do after `sluice init`, in order.

use std::path::Path;

use super::answers::{Answers, Form};
use super::files::{self, Written};
use crate::lines::folded;

/// What was written, and the steps: words to be wrapped, commands as they are.
pub(super) fn steps(answers: &Answers, all: &[Written], folder: &Path) -> String {
    // Here is the default, and commands are typed here.
    let folder = folder.strip_prefix(".").unwrap_or(folder);
    let at = |name: &str| folder.join(name).display().to_string();
    let mut out: String = all
        .iter()
        .map(|own| format!("wrote {}\n", at(own.name)))
        .collect();
    out.push_str("\nNext, in this order. The gates only watch: they stop no release.\n");
    let steps = [
        read(&at(files::PLAN)),
        install(answers),
        role(answers, &at(files::ROLE)),
        pipeline(answers, &at(files::pipeline(answers.form))),
        look(answers, &at(files::PLAN)),
        decide(),
    ];
    for (number, (words, commands)) in (1..).zip(steps.into_iter().flatten()) {
        out.push_str(&folded(&words, &format!("\n{number}. "), "   "));
        out.push('\n');
        for command in commands {
            out.push_str(&format!("     {command}\n"));
        }
    }
    out
}

type Step = Option<(String, Vec<String>)>;

fn read(plan: &str) -> Step {
    let words = "Read the plan, and commit it: it has to be at the root of the artifact.";
    Some((words.to_owned(), vec![format!("sluice check {plan}")]))
}

fn install(answers: &Answers) -> Step {
    let stack = &answers.sluice_stack;
    let words = format!(
        "Install Sluice in the pipeline's account and region, if it is not there as the stack \
         `{stack}` (docs/deploy.md), from a clone of Sluice:"
    );
    let deploy = "sam deploy --template-file infra/template.yaml \\";
    let rest = format!("  --stack-name {stack} --capabilities CAPABILITY_IAM --resolve-s3");
    Some((
        words,
        vec!["make package".to_owned(), deploy.to_owned(), rest],
    ))
}

fn role(answers: &Answers, template: &str) -> Step {
    let role = answers.role()?;
    let account = answers.account.as_ref()?;
    let service = &answers.service;
    let words = format!(
        "Make the role `{role}` with credentials of the account {account}. If Sluice is installed \
         in another account, add `--parameter-overrides SluiceAccount=ID`."
    );
    // A stack's name has no dots, at-signs or underscores.
    let stack: String = service
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    Some((
        words,
        vec![
            format!("aws cloudformation deploy --template-file {template} \\"),
            format!("  --stack-name sluice-role-{stack} --capabilities CAPABILITY_NAMED_IAM"),
        ],
    ))
}

fn pipeline(answers: &Answers, snippet: &str) -> Step {
    let Answers {
        stage,
        sluice_stack,
        ..
    } = answers;
    let what = match answers.form {
        Form::CloudFormation => format!("below the `Actions:` of the stage `{stage}`"),
        Form::Cdk => format!("in the place of the stage `{stage}`"),
        Form::Terraform => format!("into the block of the stage `{stage}`"),
    };
    let rights = match answers.form {
        // The construct gives them.
        Form::Cdk => "",
        Form::CloudFormation | Form::Terraform => {
            " Give the pipeline's role the statements that this prints:"
        }
    };
    let words = format!("Put what is in {snippet} {what}, and deploy the pipeline.{rights}");
    let commands = match answers.form {
        Form::Cdk => Vec::new(),
        Form::CloudFormation | Form::Terraform => vec![
            format!("aws cloudformation describe-stacks --stack-name {sluice_stack} \\"),
            "  --query \"Stacks[0].Outputs[?OutputKey=='StatementsForThePipelinesRole']\""
                .to_owned(),
        ],
    };
    Some((words, commands))
}

fn look(answers: &Answers, plan: &str) -> Step {
    let Answers {
        pipeline,
        sluice_stack,
        ..
    } = answers;
    let words = "See whether all is in its place, and what each gate would say now:";
    // The role trusts the gates' functions, and nobody else.
    let myself = if answers.role().is_some() {
        " --as-myself"
    } else {
        ""
    };
    Some((
        words.to_owned(),
        vec![
            format!("aws codepipeline get-pipeline --name {pipeline} > pipeline.json"),
            format!("sluice check {plan} --pipeline pipeline.json"),
            format!("sluice doctor --pipeline {pipeline} --plan {plan} \\"),
            format!("  --stack {sluice_stack}{myself}"),
            format!("sluice explain {plan}{myself}"),
        ],
    ))
}

fn decide() -> Step {
    let words = "Release as always, and read what the gates say. Where you would have said the \
                 same, take `mode: watch_only` away: from then on the gate stops releases.";
    Some((words.to_owned(), Vec::new()))
}
