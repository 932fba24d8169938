//! The plan store as a whole: which layers there are for a service at a stage,
//! and how one is changed.
//!
//! Beside the layers it has two kinds of pointers, under the scopes `stages`
//! (which patterns of stages have a layer) and `pipeline:NAME` (whose it is).
//! A layer is written first and its pointer then: a writer that dies between
//! has changed nothing that holds, and writing again mends it. A pointer to
//! what is not there is an error.

use futures_util::future::{try_join_all, try_join3};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sluice_aws::{Aws, PlanPut, PlanVersion};
use sluice_core::GateError;
use sluice_core::expression::CheckExpression;
use sluice_core::layers::{Layer, Pattern, Scope};
use sluice_gates::validate::check_expression;

/// The scope that lists the patterns of stages.
const STAGES: &str = "stages";

/// How often a pointer is tried that others write at the same time.
const POINTER_TRIES_MAX: u32 = 5;

/// The plan store.
#[derive(Debug, Clone, Copy)]
pub struct PlanStore<'a> {
    /// AWS.
    pub aws: &'a Aws,
    /// The table (`SLUICE_PLANS_TABLE`).
    pub table: &'a str,
}

/// A change of one scope.
#[derive(Debug, Clone, Copy)]
pub struct PlanChange<'a> {
    /// Whom it is for.
    pub scope: &'a Scope,
    /// What is to hold, as it was written.
    pub document: &'a str,
    /// Who changes it.
    pub by: &'a str,
    /// Why.
    pub why: &'a str,
    /// The version that it was made from, where that is known; 0 is none.
    pub over: Option<u32>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// It holds, as this version.
    Done(PlanVersion),
    /// It held already.
    Unchanged(PlanVersion),
    /// Somebody else changed the scope in the meantime; `None`: it is gone.
    SomebodyElse(Option<PlanVersion>),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StagesPointer {
    stages: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PipelinePointer {
    service: String,
}

impl PlanStore<'_> {
    /// What holds for a scope.
    ///
    /// # Errors
    ///
    /// `PlanUnreadable`, or what AWS said.
    pub async fn newest(&self, scope: &Scope) -> Result<Option<PlanVersion>, GateError> {
        self.aws.newest_plan(self.table, &scope.to_string()).await
    }

    /// The layers that there are for a service at a stage.
    ///
    /// # Errors
    ///
    /// `PlanUnreadable`: one of them does not read, or is not where it has to
    /// be. Else what AWS said.
    pub async fn layers(&self, service: &str, stage: &str) -> Result<Vec<Layer>, GateError> {
        self.read(Some(service), Some(stage), check_expression)
            .await
    }

    /// The same for whoever asks no gate, where it may not be known whose
    /// pipeline it is, or there is no stage. What tests expect was checked
    /// when it was pushed, and is not again: so a function that only tells
    /// people carries no library for it.
    ///
    /// # Errors
    ///
    /// As [`PlanStore::layers`].
    pub async fn layers_of(
        &self,
        service: Option<&str>,
        stage: Option<&str>,
    ) -> Result<Vec<Layer>, GateError> {
        self.read(service, stage, |_| Ok(())).await
    }

    async fn read(
        &self,
        service: Option<&str>,
        stage: Option<&str>,
        check: CheckExpression,
    ) -> Result<Vec<Layer>, GateError> {
        let layer = |scope| self.layer(scope, check);
        let own = async {
            match service {
                None => Ok(None),
                Some(service) => layer(Scope::Service(service.to_owned())).await,
            }
        };
        let (organisation, service, patterns) =
            try_join3(layer(Scope::Organisation), own, self.patterns()).await?;
        let matching = patterns
            .into_iter()
            .filter(|pattern| stage.is_some_and(|stage| pattern.matches(stage)));
        let stages = matching.map(async |pattern| {
            let scope = Scope::Stage(pattern);
            let name = scope.to_string();
            let layer = layer(scope).await?;
            layer.ok_or_else(|| unreadable(format!("`{STAGES}` names `{name}`, and there is none")))
        });
        let stages = try_join_all(stages).await?;
        Ok(organisation
            .into_iter()
            .chain(stages)
            .chain(service)
            .collect())
    }

    /// The service whose pipeline this is.
    ///
    /// # Errors
    ///
    /// `PlanUnreadable`, or what AWS said.
    pub async fn service_of(&self, pipeline: &str) -> Result<Option<String>, GateError> {
        let scope = format!("pipeline:{pipeline}");
        let pointer = self.pointer::<PipelinePointer>(&scope).await?;
        Ok(pointer.map(|(_, pointer)| pointer.service))
    }

    /// Writes a new version of a scope, unless somebody else did since.
    ///
    /// # Errors
    ///
    /// `PlanUnreadable`: the document does not read. Else what AWS said.
    pub async fn push(&self, change: &PlanChange<'_>) -> Result<Pushed, GateError> {
        let scope = change.scope.to_string();
        let layer = read(change.scope, &scope, change.document, check_expression)?;
        let (held, version) = self.held(&scope).await?;
        if change.over.is_some_and(|over| over != version) {
            return Ok(Pushed::SomebodyElse(held));
        }
        let pushed = match held {
            Some(held) if held.document == change.document => Pushed::Unchanged(held),
            _ => {
                let new = self.version(&scope, version + 1, change.document.to_owned(), change);
                match self.aws.put_plan(self.table, &new).await? {
                    PlanPut::Done => Pushed::Done(new),
                    PlanPut::Taken => {
                        let held = self.aws.newest_plan(self.table, &scope).await?;
                        return Ok(Pushed::SomebodyElse(held));
                    }
                }
            }
        };
        self.point(&layer, change).await?;
        Ok(pushed)
    }

    /// What holds, and its number. What does not read can be written over.
    async fn held(&self, scope: &str) -> Result<(Option<PlanVersion>, u32), GateError> {
        match self.aws.newest_plan(self.table, scope).await {
            Ok(held) => {
                let version = held.as_ref().map_or(0, |held| held.version);
                Ok((held, version))
            }
            Err(GateError::PlanUnreadable { .. }) => {
                let version = self.aws.newest_plan_number(self.table, scope).await?;
                Ok((None, version))
            }
            Err(error) => Err(error),
        }
    }

    fn version(
        &self,
        scope: &str,
        version: u32,
        document: String,
        change: &PlanChange<'_>,
    ) -> PlanVersion {
        PlanVersion {
            scope: scope.to_owned(),
            version,
            by: change.by.to_owned(),
            at: Timestamp::from_second(self.aws.now().as_second()).unwrap_or_default(),
            why: change.why.to_owned(),
            document,
        }
    }

    /// Whether a stage's layer is one of those that are looked for.
    ///
    /// # Errors
    ///
    /// `PlanUnreadable`, or what AWS said.
    pub async fn holds(&self, pattern: &Pattern) -> Result<bool, GateError> {
        Ok(self.patterns().await?.contains(pattern))
    }

    async fn layer(
        &self,
        scope: Scope,
        check: CheckExpression,
    ) -> Result<Option<Layer>, GateError> {
        let held = self.newest(&scope).await?;
        held.map(|held| read(&scope, &held.label(), &held.document, check))
            .transpose()
    }

    async fn patterns(&self) -> Result<Vec<Pattern>, GateError> {
        let Some((label, pointer)) = self.pointer::<StagesPointer>(STAGES).await? else {
            return Ok(Vec::new());
        };
        let patterns = pointer.stages.iter().map(|text| {
            let pattern = Pattern::read(text);
            pattern
                .ok_or_else(|| unreadable(format!("`{label}` has `{text}`, which is no pattern")))
        });
        patterns.collect()
    }

    /// Where a layer has to be found from elsewhere, lets it be found.
    async fn point(&self, layer: &Layer, change: &PlanChange<'_>) -> Result<(), GateError> {
        match change.scope {
            Scope::Organisation => Ok(()),
            Scope::Stage(pattern) => {
                let add = |pointer: Option<StagesPointer>| {
                    let mut stages = pointer.map_or_else(Vec::new, |pointer| pointer.stages);
                    let is_there = stages.iter().any(|own| own == pattern.text());
                    stages.push(pattern.text().to_owned());
                    (!is_there).then_some(StagesPointer { stages })
                };
                self.change_pointer(STAGES, &add, change).await
            }
            Scope::Service(service) => {
                for pipeline in &layer.pipelines {
                    let set = |pointer: Option<PipelinePointer>| {
                        let is_there = pointer.is_some_and(|pointer| pointer.service == *service);
                        let service = service.clone();
                        (!is_there).then_some(PipelinePointer { service })
                    };
                    let scope = format!("pipeline:{pipeline}");
                    self.change_pointer(&scope, &set, change).await?;
                }
                Ok(())
            }
        }
    }

    async fn pointer<T: DeserializeOwned>(
        &self,
        scope: &str,
    ) -> Result<Option<(String, T)>, GateError> {
        let held = self.aws.newest_plan(self.table, scope).await?;
        held.map(|held| Ok((held.label(), pointed(&held)?)))
            .transpose()
    }

    /// Others may write the same pointer: then it is read and changed again.
    async fn change_pointer<T: Serialize + DeserializeOwned>(
        &self,
        scope: &str,
        changed: &impl Fn(Option<T>) -> Option<T>,
        change: &PlanChange<'_>,
    ) -> Result<(), GateError> {
        for _ in 0..POINTER_TRIES_MAX {
            let held = self.aws.newest_plan(self.table, scope).await?;
            let version = held.as_ref().map_or(0, |held| held.version);
            let pointer = held.as_ref().map(pointed).transpose()?;
            let Some(pointer) = changed(pointer) else {
                return Ok(());
            };
            let document = serde_json::to_string(&pointer).expect("a pointer is JSON");
            let new = self.version(scope, version + 1, document, change);
            if self.aws.put_plan(self.table, &new).await? == PlanPut::Done {
                return Ok(());
            }
        }
        Err(GateError::ServiceUnavailable {
            operation: "dynamodb:PutItem".to_owned(),
            detail: format!("others write `{scope}` all the time: push again"),
        })
    }
}

fn read(
    scope: &Scope,
    label: &str,
    document: &str,
    check: CheckExpression,
) -> Result<Layer, GateError> {
    Layer::read(scope, label, document, check).map_err(|problems| {
        unreadable(format!(
            "`{label}` has mistakes:\n{}",
            problems.lines(label).trim_end()
        ))
    })
}

fn pointed<T: DeserializeOwned>(held: &PlanVersion) -> Result<T, GateError> {
    let read = serde_json::from_str(&held.document);
    read.map_err(|error| unreadable(format!("`{}` is no pointer: {error}", held.label())))
}

fn unreadable(detail: String) -> GateError {
    GateError::PlanUnreadable {
        detail,
        mend: "push that scope anew; `sluice plan history SCOPE` says who changed it".to_owned(),
    }
}
