//! placeholder until merged
use jiff::Timestamp;
use sluice_aws::Aws;
use sluice_core::notices::{Notice, Told};
#[derive(Debug, Default)]
pub struct Deliverer;
#[derive(Debug)]
pub enum Delivered {
    Told {
        remarks: Vec<String>,
    },
    Later {
        why: String,
        not_before: Option<Timestamp>,
    },
    Never {
        why: String,
    },
}
impl Deliverer {
    pub async fn deliver(&self, _: &Aws, _: &Notice, _: &Told, _: Timestamp) -> Delivered {
        Delivered::Told {
            remarks: Vec::new(),
        }
    }
}
