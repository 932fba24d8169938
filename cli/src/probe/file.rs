//! The file that a probe writes and a world loads.

use std::path::Path;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_world::Assumed;

use super::conclude::Measure;

/// The form of the file; another one has another number.
const FORMAT: &str = "sluice-probe/1";

/// What a probe measured. It names no account and nothing in one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProbeFile {
    /// `sluice-probe/1`.
    #[schemars(extend("const" = FORMAT))]
    pub format: String,
    /// The version of `sluice` that measured.
    pub sluice: String,
    /// What was measured.
    pub against: Against,
    /// The region.
    pub region: String,
    /// When it began.
    #[schemars(with = "String")]
    pub began: Timestamp,
    /// When it ended.
    #[schemars(with = "String")]
    pub ended: Timestamp,
    /// What was seen, and what follows from it.
    pub measures: Vec<Measure>,
    /// What a world takes the place of its defaults with.
    pub world: Assumed,
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// Every request went to AWS.
    Aws,
    /// A request went to another address: what was measured says nothing
    /// about AWS.
    Simulation,
}

impl ProbeFile {
    /// A file of the present form.
    pub(super) fn new(
        (against, region): (Against, &str),
        (began, ended): (Timestamp, Timestamp),
        (measures, world): (Vec<Measure>, Assumed),
    ) -> ProbeFile {
        ProbeFile {
            format: FORMAT.to_owned(),
            sluice: env!("CARGO_PKG_VERSION").to_owned(),
            against,
            region: region.to_owned(),
            began,
            ended,
            measures,
            world,
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is none of this form.
    pub fn load(path: &Path) -> Result<ProbeFile, String> {
        let file = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("error: cannot read `{file}`: {error}"))?;
        ProbeFile::read(&text).map_err(|why| {
            format!("error: `{file}`: {why}\n  hint: `sluice probe --yes` writes such a file")
        })
    }

    fn read(text: &str) -> Result<ProbeFile, String> {
        let unread =
            |error: serde_json::Error| format!("what was measured cannot be read: {error}");
        let value: Value = serde_json::from_str(text).map_err(unread)?;
        match value["format"].as_str() {
            Some(FORMAT) => serde_json::from_value(value).map_err(unread),
            Some(other) => Err(format!("its format is `{other}`, not `{FORMAT}`")),
            None => Err(format!("it has no `format: {FORMAT}`")),
        }
    }

    /// One line for whoever uses it.
    pub fn label(&self) -> String {
        let ProbeFile {
            sluice,
            region,
            ended,
            ..
        } = self;
        match self.against {
            Against::Aws => format!("measured on AWS in {region} on {ended:.0} by sluice {sluice}"),
            Against::Simulation => format!(
                "measured against a simulation on {ended:.0} by sluice {sluice}: it says nothing \
                 about AWS"
            ),
        }
    }
}

/// The JSON Schema of the file.
pub fn schema() -> Value {
    schemars::schema_for!(ProbeFile).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> ProbeFile {
        let at = Timestamp::UNIX_EPOCH;
        let world = Assumed {
            job_details: Some(true),
            ..Assumed::default()
        };
        let against = Against::Simulation;
        ProbeFile::new((against, "eu-west-1"), (at, at), (Vec::new(), world))
    }

    #[test]
    fn a_file_that_was_written_is_read_as_it_was() {
        let text = serde_json::to_string(&file()).unwrap();
        assert_eq!(ProbeFile::read(&text), Ok(file()));
    }

    #[test]
    fn a_file_of_another_form_is_refused_and_says_so() {
        let later = serde_json::to_string(&file()).unwrap();
        let later = later.replace(FORMAT, "sluice-probe/2");
        for (text, expected) in [
            (
                &*later,
                "its format is `sluice-probe/2`, not `sluice-probe/1`",
            ),
            ("{}", "it has no `format: sluice-probe/1`"),
        ] {
            assert_eq!(ProbeFile::read(text).unwrap_err(), expected);
        }
        let error = ProbeFile::read("about: nothing").unwrap_err();
        assert!(error.starts_with("what was measured cannot be read"));
    }

    #[test]
    fn a_simulation_is_called_one() {
        let label = file().label();
        assert!(label.contains("against a simulation"), "{label}");
        assert!(label.ends_with("it says nothing about AWS"), "{label}");
        let against = Against::Aws;
        let of_aws = ProbeFile { against, ..file() }.label();
        assert!(of_aws.starts_with("measured on AWS in eu-west-1"));
    }
}
