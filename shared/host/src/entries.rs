//! What a table of entries holds, in our own types.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sluice_aws::{Aws, AwsError, Entry, EntryPut};
use sluice_core::GateError;

/// The table.
#[derive(Clone, Copy)]
pub(crate) struct Entries<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) table: &'a str,
}

/// What stands under a key, and its version; 0 is that nothing does.
pub(crate) struct Versioned<T> {
    pub(crate) value: Option<T>,
    pub(crate) version: u64,
}

impl Entries<'_> {
    /// What stands under a key.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        (id, part): (&str, &str),
    ) -> Result<Versioned<T>, GateError> {
        let entry = self.aws.entry(self.table, id, part).await?;
        let Some(entry) = entry else {
            return Ok(Versioned {
                value: None,
                version: 0,
            });
        };
        Ok(Versioned {
            value: Some(read(id, &entry.body)?),
            version: entry.version,
        })
    }

    /// All that stands in a partition, by part.
    pub(crate) async fn all<T: DeserializeOwned>(
        &self,
        id: &str,
    ) -> Result<Vec<(String, T)>, GateError> {
        let entries = self.aws.entries(self.table, id).await?;
        let read = |own: Entry| Ok((own.part, read(id, &own.body)?));
        entries.into_iter().map(read).collect()
    }

    /// Writes the next version of what stands under a key.
    pub(crate) async fn put<T: Serialize>(
        &self,
        key: (&str, &str),
        (value, over): (&T, u64),
        expires: Option<Timestamp>,
    ) -> Result<EntryPut, AwsError> {
        let body = serde_json::to_string(value).expect("our types are JSON");
        let put = self.aws.put_entry(self.table, key, (&body, over), expires);
        put.await
    }

    /// Takes away what stands under a key, unless it was written since.
    pub(crate) async fn remove(&self, key: (&str, &str), version: u64) -> Result<(), AwsError> {
        self.aws.remove_entry(self.table, key, version).await
    }
}

fn read<T: DeserializeOwned>(id: &str, body: &str) -> Result<T, GateError> {
    serde_json::from_str(body).map_err(|error| GateError::RecordInvalid {
        detail: format!("what the table has under `{id}` does not read: {error}"),
    })
}
