//! Where layers are: in a table, or in a folder.

use std::path::PathBuf;

use jiff::Timestamp;
use sluice_aws::{Aws, PlanVersion};
use sluice_core::layers::{Asked, Layer, Scope, resolve};
use sluice_core::plan::ResolvedPlan;
use sluice_core::tree::Node;
use sluice_gates::validate::check_expression;
use sluice_host::PlanStore;

use super::folder::Folder;
use super::{AskedArguments, PlaceArguments, Refused};
use crate::plan_file;

/// Where layers are.
pub(super) enum Place {
    Table { aws: Box<Aws>, table: String },
    Folder(Folder),
}

impl PlaceArguments {
    /// The place that was named, here or in the environment.
    pub(super) async fn open(&self) -> Result<Place, Refused> {
        if let Some(folder) = &self.layers {
            return Ok(Place::Folder(Folder::new(folder.clone())));
        }
        let table = self
            .table
            .clone()
            .or_else(|| environment("SLUICE_PLANS_TABLE"));
        let Some(table) = table else {
            return Err(Refused::usage(
                "nothing says where the layers are",
                "write `--table NAME`, or set SLUICE_PLANS_TABLE; `--layers FOLDER` takes files instead",
            ));
        };
        let aws = Aws::from_environment().await.map_err(|error| {
            Refused::new(
                &error.to_string(),
                "set the region of the table in the environment",
            )
        })?;
        let aws = Box::new(aws);
        Ok(Place::Table { aws, table })
    }
}

/// A setting of the shell.
pub(super) fn environment(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the command's settings come from its environment, read where they are used"
    )]
    let value = std::env::var(name).ok();
    value.filter(|value| !value.is_empty())
}

impl Place {
    /// The plan store, where it is one.
    pub(super) fn store(&self) -> Option<PlanStore<'_>> {
        match self {
            Place::Table { aws, table } => Some(PlanStore { aws, table }),
            Place::Folder(_) => None,
        }
    }

    /// The layers that there are for a service at a stage.
    pub(super) async fn layers(&self, service: &str, stage: &str) -> Result<Vec<Layer>, Refused> {
        match self {
            Place::Folder(folder) => folder.layers(),
            Place::Table { aws, table } => {
                let store = PlanStore { aws, table };
                Ok(store.layers(service, stage).await?)
            }
        }
    }

    /// What holds for a scope, as it was written.
    pub(super) async fn document(&self, scope: &Scope) -> Result<Option<String>, Refused> {
        match self {
            Place::Folder(folder) => Ok(folder.find(scope)?.map(|file| file.text)),
            Place::Table { .. } => {
                let held = self.version(scope).await?;
                Ok(held.map(|held| held.document))
            }
        }
    }

    /// The version that holds for a scope, where versions are kept.
    pub(super) async fn version(&self, scope: &Scope) -> Result<Option<PlanVersion>, Refused> {
        match self.store() {
            Some(store) => Ok(store.newest(scope).await?),
            None => Ok(None),
        }
    }

    /// What holds for what was asked, and the layers that it comes from.
    pub(super) async fn resolved(
        &self,
        asked: &AskedArguments,
    ) -> Result<(ResolvedPlan, Vec<Layer>), Refused> {
        let mut layers = self.layers(&asked.service, &asked.stage).await?;
        if let Some(path) = &asked.artifact {
            layers.push(artifact(path)?);
        }
        let of = Asked {
            pipeline: asked.pipeline.as_deref(),
            release: "none",
            stage: &asked.stage,
            service: &asked.service,
            at: Timestamp::UNIX_EPOCH,
        };
        let plan = resolve(&of, &layers)?;
        Ok((plan, layers))
    }
}

fn artifact(path: &PathBuf) -> Result<Layer, Refused> {
    let (name, text) = text_of(path)?;
    let read = Node::from_yaml(&text)
        .map_err(Into::into)
        .and_then(|node| Layer::artifact(&node.to_json()));
    read.map_err(|problems| Refused::told(problems.render(&name, Some(&text))))
}

/// A file's name in messages, and its text.
pub(super) fn text_of(path: &PathBuf) -> Result<(String, String), Refused> {
    let name = plan_file::label(path);
    match plan_file::read(path) {
        Ok(text) => Ok((name, text)),
        Err(problem) => Err(Refused::new(
            &format!("{name}: {}", problem.message),
            problem.hint.as_deref().unwrap_or("name another file"),
        )),
    }
}

/// Reads a layer, with its mistakes shown where they are.
pub(super) fn layer(scope: &Scope, label: &str, name: &str, text: &str) -> Result<Layer, Refused> {
    Layer::read(scope, label, text, check_expression)
        .map_err(|problems| Refused::told(problems.render(name, Some(text))))
}
