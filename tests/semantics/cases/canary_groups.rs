//! Where the two versions' values come from: presets, and one group before and
//! after its deployment.

use crate::semantics::{CANARY, group};

const ALB_OLD: &str = "old: { namespace: AWS/ApplicationELB, name: RequestCount, dimensions: { LoadBalancer: app/shop/1, TargetGroup: targetgroup/old/1 }, values: [ { constant: 9000 } ] }";
const ALB_NEW: &str = "new: { namespace: AWS/ApplicationELB, name: RequestCount, dimensions: { LoadBalancer: app/shop/1, TargetGroup: targetgroup/new/2 }, values: [ { constant: 1000 } ] }";
const ALB_OLD_ERRORS: &str = "old-errors: { namespace: AWS/ApplicationELB, name: HTTPCode_Target_5XX_Count, dimensions: { LoadBalancer: app/shop/1, TargetGroup: targetgroup/old/1 }, values: [ { constant: 90 } ] }";
const ALB_NEW_ERRORS: &str = "new-errors: { namespace: AWS/ApplicationELB, name: HTTPCode_Target_5XX_Count, dimensions: { LoadBalancer: app/shop/1, TargetGroup: targetgroup/new/2 }, values: [ { constant: 10 } ] }";
const ALB_OLD_TIME: &str = "old-time: { namespace: AWS/ApplicationELB, name: TargetResponseTime, dimensions: { LoadBalancer: app/shop/1, TargetGroup: targetgroup/old/1 }, samples: 900, values: [ { constant: 0.2 } ] }";
const ALB_NEW_TIME: &str = "new-time: { namespace: AWS/ApplicationELB, name: TargetResponseTime, dimensions: { LoadBalancer: app/shop/1, TargetGroup: targetgroup/new/2 }, samples: 100, values: [ { constant: 0.2 } ] }";
const ALB_NEW_SLOW: &str = "new-time: { namespace: AWS/ApplicationELB, name: TargetResponseTime, dimensions: { LoadBalancer: app/shop/1, TargetGroup: targetgroup/new/2 }, samples: 100, values: [ { constant: 0.4 } ] }";
const ALB_REFUSED: &str = "new-refused: { namespace: AWS/ApplicationELB, name: TargetConnectionErrorCount, dimensions: { LoadBalancer: app/shop/1, TargetGroup: targetgroup/new/2 }, values: [ { constant: 500 } ] }";
const FN_OLD: &str = "old: { namespace: AWS/Lambda, name: Invocations, dimensions: { FunctionName: checkout, Resource: checkout:live, ExecutedVersion: '7' }, values: [ { constant: 9000 } ] }";
const FN_OLD_ERRORS: &str = "old-errors: { namespace: AWS/Lambda, name: Errors, dimensions: { FunctionName: checkout, Resource: checkout:live, ExecutedVersion: '7' }, values: [ { constant: 90 } ] }";
const FN_OLD_TIME: &str = "old-time: { namespace: AWS/Lambda, name: Duration, dimensions: { FunctionName: checkout, Resource: checkout:live, ExecutedVersion: '7' }, samples: 100, values: [ { constant: 120 } ] }";
const FN_NEW: &str = "new: { namespace: AWS/Lambda, name: Invocations, dimensions: { FunctionName: checkout, Resource: checkout:live, ExecutedVersion: '8' }, values: [ { constant: 1000 } ] }";
const FN_NEW_ERRORS: &str = "new-errors: { namespace: AWS/Lambda, name: Errors, dimensions: { FunctionName: checkout, Resource: checkout:live, ExecutedVersion: '8' }, values: [ { constant: 10 } ] }";
const FN_NEW_TIME: &str = "new-time: { namespace: AWS/Lambda, name: Duration, dimensions: { FunctionName: checkout, Resource: checkout:live, ExecutedVersion: '8' }, samples: 100, values: [ { constant: 120 } ] }";
const FN_NEW_BAD: &str = "new-errors: { namespace: AWS/Lambda, name: Errors, dimensions: { FunctionName: checkout, Resource: checkout:live, ExecutedVersion: '8' }, values: [ { constant: 100 } ] }";
const API_OLD: &str = "old: { namespace: AWS/ApiGateway, name: Count, dimensions: { ApiName: shop, Stage: prod }, samples: 9000, values: [ { constant: 1 } ] }";
const API_OLD_ERRORS: &str = "old-errors: { namespace: AWS/ApiGateway, name: 5XXError, dimensions: { ApiName: shop, Stage: prod }, values: [ { constant: 90 } ] }";
const API_OLD_TIME: &str = "old-time: { namespace: AWS/ApiGateway, name: Latency, dimensions: { ApiName: shop, Stage: prod }, samples: 100, values: [ { constant: 80 } ] }";
const API_NEW: &str = "new: { namespace: AWS/ApiGateway, name: Count, dimensions: { ApiName: shop, Stage: prod/Canary }, samples: 1000, values: [ { constant: 1 } ] }";
const API_NEW_ERRORS: &str = "new-errors: { namespace: AWS/ApiGateway, name: 5XXError, dimensions: { ApiName: shop, Stage: prod/Canary }, values: [ { constant: 10 } ] }";
const API_NEW_TIME: &str = "new-time: { namespace: AWS/ApiGateway, name: Latency, dimensions: { ApiName: shop, Stage: prod/Canary }, samples: 100, values: [ { constant: 80 } ] }";
const ONE: &str = "one: { namespace: Shop, name: Requests, dimensions: { Service: shop }, values: [ { constant: 1000 } ] }";
const ONE_LATER: &str = "one: { namespace: Shop, name: Requests, dimensions: { Service: shop }, values: [ { constant: 1000 }, { gap: { at: -3h, for: 3h } } ] }";
const ONE_ERRORS: &str = "one-errors: { namespace: Shop, name: Errors, dimensions: { Service: shop }, values: [ { constant: 10 } ] }";
const ONE_WORSE: &str = "one-errors: { namespace: Shop, name: Errors, dimensions: { Service: shop }, values: [ { constant: 10 }, { spike: { at: 0m, for: 48h, add: 90 } } ] }";
const ONE_ALWAYS_BAD: &str = "one-errors: { namespace: Shop, name: Errors, dimensions: { Service: shop }, values: [ { constant: 500 } ] }";
const ONE_RISING: &str = "one-errors: { namespace: Shop, name: Errors, dimensions: { Service: shop }, values: [ { constant: 10 }, { ramp: { from: 0, to: 90, at: 5m, for: 30m } } ] }";

const SHIFTING: &str = "{ function: checkout, name: live, version: '7', weights: { '8': 0.1 } }";
const SHIFTED_SOON: &str =
    "{ function: checkout, name: live, version: '7', weights: { '8': 0.1 }, until: prod + 1m }";
const STILL: &str = "{ function: checkout, name: live, version: '7' }";

const ALB: &str = "preset: { alb: { load_balancer: app/shop/1, baseline: targetgroup/old/1, canary: targetgroup/new/2 } }";
const ALB_SPLIT: &str = "preset: { alb: { load_balancer: app/shop/1, baseline: targetgroup/old/1, canary: targetgroup/new/2 } }, \
     traffic: { canary_share: 50% }";
const ALIAS: &str = "preset: { lambda_alias: { function: checkout, alias: live } }";
const VERSIONS: &str =
    "preset: { lambda_alias: { function: checkout, alias: live, baseline: 7, canary: 8 } }";
const STAGE: &str = "preset: { api_gateway: { api: shop, stage: prod } }";
const BEFORE: &str = "before_after: { dimensions: { Service: shop } }";
const BEFORE_UNCHECKED: &str =
    "before_after: { dimensions: { Service: shop } }, release_check: off";
const BEFORE_THE_GATE: &str =
    "before_after: { dimensions: { Service: shop }, since: gate }, release_check: off";

const ALB_GOOD: &[&str] = &[
    ALB_OLD,
    ALB_NEW,
    ALB_OLD_ERRORS,
    ALB_NEW_ERRORS,
    ALB_OLD_TIME,
    ALB_NEW_TIME,
];
const ALB_SLOW: &[&str] = &[
    ALB_OLD,
    ALB_NEW,
    ALB_OLD_ERRORS,
    ALB_NEW_ERRORS,
    ALB_OLD_TIME,
    ALB_NEW_SLOW,
];
const ALB_CLOSED: &[&str] = &[
    ALB_OLD,
    ALB_NEW,
    ALB_OLD_ERRORS,
    ALB_NEW_ERRORS,
    ALB_OLD_TIME,
    ALB_NEW_TIME,
    ALB_REFUSED,
];
const FN_GOOD: &[&str] = &[
    FN_OLD,
    FN_NEW,
    FN_OLD_ERRORS,
    FN_NEW_ERRORS,
    FN_OLD_TIME,
    FN_NEW_TIME,
];
const FN_BAD: &[&str] = &[
    FN_OLD,
    FN_NEW,
    FN_OLD_ERRORS,
    FN_NEW_BAD,
    FN_OLD_TIME,
    FN_NEW_TIME,
];
const API_GOOD: &[&str] = &[
    API_OLD,
    API_NEW,
    API_OLD_ERRORS,
    API_NEW_ERRORS,
    API_OLD_TIME,
    API_NEW_TIME,
];
const API_OLD_ONLY: &[&str] = &[API_OLD, API_OLD_ERRORS, API_OLD_TIME];

group! {
    "Where the versions' values come from",
    "Presets know the series of an Application Load Balancer's target groups, of the versions behind an alias of a \
     Lambda function and of an API Gateway stage with a canary release, and bring metrics. What an alias divides \
     between is written down at the first look: it is gone when the deployment ends. `before_after` compares one group \
     with itself, as long before the deployment as `horizon`: it says less, because whatever else changed in that time \
     is taken for the new version's doing, and because what was bad before it is no harm.";

    an_alb_preset_compares_two_target_groups: CANARY {
        settings: ALB, metrics: ALB_GOOD, happens: "as many errors, as fast",
        expected: ("pass", "CanarySafe", "go"), after: "10m",
    }
    an_alb_preset_sees_a_slower_target_group: CANARY {
        settings: ALB, metrics: ALB_SLOW, happens: "twice as slow",
        expected: ("fail", "CanaryWorse", "stop"), after: "10m",
    }
    a_target_group_that_takes_no_connections_fails: CANARY {
        settings: ALB, metrics: ALB_CLOSED,
        happens: "half of the new version's requests find no connection, and have no 5XX of a target",
        expected: ("fail", "CanaryWorse", "stop"), after: "10m",
    }
    a_preset_knows_what_counts_the_requests_of_a_split: CANARY {
        settings: ALB_SPLIT, metrics: ALB_GOOD, happens: "a tenth of the requests, and half were configured",
        expected: ("inconclusive", "TrafficSplitOff", "stop"), after: "5m",
    }
    an_alias_preset_compares_the_versions_behind_the_alias: CANARY {
        settings: ALIAS, metrics: FN_GOOD, aliases: &[SHIFTING], happens: "version 8 is as good as 7",
        expected: ("pass", "CanarySafe", "go"), after: "10m",
    }
    an_alias_preset_sees_a_worse_version: CANARY {
        settings: ALIAS, metrics: FN_BAD, aliases: &[SHIFTING], happens: "version 8 fails ten times as often",
        expected: ("fail", "CanaryWorse", "stop"), after: "5m",
    }
    the_versions_of_the_first_look_hold_when_the_alias_has_moved_on: CANARY {
        settings: ALIAS, metrics: FN_BAD, aliases: &[SHIFTED_SOON], happens: "the same, and the deployment ends after 1m",
        expected: ("fail", "CanaryWorse", "stop"), after: "5m",
    }
    an_alias_that_divides_nothing_has_no_new_version: CANARY {
        settings: ALIAS, metrics: FN_GOOD, aliases: &[STILL], happens: "the alias has no weights",
        expected: ("gate error", "SettingsInvalid", "stop"), after: "0m",
    }
    an_alias_that_is_not_there_is_said: CANARY {
        settings: ALIAS, metrics: FN_GOOD, happens: "there is no such alias",
        expected: ("gate error", "SettingsInvalid", "stop"), after: "0m",
    }
    an_alias_that_may_not_be_read_is_a_gate_error: CANARY {
        settings: ALIAS, metrics: FN_GOOD, aliases: &[SHIFTING],
        refusals: &["{ call: lambda:GetAlias, error: AccessDenied }"], happens: "no permission for the alias",
        expected: ("gate error", "AccessDenied", "stop"), after: "0m",
    }
    versions_that_are_written_need_no_alias: CANARY {
        settings: VERSIONS, metrics: FN_BAD, happens: "version 8 fails ten times as often, and the alias is not asked",
        expected: ("fail", "CanaryWorse", "stop"), after: "5m",
    }
    a_version_without_values_of_its_own_is_undecided: CANARY {
        settings: VERSIONS, happens: "no series of either version: the alias divided nothing",
        expected: ("inconclusive", "NothingReported", "stop"), after: "35m",
    }
    a_rollback_asks_for_no_alias: CANARY {
        settings: ALIAS, pipeline: "rollback: true", happens: "the release is a rollback",
        expected: ("inconclusive", "SkippedRollback", "go"), after: "0m",
    }
    an_api_gateway_preset_compares_a_stage_with_its_canary: CANARY {
        settings: STAGE, metrics: API_GOOD, happens: "as many errors, as fast",
        expected: ("pass", "CanarySafe", "go"), after: "10m",
    }
    an_api_whose_canary_reports_elsewhere_is_undecided: CANARY {
        settings: STAGE, metrics: API_OLD_ONLY, happens: "no series of `prod/Canary`",
        expected: ("inconclusive", "NoCanaryData", "stop"), after: "35m",
    }
    what_is_as_before_the_deployment_passes: CANARY {
        settings: BEFORE, metrics: &[ONE, ONE_ERRORS], happens: "as many errors as before",
        expected: ("pass", "CanarySafe", "go"), after: "10m",
    }
    what_is_worse_since_the_deployment_began_fails: CANARY {
        settings: BEFORE, metrics: &[ONE, ONE_WORSE], happens: "ten times the errors, from the start of the deployment on",
        expected: ("fail", "CanaryWorse", "stop"), after: "5m",
    }
    what_was_bad_before_is_no_harm: CANARY {
        settings: BEFORE, metrics: &[ONE, ONE_ALWAYS_BAD], happens: "half of the requests fail, as they did before",
        expected: ("pass", "CanarySafe", "go"), after: "10m",
    }
    what_rises_by_itself_is_taken_for_harm: CANARY {
        settings: BEFORE, metrics: &[ONE, ONE_RISING], happens: "errors rise for another reason, tenfold in half an hour",
        expected: ("fail", "CanaryWorse", "stop"), after: "20m",
    }
    a_series_that_began_with_the_deployment_is_undecided: CANARY {
        settings: BEFORE, metrics: &[ONE_LATER, ONE_ERRORS], happens: "no requests before the release",
        expected: ("inconclusive", "NoBaselineData", "stop"), after: "35m",
    }
    a_deployment_that_cannot_be_found_has_no_before: CANARY {
        settings: BEFORE_UNCHECKED, metrics: &[ONE, ONE_ERRORS], happens: "nobody says when the deployment began",
        expected: ("gate error", "SettingsInvalid", "stop"), after: "0m",
    }
    before_the_gate_is_before_the_deployment_where_that_is_said: CANARY {
        settings: BEFORE_THE_GATE, metrics: &[ONE, ONE_ERRORS], happens: "the same, with `since: gate`",
        expected: ("pass", "CanarySafe", "go"), after: "10m",
    }
}
