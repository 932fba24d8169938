//! What is wrong with an action's configuration.

use thiserror::Error;

use crate::GateError;
use crate::problems::Problems;

/// An action's configuration has mistakes. Each names its property.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the action's configuration has mistakes:\n{}", self.lines())]
pub struct ActionMistake {
    /// The provider of the action.
    pub provider: String,
    /// All of them, with what to write instead.
    pub problems: Problems,
}

impl ActionMistake {
    fn lines(&self) -> String {
        let text = self.problems.render(&self.provider, None);
        text.trim_end().to_owned()
    }
}

impl From<ActionMistake> for GateError {
    fn from(mistake: ActionMistake) -> GateError {
        GateError::SettingsInvalid {
            place: "the action's configuration".to_owned(),
            problems: mistake.lines(),
        }
    }
}
