//! One alarm: what it is, what state it is in, and how the two are told.

use jiff::tz::TimeZone;

use super::evaluation::{Evaluated, Evaluation};
use super::rule::Rule;
use super::series::Series;
use super::terms::{AlarmState, Comparison, EvaluationState, MissingData, Statistic};
use crate::scenario::{Length, Moment};

/// The reason every alarm begins with.
const CREATED: &str = "Unchecked: Initial alarm creation";

/// How many periods further back than it evaluates an alarm looks. The one
/// case that AWS documents is 5 for 3.
const EXTRA_PERIODS: usize = 2;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// An alarm with its present state. Times are milliseconds since 1970.
#[derive(Debug)]
pub(super) struct Alarm {
    pub(super) kind: Kind,
    pub(super) configured: i64,
    pub(super) actions_enabled: bool,
    pub(super) state: AlarmState,
    pub(super) reason: String,
    pub(super) updated: i64,
    pub(super) transitioned: i64,
    pub(super) troubles: Vec<Trouble>,
}

/// What decides an alarm's state.
#[derive(Debug)]
pub(super) enum Kind {
    /// The values of a metric.
    Metric(Watch),
    /// The states of other alarms.
    Composite(Composite),
    /// The scenario. It looks like an alarm on a metric.
    Scripted(Watch),
}

/// Which values of which metric are breaching.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub(super) series: usize,
    pub(super) statistic: Statistic,
    /// Milliseconds.
    pub(super) period: i64,
    pub(super) breaching: u32,
    pub(super) of: u32,
    pub(super) comparison: Comparison,
    pub(super) threshold: f64,
    pub(super) missing: MissingData,
}

/// The rule of a composite alarm.
#[derive(Debug)]
pub(super) struct Composite {
    pub(super) text: String,
    pub(super) rule: Rule,
    /// Whether it has to be evaluated: it is new, or a child moved.
    pub(super) stale: bool,
}

/// A while in which an alarm is not evaluated as it should be.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) at: Moment,
    pub(super) length: Length,
    pub(super) state: EvaluationState,
    /// From when to when, once known.
    pub(super) during: Option<(i64, i64)>,
}

impl Alarm {
    /// A new alarm, of which nothing is known yet.
    pub(super) fn new(kind: Kind, now: i64) -> Alarm {
        Alarm {
            kind,
            configured: now,
            actions_enabled: true,
            state: AlarmState::InsufficientData,
            reason: CREATED.to_owned(),
            updated: now,
            transitioned: now,
            troubles: Vec::new(),
        }
    }

    pub(super) fn is_composite(&self) -> bool {
        matches!(self.kind, Kind::Composite(_))
    }

    /// What is wrong with its evaluation at this time, if anything.
    pub(super) fn evaluation_state(&self, now: i64) -> Option<EvaluationState> {
        let current = |trouble: &&Trouble| {
            let within = |(from, to)| (from..to).contains(&now);
            trouble.during.is_some_and(within)
        };
        self.troubles
            .iter()
            .find(current)
            .map(|trouble| trouble.state)
    }

    /// When its state or its evaluation state last changed.
    pub(super) fn state_updated(&self, now: i64) -> i64 {
        let bounds = self.troubles.iter().filter_map(|trouble| trouble.during);
        let passed = bounds
            .flat_map(|(from, to)| [from, to])
            .filter(|at| *at <= now);
        passed.fold(self.updated, i64::max)
    }

    /// Evaluates an alarm on a metric at a tick; what comes of it if the
    /// state changes, with the reason.
    pub(super) fn evaluate(
        &self,
        series: &[Series],
        tick: i64,
        incomplete_periods: bool,
    ) -> Option<(AlarmState, String)> {
        let Kind::Metric(watch) = &self.kind else {
            return None;
        };
        let stuck = matches!(
            self.evaluation_state(tick),
            Some(EvaluationState::EvaluationError | EvaluationState::EvaluationFailure)
        );
        if stuck || tick % watch.interval() != 0 {
            return None;
        }
        let series = &series[watch.series];
        let evaluated = watch.evaluate(series, tick, incomplete_periods, self.state);
        (evaluated.state != self.state).then(|| {
            let newest = watch.values(series, tick, incomplete_periods).next();
            (evaluated.state, watch.reason(evaluated, newest))
        })
    }
}

impl Watch {
    /// How often it is evaluated, in milliseconds.
    fn interval(&self) -> i64 {
        if self.period < MINUTE {
            10_000
        } else if self.period * i64::from(self.of) > DAY {
            HOUR
        } else {
            MINUTE
        }
    }

    fn evaluate(
        &self,
        series: &Series,
        tick: i64,
        incomplete_periods: bool,
        present: AlarmState,
    ) -> Evaluated {
        let missing = match series.identity.namespace.as_str() {
            "AWS/DynamoDB" => MissingData::Ignore,
            _ => self.missing,
        };
        let evaluation = Evaluation {
            breaching: self.breaching as usize,
            of: self.of as usize,
            missing,
        };
        let breaches = |(_, value): (_, Option<f64>)| {
            value.map(|value| self.comparison.breaches(value, self.threshold))
        };
        let values = self.values(series, tick, incomplete_periods);
        evaluation.judge(values.map(breaches), present)
    }

    /// The values of the evaluation range with the beginnings of their
    /// periods, newest first, computed as they are asked for.
    ///
    /// The range slides with the tick. It ends where everything has been
    /// published that ever will be; asked for `incomplete_periods`, it ends
    /// at the tick, and the newest period may still lack datapoints.
    fn values(
        &self,
        series: &Series,
        tick: i64,
        incomplete_periods: bool,
    ) -> impl Iterator<Item = (i64, Option<f64>)> {
        let step = self.period.min(MINUTE);
        let end = if incomplete_periods {
            tick
        } else {
            (tick - series.lateness()).div_euclid(step) * step
        };
        let periods = (1..).take(self.of as usize + EXTRA_PERIODS);
        periods.map(move |age: i64| {
            let from = end - age * self.period;
            (
                from,
                series.value(from, from + self.period, tick, self.statistic),
            )
        })
    }

    fn reason(&self, evaluated: Evaluated, newest: Option<(i64, Option<f64>)>) -> String {
        let Watch {
            breaching,
            of,
            comparison,
            threshold,
            ..
        } = self;
        let Evaluated {
            state,
            breaching: seen,
            filled,
        } = evaluated;
        if state == AlarmState::InsufficientData {
            return format!("Insufficient Data: none of the last {of} periods has a datapoint");
        }
        let newest = match newest {
            Some((from, Some(value))) => format!("; the newest is {value} ({})", time(from)),
            _ => String::new(),
        };
        let filled = match filled {
            0 => String::new(),
            filled => format!(", {filled} missing"),
        };
        format!(
            "Threshold Crossed: {seen} of {of} datapoints were {comparison} the threshold ({threshold}){filled}{newest} (ALARM needs {breaching})"
        )
    }
}

fn time(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds).map_or_else(
        |_| milliseconds.to_string(),
        |at| {
            at.to_zoned(TimeZone::UTC)
                .strftime("%d/%m/%y %H:%M:%S")
                .to_string()
        },
    )
}
