//! What people hear of one release, in the cases that matter most.

use std::time::Duration;

use serde_json::{Value, json};
use sluice::rehearsal::in_virtual_time;
use tokio::time::sleep;

use super::place::{self, PIPELINE, REASON, event, stage_event};
use super::stand::Stand;

const DEFAULT_TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:sluice-failure";

const ONE_CHANNEL: &str = r#"{ channels: { people: { webhook: { url: "https://people.example/people", signing_key: { secret: sluice/notify/key } } } }, routes: [ { to: [people] } ] }"#;

/// Scenarios from which the rights of the function are recorded.
pub(crate) const SCENARIOS: &[fn()] = &[
    a_failure_and_its_mending_are_told_once_however_often_they_are_heard_of,
    what_a_gate_said_is_told_before_codepipeline_has_it_and_once,
    codepipeline_that_cannot_be_read_keeps_nobody_from_hearing_of_a_stop,
    quiet_hours_defer_what_is_no_failure_in_production,
    a_channel_that_is_down_blocks_no_other_and_is_given_up_after_an_hour,
    a_state_machine_has_its_words_told_and_a_payload_that_is_none_is_refused,
    topics_and_buses_are_told_as_well_and_a_topic_where_no_plan_says_who,
    a_stage_that_its_own_condition_failed_is_told_though_no_action_failed,
];

fn failed(stand: &Stand, release: &str) -> Value {
    stage_event(release, "prod", "FAILED", stand.now())
}

fn verdict(stand: &Stand, release: &str, more: &Value) -> Value {
    place::verdict(release, "prod", stand.now(), more)
}

fn names(told: &[(String, String)]) -> Vec<(&str, &str)> {
    told.iter()
        .map(|(path, kind)| (path.as_str(), kind.as_str()))
        .collect()
}

#[test]
fn a_failure_and_its_mending_are_told_once_however_often_they_are_heard_of() {
    in_virtual_time(async {
        let stand = Stand::new(ONE_CHANNEL, "");
        let release = stand.release().await;
        for _ in 0..3 {
            stand.handle(&failed(&stand, &release)).await.unwrap();
            stand.sweep().await;
        }
        *stand.fails.lock().unwrap() = false;
        sleep(Duration::from_secs(3_600)).await;
        stand.retry(&release).await;
        for _ in 0..2 {
            stand.sweep().await;
        }
        let told = stand.told();
        assert_eq!(names(&told), [("/people", "broken"), ("/people", "mended")]);
        let heard = stand.heard.lock().unwrap();
        assert_eq!(heard[0].1.reason, "3 of 14 tests failed");
        let outage = heard[1].1.outage.clone().unwrap();
        let lasted = outage.mended.unwrap().duration_since(outage.since);
        assert!(lasted.as_mins() >= 60, "{lasted}");
        assert_eq!(stand.logged("counted").len(), 2);
    })
    .unwrap();
}

#[test]
fn a_stage_that_its_own_condition_failed_is_told_though_no_action_failed() {
    in_virtual_time(async {
        let stand = Stand::new(ONE_CHANNEL, "");
        *stand.fails.lock().unwrap() = false;
        stand.release().await;
        stand.sweep().await;
        assert_eq!(stand.told(), []);
        stand.world.codepipeline().fail_condition(PIPELINE, "prod");
        let release = stand.release().await;
        // No event says it.
        stand.sweep().await;
        assert_eq!(names(&stand.told()), [("/people", "broken")]);
        let heard = stand.heard.lock().unwrap();
        assert_eq!(heard[0].1.release.as_deref(), Some(release.as_str()));
    })
    .unwrap();
}

#[test]
fn two_handlings_of_one_event_at_the_same_time_tell_it_once() {
    in_virtual_time(async {
        let stand = Stand::new(ONE_CHANNEL, "");
        let release = stand.release().await;
        let event = failed(&stand, &release);
        // The first finds nothing written down, and is then held up.
        *stand.held_up.lock().unwrap() = Some(Duration::from_secs(3));
        let other = async {
            sleep(Duration::from_secs(1)).await;
            stand.handle(&event).await
        };
        let (one, other) = tokio::join!(stand.handle(&event), other);
        assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
        assert_eq!(*stand.held_up.lock().unwrap(), None);
        assert_eq!(names(&stand.told()), [("/people", "broken")]);
    })
    .unwrap();
}

#[test]
fn what_a_gate_said_is_told_before_codepipeline_has_it_and_once() {
    in_virtual_time(async {
        let stand = Stand::new(ONE_CHANNEL, "");
        let id = stand.world.codepipeline().start(PIPELINE).unwrap();
        sleep(Duration::from_secs(9)).await;
        let event = verdict(&stand, &id, &json!({}));
        stand.handle(&event).await.unwrap();
        stand.world.codepipeline().finished(&id).await;
        stand.handle(&failed(&stand, &id)).await.unwrap();
        stand.handle(&event).await.unwrap();
        assert_eq!(names(&stand.told()), [("/people", "broken")]);
        let heard = stand.heard.lock().unwrap();
        let notice = &heard[0].1;
        assert_eq!(notice.reason, REASON);
        assert_eq!(notice.deciding[0].readings, ["5xx: OK to ALARM"]);
        assert_eq!(
            notice.links.evidence.as_deref(),
            Some("s3://evidence/1.json")
        );
    })
    .unwrap();
}

#[test]
fn a_stop_of_a_release_that_is_over_is_no_failure() {
    in_virtual_time(async {
        let stand = Stand::new(ONE_CHANNEL, "");
        let over = json!({ "release_over": true, "verdict": "inconclusive" });
        let event = verdict(&stand, "r-1", &over);
        stand.handle(&event).await.unwrap();
        assert_eq!(stand.told(), []);
    })
    .unwrap();
}

#[test]
fn codepipeline_that_cannot_be_read_keeps_nobody_from_hearing_of_a_stop() {
    in_virtual_time(async {
        let away = "refusals: [ { call: \"codepipeline:*\", error: AccessDenied } ]";
        let stand = Stand::new(ONE_CHANNEL, away);
        let event = verdict(&stand, "r-1", &json!({}));
        stand.handle(&event).await.unwrap();
        assert_eq!(names(&stand.told()), [("/people", "broken")]);
        let heard = stand.heard.lock().unwrap();
        let remarks = heard[0].1.remarks.join("; ");
        assert!(
            remarks.contains("CodePipeline could not be read"),
            "{remarks}"
        );
    })
    .unwrap();
}

#[test]
fn a_release_that_went_on_all_the_same_is_told_to_who_asks_for_it() {
    in_virtual_time(async {
        let asks = ONE_CHANNEL.replace("to: [people]", "to: [people], about: [went_on]");
        for (notifications, expected) in [(asks.as_str(), 1), (ONE_CHANNEL, 0)] {
            let stand = Stand::new(notifications, "");
            let went = json!({ "outcome": "go", "decided_by": "waiver" });
            let event = verdict(&stand, "r-1", &went);
            stand.handle(&event).await.unwrap();
            stand.handle(&event).await.unwrap();
            assert_eq!(stand.told().len(), expected);
            assert_eq!(stand.logged("counted")[0]["Overridden"], 1);
            assert_eq!(stand.logged("counted").len(), 1, "a copy is not counted");
        }
    })
    .unwrap();
}

#[test]
fn a_gate_that_passes_what_it_failed_before_is_counted() {
    in_virtual_time(async {
        let stand = Stand::new(ONE_CHANNEL, "");
        let passed = json!({ "verdict": "pass", "outcome": "go", "attempt": "second" });
        stand
            .handle(&verdict(&stand, "r-1", &json!({})))
            .await
            .unwrap();
        sleep(Duration::from_secs(60)).await;
        stand
            .handle(&verdict(&stand, "r-1", &passed))
            .await
            .unwrap();
        let counted = stand.logged("counted");
        let alarms = counted
            .iter()
            .filter(|line| line["FailsThatPassedAgain"] == 1);
        assert_eq!(alarms.count(), 1, "{counted:?}");
    })
    .unwrap();
}

#[test]
fn quiet_hours_defer_what_is_no_failure_in_production() {
    in_virtual_time(async {
        // The world begins at 09:00 UTC.
        let quiet = ONE_CHANNEL.replace(
            "routes:",
            "quiet: { from: \"08:00\", to: \"11:00\", zone: Etc/UTC }, production: [live], routes:",
        );
        let stand = Stand::new(&quiet, "");
        stand.release().await;
        stand.sweep().await;
        assert_eq!(stand.told(), []);
        sleep(Duration::from_secs(2 * 3_600)).await;
        stand.sweep().await;
        assert_eq!(names(&stand.told()), [("/people", "broken")]);
        let loud = Stand::new(&quiet.replace("[live]", "[prod]"), "");
        loud.release().await;
        loud.sweep().await;
        assert_eq!(names(&loud.told()), [("/people", "broken")]);
    })
    .unwrap();
}

#[test]
fn a_channel_that_is_down_blocks_no_other_and_is_given_up_after_an_hour() {
    in_virtual_time(async {
        let two = ONE_CHANNEL
            .replace("channels: {", "channels: { gone: { webhook: { url: \"https://169.254.169.254/gone\", signing_key: { secret: sluice/notify/none } } },")
            .replace("to: [people]", "to: [gone, people]");
        let stand = Stand::new(&two, "");
        stand.release().await;
        stand.sweep().await;
        assert_eq!(names(&stand.told()), [("/people", "broken")]);
        for _ in 0..16 {
            sleep(Duration::from_secs(300)).await;
            stand.sweep().await;
        }
        assert_eq!(names(&stand.told()), [("/people", "broken")]);
        let given_up = stand.logged("could not be told");
        assert_eq!(given_up.len(), 1, "{given_up:?}");
        let published = stand.world.published();
        let handed_on: Vec<&Value> = (published.iter())
            .filter(|own| own.detail_type == "Sluice Notification Undelivered")
            .map(|own| &own.detail)
            .collect();
        assert_eq!(handed_on.len(), 1);
        assert_eq!(handed_on[0]["channel"], "gone");
        assert_eq!(handed_on[0]["notice"]["kind"], "broken");
        assert!(given_up[0]["why"].as_str().is_some_and(|why| !why.is_empty()));
    })
    .unwrap();
}

#[test]
fn a_channel_that_comes_back_is_told_what_it_missed_in_order() {
    in_virtual_time(async {
        let stand = Stand::new(ONE_CHANNEL, "");
        *stand.status.lock().unwrap() = 503;
        let release = stand.release().await;
        stand.sweep().await;
        *stand.fails.lock().unwrap() = false;
        stand.retry(&release).await;
        stand.sweep().await;
        assert_eq!(stand.told(), []);
        *stand.status.lock().unwrap() = 200;
        for _ in 0..3 {
            sleep(Duration::from_secs(300)).await;
            stand.sweep().await;
        }
        assert_eq!(
            names(&stand.told()),
            [("/people", "broken"), ("/people", "mended")]
        );
    })
    .unwrap();
}

#[test]
fn a_foreign_event_is_said_to_be_one_and_tells_nobody() {
    in_virtual_time(async {
        let stand = Stand::new(ONE_CHANNEL, "");
        let event = event(
            "aws.ec2",
            "EC2 Instance State-change Notification",
            stand.now(),
            &json!({}),
        );
        stand.handle(&event).await.unwrap();
        assert_eq!(stand.logged("a foreign event").len(), 1);
        assert_eq!(stand.told(), []);
    })
    .unwrap();
}

#[test]
fn a_state_machine_has_its_words_told_and_a_payload_that_is_none_is_refused() {
    in_virtual_time(async {
        let stand = Stand::new(ONE_CHANNEL, "");
        let say =
            json!({ "sluice_notify": 1, "say": { "pipeline": PIPELINE, "text": "deployed" } });
        stand.handle(&say).await.unwrap();
        assert_eq!(names(&stand.told()), [("/people", "said")]);
        for bad in [
            json!({ "sluice_notify": 2, "say": { "pipeline": PIPELINE, "text": "deployed" } }),
            json!({ "sluice_notify": 1, "detail_type": "Sluice Stage Checks", "detail": {} }),
            json!({ "sluice_notify": 1 }),
        ] {
            let error = stand.handle(&bad).await.unwrap_err();
            assert_eq!(error.name(), "ParametersInvalid", "{error}");
        }
    })
    .unwrap();
}

#[test]
fn topics_and_buses_are_told_as_well_and_a_topic_where_no_plan_says_who() {
    const OWN: &str = r#"{ channels: { desk: { sns: { topic: "arn:aws:sns:us-east-1:111122223333:desk" } }, audit: { eventbridge: { bus: audit } } }, routes: [ { to: [desk, audit] } ] }"#;
    in_virtual_time(async {
        for (notifications, topic, buses) in [
            (OWN, "arn:aws:sns:us-east-1:111122223333:desk", 1),
            ("{}", DEFAULT_TOPIC, 0),
        ] {
            let mut stand = Stand::new(notifications, "");
            stand.notifier.failure_topic = Some(DEFAULT_TOPIC.to_owned());
            let release = stand.release().await;
            stand.handle(&failed(&stand, &release)).await.unwrap();
            let messages = stand.world.messages();
            let topics: Vec<&str> = messages.iter().map(|own| own.topic.as_str()).collect();
            assert_eq!(topics, [topic]);
            assert!(messages[0].text.contains("3 of 14 tests failed"));
            assert_eq!(stand.world.published().len(), buses);
        }
    })
    .unwrap();
}
