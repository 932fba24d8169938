//! The gate `bake`: reads alarms, their history and the traffic, and asks the
//! rule in `sluice_core::bake`.

mod begin;
mod history;

use jiff::{SignedDuration, Timestamp};
use sluice_aws::{Aws, AwsError, Counted};
use sluice_core::GateError;
use sluice_core::bake::{
    AlarmFacts, Begun, Facts, Memory, Progress, RULE_VERSION, TrafficFacts, history_wanted, judge,
};
use sluice_core::evidence::Source;
use sluice_core::plan::GateSettings;
use sluice_core::reading::Place;
use sluice_core::settings::{Bake, Traffic};

use crate::alarms::{Unread, reread};
use crate::{Ask, Gate, Look, json, looked, wrong_settings};

/// The gate `bake`.
#[derive(Debug, Clone, Copy, Default)]
pub struct BakeGate;

/// Periods of traffic are chosen so that a bake has at most so many.
const PERIODS_MAX: u32 = 500;

fn settings(ask: &Ask) -> Result<&Bake, GateError> {
    match &ask.settings {
        GateSettings::Bake(settings) => Ok(settings),
        _ => Err(wrong_settings(BakeGate::KIND, ask)),
    }
}

impl Gate for BakeGate {
    const KIND: &'static str = "bake";
    const RULE: u32 = RULE_VERSION;
    type Begun = Begun;
    type Memory = Memory;

    async fn begin(&self, ask: &Ask, aws: &Aws) -> Result<Begun, GateError> {
        begin::begin(ask, settings(ask)?, aws).await
    }

    async fn look(
        &self,
        ask: &Ask,
        begun: &Begun,
        memory: Memory,
        aws: &Aws,
    ) -> Result<Look, GateError> {
        let settings = settings(ask)?;
        let (present, mut sources) = match reread(&begun.alarms, aws).await {
            Ok(read) => read,
            Err(Unread::Passing(error)) => return not_read(ask, settings, begun, memory, error),
            Err(Unread::Final(error)) => return Err(error),
        };
        let (traffic, source) = traffic(settings, begun, ask.now, aws).await?;
        sources.extend(source);
        let mut facts = Facts {
            now: ask.now,
            last_chance: ask.last_chance,
            alarms: present
                .into_iter()
                .map(|present| AlarmFacts {
                    present,
                    history: None,
                })
                .collect(),
            traffic,
        };
        let wanted = history_wanted(begun, settings, &facts, &memory);
        let memory = history::read(
            ask,
            settings,
            begun,
            &mut facts,
            &mut sources,
            wanted,
            memory,
            aws,
        )
        .await?;
        let judged = judge(begun, settings, &facts, &memory);
        Ok(looked(judged.ruling, &facts, sources, &judged.memory))
    }

    fn shorten(memory: Memory) -> Memory {
        memory.shortened()
    }
}

/// Nothing could be read at this look. That is no verdict, and no reason to
/// give up before the bake's time is over.
fn not_read(
    ask: &Ask,
    settings: &Bake,
    begun: &Begun,
    mut memory: Memory,
    error: AwsError,
) -> Result<Look, GateError> {
    let over = ask.now >= begun.began + SignedDuration::from(settings.at_most());
    if over || ask.last_chance {
        return Err(error.into());
    }
    memory.failed_reads = memory.failed_reads.saturating_add(1);
    let times = match memory.failed_reads {
        1 => String::new(),
        times => format!(", {times} looks in a row"),
    };
    let line = format!("nothing could be read at this look{times}: {error}");
    let wait = history::backoff(ask, memory.failed_reads.min(3));
    let progress = Progress { percent: 0, line };
    Ok(Look::Again {
        not_before: ask.now + wait,
        progress,
        memory: json(&memory),
    })
}

/// Seconds of one period of traffic: the shortest that CloudWatch keeps, or
/// longer where the bake would have too many of them.
fn period_seconds(settings: &Bake) -> u32 {
    let whole = settings.at_most().as_seconds();
    [60, 300, 900]
        .into_iter()
        .find(|period| whole / period <= PERIODS_MAX)
        .unwrap_or(3600)
}

/// The requests since the bake began. A period that began before it is not
/// counted: some of it came before the bake.
async fn traffic(
    settings: &Bake,
    begun: &Begun,
    now: Timestamp,
    aws: &Aws,
) -> Result<(TrafficFacts, Option<Source>), GateError> {
    let Traffic::Measured(measured) = &settings.traffic else {
        return Ok((TrafficFacts::NotMeasured, None));
    };
    let period_seconds = period_seconds(settings);
    let period = i64::from(period_seconds);
    let from = (begun.began - SignedDuration::from_nanos(1))
        .as_second()
        .div_euclid(period)
        * period
        + period;
    let from = Timestamp::from_second(from).unwrap_or(begun.began);
    let place = Place {
        region: measured.metric.region.clone(),
        role: measured.metric.role.clone(),
    };
    let source = Source {
        operation: "cloudwatch:GetMetricData".to_owned(),
        place,
        at: now,
    };
    if from >= now {
        let counts = Vec::new();
        return Ok((
            TrafficFacts::Counted {
                period_seconds,
                counts,
            },
            None,
        ));
    }
    let facts = match aws.count(&measured.metric, period_seconds, from, now).await {
        Ok(Counted::Whole(counts)) => TrafficFacts::Counted {
            period_seconds,
            counts,
        },
        Ok(Counted::Incomplete(why)) => TrafficFacts::Unknown(why),
        Err(error) if error.is_passing() => TrafficFacts::Unknown(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    Ok((facts, Some(source)))
}
