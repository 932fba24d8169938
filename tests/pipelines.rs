//! Pipelines that several tests need.

use sluice_world::codepipeline::{Action, Mode, Pipeline, Stage, Work};

/// A pipeline that only asks a bake, with its settings as JSON in the action.
pub(crate) fn bake_alone(name: &str, settings: &str) -> Pipeline {
    let parameters = format!(
        r##"{{"pipeline":"{name}","release":"#{{codepipeline.PipelineExecutionId}}","stage":"prod","gate":"bake","settings":{settings}}}"##
    );
    let action = Action {
        name: "bake".to_owned(),
        run_order: 1,
        work: Work::Lambda {
            function: "sluice-bake".to_owned(),
            user_parameters: Some(parameters),
        },
        input_artifacts: Vec::new(),
        output_artifacts: Vec::new(),
        namespace: None,
    };
    Pipeline {
        name: name.to_owned(),
        mode: Mode::Superseded,
        version: 1,
        artifact_bucket: "artifacts".to_owned(),
        stages: vec![Stage {
            name: "prod".to_owned(),
            actions: vec![action],
        }],
    }
}
