//! What the pipeline gets: an action for each gate, in the stage of the
//! deployment and after it.
//!
//! The forms are those of `infra/examples` and `infra/cdk`.

use super::answers::{Answers, Canary, Form};

/// The snippet.
pub(super) fn text(answers: &Answers) -> String {
    match answers.form {
        Form::CloudFormation => cloudformation(answers),
        Form::Cdk => cdk(answers),
        Form::Terraform => terraform(answers),
    }
}

/// What stands between the canary of an alias and the other gates.
fn promotion(answers: &Answers) -> Option<u32> {
    let alias = matches!(answers.canary, Some(Canary::LambdaAlias { .. }));
    (alias && answers.gates().len() > 1).then_some(answers.run_order + 1)
}

/// What holds for every form, after the sign of a comment.
fn head(answers: &Answers, sign: &str, what: &str) -> String {
    let stage = &answers.stage;
    let mut lines = vec![
        what.to_owned(),
        format!("The deployment is in the stage `{stage}`, too, and comes before: in a"),
        "stage of their own the next release could be deployed while they judge.".to_owned(),
    ];
    if let Some(order) = promotion(answers) {
        lines.push(
            "The canary looks while the alias divides its invocations; the step that".to_owned(),
        );
        lines.push(format!(
            "sends all of them to the new version comes after it, at run order {order}."
        ));
    }
    lines
        .iter()
        .map(|line| format!("{sign} {line}\n"))
        .collect()
}

fn cloudformation(answers: &Answers) -> String {
    let what = format!(
        "Actions of the stage `{}`, below its `Actions:`.",
        answers.stage
    );
    let Answers {
        sluice_stack,
        artifact,
        ..
    } = answers;
    let action = |(gate, order): (&str, u32)| {
        let told = answers.told(gate);
        format!(
            "\
- Name: {gate}
  RunOrder: {order}
  ActionTypeId: {{ Category: Invoke, Owner: AWS, Provider: Lambda, Version: \"1\" }}
  Configuration:
    FunctionName: {sluice_stack}-{gate}
    UserParameters: '{told}'
  InputArtifacts: [{{ Name: \"{artifact}\" }}]
"
        )
    };
    let actions: String = answers.gates().into_iter().map(action).collect();
    head(answers, "#", &what) + &actions
}

fn cdk(answers: &Answers) -> String {
    let what = "A stage with its gates. `SafeStage` is in infra/cdk/lib of Sluice: copy it and \
                `GateAction`.\n// `pipeline` has the `pipelineName` that is meant here; `source` is the artifact with \
                sluice.yaml.";
    let Answers {
        service,
        pipeline,
        stage,
        sluice_stack,
        ..
    } = answers;
    let gates = answers.gates();
    let mut orders: Vec<u32> = gates.iter().map(|(_, order)| *order).collect();
    orders.dedup();
    let step = |order: &u32| {
        let own = gates.iter().filter(|(_, other)| other == order);
        let names: Vec<String> = own.map(|(gate, _)| format!("'{gate}'")).collect();
        match names.as_slice() {
            [one] => one.clone(),
            all => format!("[{}]", all.join(", ")),
        }
    };
    let steps: Vec<String> = orders.iter().map(step).collect();
    let between = if promotion(answers).is_some() {
        ", promote, "
    } else {
        ", "
    };
    let steps = steps.join(between);
    let head = head(answers, "//", what);
    format!(
        "\
{head}import {{ SafeStage }} from './safe-stage';

// The pipeline is called `{pipeline}`.
new SafeStage(this, '{stage}', {{
  pipeline,
  service: '{service}',
  plan: source,
  sluiceStack: '{sluice_stack}',
  steps: [deploy, {steps}],
}});
"
    )
}

fn terraform(answers: &Answers) -> String {
    let what = format!(
        "Actions of the stage `{}`, in its `stage` block.",
        answers.stage
    );
    let Answers {
        sluice_stack,
        artifact,
        pipeline,
        service,
        stage,
        ..
    } = answers;
    let action = |(gate, order): (&str, u32)| {
        format!(
            "
action {{
  name            = \"{gate}\"
  category        = \"Invoke\"
  owner           = \"AWS\"
  provider        = \"Lambda\"
  version         = \"1\"
  run_order       = {order}
  input_artifacts = [\"{artifact}\"]
  configuration = {{
    FunctionName   = \"{sluice_stack}-{gate}\"
    UserParameters = jsonencode({{ pipeline = \"{pipeline}\", release = \"#{{codepipeline.PipelineExecutionId}}\", service = \"{service}\", stage = \"{stage}\", gate = \"{gate}\" }})
  }}
}}
"
        )
    };
    let actions: String = answers.gates().into_iter().map(action).collect();
    head(answers, "#", &what) + &actions
}
