//! What the reader accepted and wrote, it reads again as the same.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use crate::Duration;
use crate::plan::{
    GatePlan, GateSettings, LambdaRollBack, Plan, Policies, Policy, RollBack, StagePlan,
};
use crate::settings::{
    AlarmPrefix, AlarmRef, AlreadyInAlarm, Bake, Clear, CountStatistic, InsufficientData,
    MeasuredTraffic, Metric, Mode, NamedAlarm, NotMeasured, OnRollback, Recovered, ReleaseCheck,
    Settle, Since, Traffic,
};

pub(super) fn length(from: u32, to: u32) -> impl Strategy<Value = Duration> {
    (from..=to).prop_map(Duration::from_seconds)
}

pub(super) fn name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9.@_-]{1,20}"
}

/// Text as CloudWatch allows it, with what YAML takes for something else.
pub(super) fn text() -> impl Strategy<Value = String> {
    let odd = [
        "no",
        "off",
        "~",
        "null",
        "30",
        "1e3",
        "true",
        "- a",
        "a: b",
        "# x",
        "{a",
        "*a",
        "&a",
        "\u{fffd}",
        "\u{2028}",
        "\"",
        "'",
        "<<",
        "\u{feff}x",
        "x\u{feff}",
    ];
    prop_oneof![
        "[^\\p{C}\\s]{1,30}",
        "[!-~]{1,30}",
        select(odd.to_vec()).prop_map(str::to_owned)
    ]
}

pub(super) fn region() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(select(vec!["eu-west-1", "us-gov-east-1"]).prop_map(str::to_owned))
}

pub(super) fn role() -> impl Strategy<Value = Option<String>> {
    let role = "arn:aws:iam::111122223333:role/sluice/read";
    proptest::option::of(Just(role.to_owned()))
}

fn alarm() -> impl Strategy<Value = AlarmRef> {
    prop_oneof![
        text().prop_map(AlarmRef::Name),
        (text(), region(), role()).prop_map(|(name, region, role)| AlarmRef::Elsewhere(
            NamedAlarm { name, region, role }
        )),
        (text(), region(), role()).prop_map(|(prefix, region, role)| {
            AlarmRef::Prefix(AlarmPrefix {
                prefix,
                region,
                role,
            })
        }),
    ]
}

fn alarms() -> impl Strategy<Value = Vec<AlarmRef>> {
    proptest::collection::vec(alarm(), 1..5)
}

fn traffic() -> impl Strategy<Value = Traffic> {
    let dimensions = proptest::collection::btree_map(text(), text(), 0..3);
    let stat = select(vec![CountStatistic::Sum, CountStatistic::SampleCount]);
    let metric = (text(), text(), stat, dimensions, region(), role()).prop_map(
        |(namespace, name, stat, dimensions, region, role)| Metric {
            namespace,
            name,
            stat,
            dimensions: BTreeMap::from_iter(dimensions),
            region,
            role,
        },
    );
    prop_oneof![
        Just(Traffic::NotMeasured(NotMeasured::NotMeasured)),
        (metric, 1..=u64::from(u32::MAX))
            .prop_map(|(metric, at_least)| Traffic::Measured(MeasuredTraffic { metric, at_least })),
    ]
}

prop_compose! {
    fn words()(
        already_in_alarm in select(vec![AlreadyInAlarm::Fail, AlreadyInAlarm::Wait, AlreadyInAlarm::Ignore]),
        recovered in select(vec![Recovered::Fail, Recovered::Accept]),
        insufficient_data in select(vec![InsufficientData::Wait, InsufficientData::Fail, InsufficientData::Accept]),
        since in select(vec![Since::Deployment, Since::Gate]),
        on_rollback in select(vec![OnRollback::Wait, OnRollback::Watch, OnRollback::Full]),
        release_check in select(vec![ReleaseCheck::On, ReleaseCheck::Off]),
        mode in select(vec![Mode::Enforce, Mode::WatchOnly]),
    ) -> (AlreadyInAlarm, Recovered, InsufficientData, Since, OnRollback, ReleaseCheck, Mode) {
        (already_in_alarm, recovered, insufficient_data, since, on_rollback, release_check, mode)
    }
}

prop_compose! {
    /// Any settings, also such as the reader refuses.
    fn bake()(
        name in proptest::option::of(name()),
        alarms in alarms(),
        bake_for in length(0, 90_000),
        at_most in proptest::option::of(length(0, 90_000)),
        traffic in traffic(),
        quiet_for in proptest::option::of(length(0, 4_000)),
        quiet_after in proptest::option::of(length(0, 4_000)),
        settle in prop_oneof![Just(Settle::Auto), length(0, 4_000).prop_map(Settle::For)],
        deployed_by in proptest::collection::vec("[a-z]{1,3}/[a-z]{1,3}", 0..3),
        recover_within in proptest::option::of(length(0, 4_000)),
        (already_in_alarm, recovered, insufficient_data, since, on_rollback, release_check, mode) in words(),
    ) -> Bake {
        Bake {
            name, alarms, bake_for, at_most, traffic, quiet_for, already_in_alarm, recovered,
            quiet_after, insufficient_data, settle, since, deployed_by, on_rollback,
            recover_within, release_check, mode,
        }
    }
}

prop_compose! {
    fn clear()(
        name in proptest::option::of(name()),
        alarms in alarms(),
        quiet in proptest::option::of(length(0, 90_000)),
        within in proptest::option::of(length(0, 90_000)),
        (_, _, _, _, _, release_check, mode) in words(),
    ) -> Clear {
        Clear { name, alarms, quiet, within, release_check, mode }
    }
}

fn gate_settings() -> impl Strategy<Value = GateSettings> {
    prop_oneof![
        bake().prop_map(GateSettings::Bake),
        super::canaries::canary().prop_map(GateSettings::Canary),
        clear().prop_map(GateSettings::Clear)
    ]
}

fn own_function() -> RollBack {
    RollBack::Lambda(LambdaRollBack {
        lambda: "take-back:live".to_owned(),
    })
}

prop_compose! {
    fn policy()(
        roll_back in select(vec![RollBack::No, RollBack::Native, RollBack::Stage, RollBack::CodeDeploy, own_function()]),
        notify in proptest::collection::vec(name(), 0..3),
        proceed in any::<bool>(),
    ) -> Policy {
        Policy { roll_back, notify, proceed }
    }
}

prop_compose! {
    fn stage()(
        name in name(),
        gates in proptest::collection::vec(gate_settings(), 1..3),
        on_fail in policy(),
        notify in proptest::collection::vec(name(), 0..2),
        proceed in any::<bool>(),
        stop_others in any::<bool>(),
    ) -> StagePlan {
        let gates = gates
            .into_iter()
            .map(|settings| GatePlan { name: settings.name().to_owned(), settings })
            .collect();
        let on_inconclusive = Policy { notify, proceed, ..Policy::default() };
        let policies = Policies {
            on_fail: Policy { proceed: false, ..on_fail },
            on_inconclusive,
            on_error: Policy::default(),
        };
        StagePlan { name, gates, policies, stop_others }
    }
}

proptest! {
    #[test]
    fn accepted_settings_are_read_back_as_they_were(settings in gate_settings()) {
        let written = settings.to_json();
        match GateSettings::from_json(&written) {
            Ok(read) => {
                prop_assert_eq!(&read, &settings);
                let inner = &written[settings.kind()];
                prop_assert_eq!(&GateSettings::read_json(settings.kind(), inner), &Ok(settings.clone()));
                let parsed: GateSettings = serde_json::from_value(written).unwrap();
                prop_assert_eq!(parsed, settings);
            }
            Err(problems) => prop_assert!(problems.has_errors()),
        }
    }

    #[test]
    fn accepted_plans_are_read_back_as_they_were(
        service in name(),
        stages in proptest::collection::vec(stage(), 1..4),
    ) {
        let plan = Plan { service, stages, notifications: None };
        // JSON is YAML, so the written plan can be read by both.
        let written = serde_json::to_string(&plan).unwrap();
        if let Ok(read) = Plan::read_yaml(&written) {
            prop_assert_eq!(&read, &plan);
        }
        let json = serde_json::to_value(&plan).unwrap();
        if let Ok(read) = Plan::read_json(&json) {
            let in_order = |plan: &Plan| {
                let mut stages = plan.stages.clone();
                stages.sort_by(|one, other| one.name.cmp(&other.name));
                stages
            };
            prop_assert_eq!(in_order(&read), in_order(&plan));
            let yaml = Plan::read_yaml(&written);
            prop_assert!(yaml.is_ok(), "{}\n{}", written, yaml.unwrap_err());
        }
    }
}

#[test]
fn enough_of_the_settings_drawn_are_accepted_to_mean_something() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let accepted = (0..300)
        .filter(|_| {
            let settings = gate_settings().new_tree(&mut runner).unwrap().current();
            GateSettings::from_json(&settings.to_json()).is_ok()
        })
        .count();
    assert!(accepted > 60, "{accepted} of 300");
}
