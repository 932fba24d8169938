//! Reads both groups from the beginning to the last closed period.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sluice_aws::{Aws, SeriesQuery, Values};
use sluice_core::GateError;
use sluice_core::evidence::Source;
use sluice_core::reading::{Count, Place};
use sluice_core::settings::{Canary, CanaryGroup, CanaryMetric, CountStatistic, MetricRef};

use super::facts::{Begun, Both, Facts, MetricFacts, Series};
use crate::Ask;

/// Everything that is to be read, and what of it has been.
struct Reader<'a> {
    settings: &'a Canary,
    /// The group of each version, and when its first period begins.
    baseline: Group<'a>,
    canary: Group<'a>,
    periods: u32,
    read: BTreeMap<(Place, Timestamp), Wanted>,
}

/// Series with what was read of them.
type Wanted = Vec<(SeriesQuery, Vec<Count>)>;

/// A version's group with the beginning of its first period.
type Group<'a> = (&'a CanaryGroup, Timestamp);

/// Reads all closed periods. At the last look, `over`, an error that may pass
/// is none that can be waited for.
pub(super) async fn read(
    ask: &Ask,
    settings: &Canary,
    begun: &Begun,
    periods: u32,
    over: bool,
    aws: &Aws,
) -> Result<(Facts, Vec<Source>), GateError> {
    let Some(groups) = &begun.groups else {
        let detail = "it holds no groups to read".to_owned();
        return Err(GateError::RecordInvalid { detail });
    };
    let mut reader = Reader {
        settings,
        baseline: (&groups.baseline, begun.baseline_start()),
        canary: (&groups.canary, begun.start),
        periods,
        read: BTreeMap::new(),
    };
    reader.want_all();
    let mut sources = Vec::new();
    let mut incomplete = None;
    let seconds = settings.period().as_seconds();
    let length = begun.period(settings, periods).duration_since(begun.start);
    for ((place, start), wanted) in &mut reader.read {
        if periods == 0 {
            break;
        }
        sources.push(Source {
            operation: "cloudwatch:GetMetricData".to_owned(),
            place: place.clone(),
            at: ask.now,
        });
        let queries: Vec<SeriesQuery> = wanted.iter().map(|(query, _)| query.clone()).collect();
        match aws
            .series(place, &queries, seconds, *start, *start + length)
            .await
        {
            Ok(Values::Whole(values)) => {
                for ((_, own), values) in wanted.iter_mut().zip(values) {
                    *own = values;
                }
            }
            Ok(Values::Incomplete(why)) => incomplete = Some(why),
            Err(error) if error.is_passing() && !over => incomplete = Some(error.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    let facts = reader.facts(ask.now, ask.last_chance);
    let facts = match (incomplete, facts) {
        (None, Ok(facts)) => facts,
        (Some(why), _) | (None, Err(why)) => unknown(ask, periods, why),
    };
    Ok((facts, sources))
}

fn unknown(ask: &Ask, periods: u32, why: String) -> Facts {
    Facts {
        now: ask.now,
        last_chance: ask.last_chance,
        periods,
        metrics: Vec::new(),
        traffic: None,
        incomplete: Some(why),
    }
}

impl Reader<'_> {
    /// Notes each series once, by the place that it is read in.
    fn want_all(&mut self) {
        for group in [self.baseline, self.canary] {
            for metric in &self.settings.metrics {
                match metric {
                    CanaryMetric::Count(metric) => {
                        self.want(group, &metric.count, statistic(&metric.count));
                        self.want(group, &metric.of, statistic(&metric.of));
                    }
                    CanaryMetric::Series(metric) => {
                        self.want(group, &metric.series, &metric.stat);
                        if metric.is_percentile() {
                            self.want(group, &metric.series, SAMPLES);
                        }
                    }
                }
            }
            if let Some(traffic) = &self.settings.traffic {
                self.want(group, &traffic.count, statistic(&traffic.count));
            }
        }
    }

    fn want(&mut self, group: Group<'_>, metric: &MetricRef, stat: &str) {
        let query = self.query(group, metric, stat);
        let wanted = self.read.entry(source(group)).or_default();
        if wanted.iter().all(|(known, _)| *known != query) {
            wanted.push((query, Vec::new()));
        }
    }

    fn query(&self, (group, _): Group<'_>, metric: &MetricRef, stat: &str) -> SeriesQuery {
        let namespace = metric.namespace().or(self.settings.namespace.as_deref());
        SeriesQuery {
            namespace: namespace.unwrap_or_default().to_owned(),
            name: metric.name().to_owned(),
            dimensions: group.dimensions.clone(),
            stat: stat.to_owned(),
            account: group.account.clone(),
        }
    }

    fn facts(&self, now: Timestamp, last_chance: bool) -> Result<Facts, String> {
        let metrics = self
            .settings
            .metrics
            .iter()
            .map(|metric| self.metric(metric));
        let traffic = self.settings.traffic.as_ref();
        Ok(Facts {
            now,
            last_chance,
            periods: self.periods,
            metrics: metrics.collect::<Result<_, _>>()?,
            traffic: traffic
                .map(|traffic| self.both(&traffic.count, statistic(&traffic.count)))
                .transpose()?,
            incomplete: None,
        })
    }

    fn metric(&self, metric: &CanaryMetric) -> Result<MetricFacts, String> {
        Ok(match metric {
            CanaryMetric::Count(metric) => MetricFacts::Count {
                count: self.both(&metric.count, statistic(&metric.count))?,
                of: self.both(&metric.of, statistic(&metric.of))?,
            },
            CanaryMetric::Series(metric) => MetricFacts::Series {
                value: self.both(&metric.series, &metric.stat)?,
                samples: metric
                    .is_percentile()
                    .then(|| self.both(&metric.series, SAMPLES))
                    .transpose()?,
            },
        })
    }

    fn both(&self, metric: &MetricRef, stat: &str) -> Result<Both<Series>, String> {
        Ok(Both {
            baseline: self.series(self.baseline, metric, stat)?,
            canary: self.series(self.canary, metric, stat)?,
        })
    }

    /// One value for each period, from what was read.
    fn series(&self, group: Group<'_>, metric: &MetricRef, stat: &str) -> Result<Series, String> {
        let query = self.query(group, metric, stat);
        let read = self.read.get(&source(group));
        let found = read.and_then(|read| read.iter().find(|(known, _)| *known == query));
        let mut series = vec![None; self.periods as usize];
        let period = i64::from(self.settings.period().as_seconds().max(1));
        for point in found.into_iter().flat_map(|(_, points)| points) {
            let since = point.at.duration_since(group.1).as_millis();
            let millis = i128::from(period) * 1000;
            let index = usize::try_from(since.div_euclid(millis)).ok();
            let slot = index
                .filter(|_| since.rem_euclid(millis) == 0)
                .and_then(|index| series.get_mut(index))
                .ok_or_else(|| {
                    let (name, at) = (&query.name, point.at);
                    format!("CloudWatch sent a value of `{name}` for {at}, which begins no period")
                })?;
            *slot = Some(point.count);
        }
        Ok(series)
    }
}

/// How many measurements there were.
const SAMPLES: &str = "SampleCount";

fn statistic(metric: &MetricRef) -> &'static str {
    match metric.count_statistic() {
        CountStatistic::Sum => "Sum",
        CountStatistic::SampleCount => SAMPLES,
    }
}

/// Where and from when on a group is read.
fn source((group, start): Group<'_>) -> (Place, Timestamp) {
    let place = Place {
        region: group.region.clone(),
        role: group.role.clone(),
    };
    (place, start)
}
