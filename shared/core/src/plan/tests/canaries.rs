//! Settings of canaries, drawn: also such as the reader refuses.

use proptest::prelude::*;
use proptest::sample::select;

use super::round_trip::{length, name, region, role, text};
use crate::decimal::{Decimal, Percent, Times};
use crate::settings::{
    Canary, CanaryGroup, CanaryGroups, CanaryMetric, CanaryTraffic, CountMetric, CountStatistic,
    FullMetric, MetricRef, Mode, OnRollback, ReleaseCheck, SeriesMetric, WhenUndecided, Worse,
};

fn decimal() -> impl Strategy<Value = Decimal> {
    select(vec!["0", "0.1", "1.5", "3", "10", "50.000001", "250"])
        .prop_map(|text| Decimal::read(text).expect("a number"))
}

fn share() -> impl Strategy<Value = Option<Percent>> {
    proptest::option::of(decimal().prop_map(Percent))
}

fn worse() -> impl Strategy<Value = Worse> {
    select(vec![Worse::Higher, Worse::Lower])
}

fn metric_ref(with_stat: bool) -> impl Strategy<Value = MetricRef> {
    let stat = select(vec![None, Some(CountStatistic::SampleCount)]);
    prop_oneof![
        text().prop_map(MetricRef::Name),
        (proptest::option::of(text()), text(), stat).prop_map(move |(namespace, name, stat)| {
            let stat = stat.filter(|_| with_stat);
            MetricRef::Full(FullMetric {
                namespace,
                name,
                stat,
            })
        }),
    ]
}

prop_compose! {
    fn count()(
        name in name(), count in metric_ref(true), of in metric_ref(true), tolerance in share(),
        floor in share(), worse in worse(), gating in proptest::bool::weighted(0.8), must_have_data: bool,
    ) -> CountMetric {
        CountMetric { name, count, of, tolerance, floor, worse, gating, must_have_data }
    }
}

prop_compose! {
    fn series()(
        name in name(), series in metric_ref(false), stat in select(vec!["p99", "p99.9", "Average", "Maximum"]),
        tolerance in share(), floor in proptest::option::of(decimal()), worse in worse(),
        gating in proptest::bool::weighted(0.8), must_have_data: bool,
    ) -> SeriesMetric {
        let stat = stat.to_owned();
        SeriesMetric { name, series, stat, tolerance, floor, worse, gating, must_have_data }
    }
}

fn metric() -> impl Strategy<Value = CanaryMetric> {
    prop_oneof![
        count().prop_map(CanaryMetric::Count),
        series().prop_map(CanaryMetric::Series)
    ]
}

prop_compose! {
    fn group()(
        dimensions in proptest::collection::btree_map(text(), text(), 1..3),
        region in region(),
        role in role(),
        account in proptest::option::of(Just("111122223333".to_owned())),
    ) -> CanaryGroup {
        CanaryGroup { dimensions, region, role, account }
    }
}

fn whole_minutes(from: u32, to: u32) -> impl Strategy<Value = Option<crate::Duration>> {
    proptest::option::of((from..=to).prop_map(crate::Duration::from_minutes))
}

prop_compose! {
    fn accepts()(
        when_undecided in select(vec![WhenUndecided::Hold, WhenUndecided::Accept]),
        times in decimal(),
    ) -> (WhenUndecided, Option<Times>) {
        (when_undecided, (when_undecided == WhenUndecided::Accept).then_some(Times(times)))
    }
}

prop_compose! {
    /// Any settings.
    pub(super) fn canary()(
        name in proptest::option::of(name()),
        baseline in group(),
        canary in group(),
        namespace in proptest::option::weighted(0.9, text()),
        metrics in proptest::collection::vec(metric(), 1..4),
        traffic in proptest::option::of(
            (metric_ref(true), decimal()).prop_map(|(count, share)| CanaryTraffic { count, canary_share: Percent(share) })
        ),
        period in select(vec![None, Some(crate::Duration::from_seconds(10)), Some(crate::Duration::from_minutes(5))]),
        closed_after in proptest::option::of(length(0, 300)),
        horizon in proptest::option::of((1_u32..30).prop_map(|n| crate::Duration::from_minutes(n * 5))),
        at_least in whole_minutes(0, 20),
        at_most in whole_minutes(60, 1500),
        (when_undecided, accept_at_most) in accepts(),
        deployed_by in proptest::collection::vec("[a-z]{1,3}/[a-z]{1,3}", 0..2),
    ) -> Canary {
        let groups = Some(CanaryGroups { baseline, canary });
        Canary {
            name, groups, preset: None, before_after: None, namespace, metrics, kayenta: None, traffic, period, closed_after, horizon, at_least,
            at_most, when_undecided, accept_at_most, deployed_by, on_rollback: OnRollback::Full,
            release_check: ReleaseCheck::On, mode: Mode::WatchOnly,
        }
    }
}
