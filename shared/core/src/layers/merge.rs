//! Puts layers on each other, one stage at a time.

use serde_json::{Map, Value as Json, json};

use super::block::{Block, Change, Locked};
use super::document::{Layer, Requirements};
use super::scope::Pattern;
use super::tighter::STAGE;
use crate::GateError;

/// A stage while layers are put on it.
pub(super) struct Merged {
    stage: String,
    own: Option<Block>,
    gates: Vec<Block>,
    from: Vec<String>,
}

impl Merged {
    pub(super) fn new(stage: &str) -> Merged {
        Merged {
            stage: stage.to_owned(),
            own: None,
            gates: Vec::new(),
            from: Vec::new(),
        }
    }

    /// The layers that had something for the stage, in order.
    pub(super) fn from(&self) -> &[String] {
        &self.from
    }

    /// How many gates there are.
    pub(super) fn gates(&self) -> usize {
        self.gates.len()
    }

    /// Puts one layer on it: its most general patterns first.
    pub(super) fn put(&mut self, layer: &Layer) -> Result<(), GateError> {
        let mut matching: Vec<&(Pattern, Requirements)> = layer
            .stages
            .iter()
            .filter(|(pattern, _)| pattern.matches(&self.stage))
            .collect();
        matching.sort_by(|(one, _), (other, _)| one.cmp(other));
        if !matching.is_empty() {
            self.from.push(layer.label.clone());
        }
        for (_, requirements) in matching {
            self.put_requirements(layer, requirements)
                .map_err(|locked| self.locked(layer, locked))?;
        }
        Ok(())
    }

    fn put_requirements(&mut self, layer: &Layer, required: &Requirements) -> Result<(), Locked> {
        let change = Change {
            layer: &layer.label,
            may_loosen: layer.scope.is_some(),
            loosenable: &required.loosenable,
        };
        match &mut self.own {
            Some(own) => own.change(&required.fields, &change)?,
            None => {
                self.own = Some(Block::new(STAGE, "", &change).begin(&required.fields, &change))
            }
        }
        for gate in &required.gates {
            match self.gates.iter_mut().find(|own| own.name == gate.name) {
                Some(own) if own.kind != gate.kind => {
                    return Err(Locked {
                        field: gate.name.clone(),
                        held: own.kind.clone(),
                        by: own.begun_by().to_owned(),
                        written: gate.kind.clone(),
                    });
                }
                Some(own) => own.change(&gate.settings, &change)?,
                None => {
                    let own = Block::new(&gate.kind, &gate.name, &change);
                    self.gates.push(own.begin(&gate.settings, &change));
                }
            }
        }
        Ok(())
    }

    fn locked(&self, layer: &Layer, locked: Locked) -> GateError {
        let Locked {
            field,
            held,
            by,
            written,
        } = locked;
        GateError::PlanLocked {
            layer: layer.label.clone(),
            stage: self.stage.clone(),
            field,
            held,
            by,
            written,
        }
    }

    /// The stage in the shape that people write.
    pub(super) fn written(&self) -> Json {
        self.shaped(Block::settings, |gate, settings| {
            if gate.name != gate.kind {
                settings.insert("name".to_owned(), gate.name.clone().into());
            }
        })
    }

    /// The same with the layer in the place of each value.
    pub(super) fn layers(&self) -> Json {
        self.shaped(Block::layers, |gate, settings| {
            if gate.name != gate.kind {
                settings.insert("name".to_owned(), gate.begun_by().into());
            }
        })
    }

    fn shaped(&self, part: fn(&Block) -> Json, finish: fn(&Block, &mut Map<String, Json>)) -> Json {
        let own = self.own.as_ref().filter(|own| !own.is_empty());
        let mut stage = own.map_or_else(|| json!({}), part);
        let gates: Vec<Json> = self
            .gates
            .iter()
            .map(|gate| {
                let mut settings = part(gate);
                if let Some(fields) = settings.as_object_mut() {
                    finish(gate, fields);
                }
                json!({ gate.kind.as_str(): settings })
            })
            .collect();
        stage["gates"] = gates.into();
        stage
    }
}
