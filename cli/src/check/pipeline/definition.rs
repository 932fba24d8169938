//! A pipeline as AWS prints it, or as a template declares it.

use serde_json::Value;
use sluice_core::problems::Problem;

/// A pipeline.
#[derive(Debug)]
pub(super) struct Definition {
    /// Not there where a template computes it.
    pub(super) name: Option<String>,
    /// `V1` or `V2`.
    pub(super) kind: String,
    /// `SUPERSEDED`, `QUEUED` or `PARALLEL`.
    pub(super) mode: String,
    pub(super) stages: Vec<Stage>,
}

/// A stage.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) name: String,
    /// What CodePipeline does by itself where the stage fails.
    pub(super) on_failure: Option<String>,
    pub(super) actions: Vec<Action>,
}

/// An action.
#[derive(Debug)]
pub(super) struct Action {
    pub(super) name: String,
    pub(super) category: String,
    pub(super) provider: String,
    pub(super) run_order: u64,
    /// What the function is told.
    pub(super) user_parameters: Option<String>,
    /// What the state machine is told.
    pub(super) input: Option<String>,
    /// The function or the state machine that it calls.
    pub(super) target: Option<String>,
    /// Not there: the pipeline's own.
    pub(super) region: Option<String>,
}

impl Definition {
    /// Reads what `get-pipeline` prints, or the one pipeline of a template.
    pub(super) fn read(document: &Value) -> Result<Definition, Problem> {
        let pipeline = pipeline(document)?;
        let list = field(pipeline, "stages").and_then(Value::as_array);
        let stages: Vec<Stage> = list.into_iter().flatten().filter_map(stage).collect();
        if stages.is_empty() {
            return Err(no_pipeline("it has no stages"));
        }
        Ok(Definition {
            name: text(pipeline, "name"),
            kind: text(pipeline, "pipelineType").unwrap_or_else(|| "V1".to_owned()),
            mode: text(pipeline, "executionMode").unwrap_or_else(|| "SUPERSEDED".to_owned()),
            stages,
        })
    }

    /// The stage of this name.
    pub(super) fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// In a few words.
    pub(super) fn about(&self) -> String {
        let name = self.name.as_deref().unwrap_or("of a computed name");
        let (kind, mode, stages) = (&self.kind, &self.mode, self.stages.len());
        format!("pipeline {name}, {kind}, {mode}, {stages} stages")
    }
}

impl Stage {
    /// Actions that deploy, as far as their category says so.
    pub(super) fn deployments(&self) -> impl Iterator<Item = &Action> {
        let all = self.actions.iter();
        all.filter(|action| action.category == "Deploy")
    }

    /// Whether CodePipeline rolls it back by itself.
    pub(super) fn rolls_back(&self) -> bool {
        self.on_failure.as_deref() == Some("ROLLBACK")
    }
}

fn no_pipeline(why: &str) -> Problem {
    Problem::error(format!("is no pipeline: {why}")).hint(
        "give what `aws codepipeline get-pipeline --name NAME` prints, or a CloudFormation template \
         in JSON with one AWS::CodePipeline::Pipeline"
            .into(),
    )
}

fn pipeline(document: &Value) -> Result<&Value, Problem> {
    if let Some(pipeline) = document.get("pipeline") {
        return Ok(pipeline);
    }
    if let Some(resources) = document.get("Resources").and_then(Value::as_object) {
        let all: Vec<&Value> = resources.values().filter(is_pipeline).collect();
        return match all[..] {
            [one] => one
                .get("Properties")
                .ok_or_else(|| no_pipeline("its resource has no properties")),
            [] => Err(no_pipeline("the template has none")),
            _ => Err(no_pipeline("the template has several")),
        };
    }
    let alone = document
        .get("Properties")
        .filter(|_| is_pipeline(&document));
    Ok(alone.unwrap_or(document))
}

fn is_pipeline(resource: &&Value) -> bool {
    resource.get("Type").and_then(Value::as_str) == Some("AWS::CodePipeline::Pipeline")
}

/// AWS's interface writes `stages`, CloudFormation `Stages`.
fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let capital = name[..1].to_uppercase() + &name[1..];
    value.get(name).or_else(|| value.get(capital))
}

/// A text, or the one that `Fn::Sub` fills in.
fn text(value: &Value, name: &str) -> Option<String> {
    let found = field(value, name)?;
    let template = found.get("Fn::Sub");
    let template = template.map(|own| own.get(0).unwrap_or(own));
    let said = template.unwrap_or(found).as_str();
    said.map(str::to_owned)
}

fn stage(value: &Value) -> Option<Stage> {
    let actions = field(value, "actions").and_then(Value::as_array);
    let on_failure = field(value, "onFailure");
    Some(Stage {
        name: text(value, "name")?,
        on_failure: on_failure.and_then(|own| text(own, "result")),
        actions: actions.into_iter().flatten().filter_map(action).collect(),
    })
}

fn action(value: &Value) -> Option<Action> {
    let kind = field(value, "actionTypeId")?;
    let nothing = Value::Null;
    let configuration = field(value, "configuration").unwrap_or(&nothing);
    let order = field(value, "runOrder");
    let order = order.and_then(|order| order.as_u64().or_else(|| order.as_str()?.parse().ok()));
    Some(Action {
        name: text(value, "name")?,
        category: text(kind, "category").unwrap_or_default(),
        provider: text(kind, "provider").unwrap_or_default(),
        run_order: order.unwrap_or(1),
        user_parameters: text(configuration, "UserParameters"),
        input: text(configuration, "Input"),
        target: text(configuration, "FunctionName")
            .or_else(|| text(configuration, "StateMachineArn")),
        region: text(value, "region"),
    })
}
