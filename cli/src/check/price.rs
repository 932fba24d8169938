//! What a release costs at a gate, at list prices: CloudWatch bills its
//! requests and each metric that is read, Lambda the time of looks.

use std::fmt;

use super::effort::Effort;
use crate::prices;

/// So many dollars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dollars(pub(super) f64);

impl fmt::Display for Dollars {
    /// Two digits that say something; a price is no measurement.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            price if price >= 0.1 => write!(out, "about ${price:.2}"),
            price if price >= 0.01 => write!(out, "about ${price:.3}"),
            price if price >= 0.0001 => write!(out, "about ${price:.4}"),
            _ => write!(out, "less than $0.0001"),
        }
    }
}

/// What so many looks cost of which so many read.
pub(super) fn price(effort: &Effort, looks: u32, reads: u32) -> Dollars {
    let each = f64::from(effort.metrics_each) + f64::from(effort.billed_requests());
    Dollars(f64::from(looks) * prices::look() + prices::READ.of(f64::from(reads) * each))
}
