//! Whether our clock and AWS's agree, as far as the rules of the gates allow
//! for: what happened at AWS's times cannot be judged by another clock.

use sluice_core::bake::GUARD;
use sluice_core::{Duration, GateError};

use crate::Host;

/// An error where the last answer of AWS came from another time than ours.
pub(crate) fn clocks_agree(host: &Host) -> Result<(), GateError> {
    match host.aws.clock_ahead() {
        Some(ahead) if ahead.abs() > GUARD => Err(GateError::ClockWrong {
            apart: Duration::from_signed(ahead.abs()),
            ahead: ahead.is_positive(),
            allowed: Duration::from_signed(GUARD),
        }),
        _ => Ok(()),
    }
}
