//! What holds for every history.

use proptest::prelude::*;

use super::*;

const STATUSES: [ReleaseStatus; 7] = [
    ReleaseStatus::InProgress,
    ReleaseStatus::Stopped,
    ReleaseStatus::Superseded,
    ReleaseStatus::Cancelled,
    ReleaseStatus::Failed,
    ReleaseStatus::Succeeded,
    ReleaseStatus::Unknown,
];
const RUNS: [RunStatus; 4] = [
    RunStatus::Succeeded,
    RunStatus::Failed,
    RunStatus::InProgress,
    RunStatus::Abandoned,
];
const ACTIONS: [&str; 3] = ["deploy", "deploy-more", "bake"];

/// A run: its action, length and status.
type AnyRun = (usize, i64, usize);
/// A release: its beginning, runs, status, revision, whether it is a rollback,
/// and of what.
type AnyRelease = (i64, Vec<AnyRun>, usize, u8, bool, usize);

fn any_release() -> impl Strategy<Value = AnyRelease> {
    (
        0..14_000_i64,
        prop::collection::vec((0..ACTIONS.len(), 0..90_i64, 0..RUNS.len()), 1..5),
        0..STATUSES.len(),
        0..5_u8,
        prop::bool::weighted(0.2),
        0..12_usize,
    )
}

fn any_history() -> impl Strategy<Value = Vec<Release>> {
    prop::collection::vec(any_release(), 0..12).prop_map(|drawn| {
        let each = drawn.into_iter().enumerate();
        each.map(
            |(index, (began, runs, status, revision, rollback, target))| {
                let mut clock = began;
                let mut told = Vec::new();
                for (action, length, status) in runs {
                    told.push((ACTIONS[action], clock, clock + length, RUNS[status]));
                    clock += length;
                }
                let mut own = release(&format!("r{index}"), &revision.to_string(), &told);
                own.status = STATUSES[status];
                own.rollback = rollback;
                own.target = rollback.then(|| format!("r{target}"));
                own
            },
        )
        .collect()
    })
}

proptest! {
    #[test]
    fn order_and_doubles_change_nothing(
        (releases, shuffled) in any_history()
            .prop_flat_map(|releases| {
                let twice = [releases.clone(), releases.clone()].concat();
                (Just(releases), Just(twice).prop_shuffle())
            })
    ) {
        prop_assert_eq!(told(&releases), told(&shuffled));
    }

    #[test]
    fn every_failure_belongs_to_one_outage_and_outages_do_not_overlap(releases in any_history()) {
        let told = told(&releases);
        let failed = releases.iter().flat_map(|own| &own.runs).filter(|run| run.status == BAD);
        let counted: u32 = told.restoring.outages.iter().map(|own| own.failures).sum();
        prop_assert_eq!(failed.count(), counted as usize);
        for pair in told.restoring.outages.windows(2) {
            prop_assert!(pair[0].mended.is_some_and(|mended| mended <= pair[1].since));
        }
        let open = told.restoring.outages.iter().filter(|own| own.mended.is_none()).count();
        prop_assert_eq!(open, usize::from(told.restoring.broken.is_some()));
    }

    #[test]
    fn figures_are_bounded_and_no_deployment_is_lost(releases in any_history()) {
        let told = told(&releases);
        let ends = &told.change_failures;
        let known = ends.failed + ends.rolled_back + ends.held;
        let open = ends.within_window + ends.under_way + ends.given_up + ends.unclear;
        prop_assert_eq!(known + open, told.frequency.deployments);
        prop_assert!(told.frequency.deployments as usize <= releases.len());
        prop_assert_eq!(ends.rate.is_some(), known > 0);
        prop_assert!(ends.rate.is_none_or(|rate| (0.0..=1.0).contains(&rate)));
        prop_assert!(told.lead_time.median_seconds.is_none_or(|seconds| seconds >= 0));
        prop_assert!(told.restoring.median_seconds.is_none_or(|seconds| seconds >= 0));
        prop_assert_eq!(told.days.len(), 10);
        let by_day: u32 = told.days.iter().map(|day| day.deployments).sum();
        prop_assert_eq!(by_day, told.frequency.deployments);
    }
}
