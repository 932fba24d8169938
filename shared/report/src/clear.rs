//! The page's part about a gate `clear`: the alarms as they were.

use maud::{Markup, html};
use serde::Deserialize;
use sluice_core::clear::{Begun, Facts};
use sluice_core::evidence::Evidence;

use crate::tables::table;
use crate::times::Clock;
use crate::words::{class, marked};

/// The alarms of a gate `clear`; nothing if they cannot be read.
pub(crate) fn render(evidence: &Evidence, clock: Clock) -> Option<Markup> {
    let begun = Begun::deserialize(&evidence.begun).ok()?;
    let facts = Facts::deserialize(&evidence.facts).ok()?;
    let rows: Vec<Vec<Markup>> = begun
        .alarms
        .iter()
        .zip(&facts.alarms)
        .map(|(begun, present)| {
            vec![
                marked(&begun.label()),
                html! { span class={ "chip " (class(&present.state)) } { (present.state) } },
                match present.transitioned {
                    Some(at) => clock.moment(at),
                    None => html! { "not said" },
                },
                html! { (present.evaluation.as_deref().unwrap_or("well")) },
            ]
        })
        .collect();
    let heads = ["Alarm", "State", "Since", "Evaluated"];
    Some(html! {
        section aria-labelledby="alarms" {
            h2 #alarms { "Alarms" }
            (table("Alarms at the last look", &heads, &rows))
        }
    })
}
