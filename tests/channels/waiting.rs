//! How long is waited, and for how long a secret is kept: on virtual time, with
//! a simulated network.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use sluice_aws::{Aws, Handler, OutsideHandler, Wire};
use sluice_core::notices::{Channel, Templates};
use sluice_host::{Delivered, Messenger};

use super::samples::broken;
use super::{HIDDEN, Secrets, slack, told, whole};

const BEGIN: &str = "2026-03-03T10:00:00Z";

/// A status, and what it says of when to come again.
type Says = (u16, Option<&'static str>);

/// Slack on virtual time.
struct Line {
    secrets: Secrets,
    aws: Aws,
    messenger: Messenger,
    says: Arc<Mutex<VecDeque<Says>>>,
    /// When somebody asked, in seconds, and at which path.
    asked: Arc<Mutex<Vec<(i64, String)>>>,
}

impl Line {
    /// It says this first, and then takes everything.
    fn saying(says: &[Says]) -> Line {
        let secrets = Secrets::default();
        secrets.set("slack", &address("first"));
        let says: Arc<Mutex<VecDeque<Says>>> = Arc::new(Mutex::new(says.iter().copied().collect()));
        let asked: Arc<Mutex<Vec<(i64, String)>>> = Arc::default();
        let began = tokio::time::Instant::now();
        let now = move || {
            let elapsed = SignedDuration::try_from(began.elapsed()).unwrap();
            BEGIN.parse::<Timestamp>().unwrap() + elapsed
        };
        let (answers, times) = (Arc::clone(&says), Arc::clone(&asked));
        let outside: OutsideHandler = Arc::new(move |request: http::Request<Vec<u8>>| {
            let at = i64::try_from(began.elapsed().as_secs()).unwrap();
            times
                .lock()
                .unwrap()
                .push((at, request.uri().path().to_owned()));
            let (status, after) = answers.lock().unwrap().pop_front().unwrap_or((200, None));
            Box::pin(async move {
                let mut response = http::Response::builder().status(status);
                if let Some(after) = after {
                    response = response.header("retry-after", after);
                }
                Ok(response.body(Vec::new()).unwrap())
            })
        });
        let wire = Wire::simulated(secrets.handler(), now).with_outside(outside);
        Line {
            aws: Aws::simulated(wire, "us-east-1", "AKIATEST"),
            messenger: Messenger::new(),
            secrets,
            says,
            asked,
        }
    }

    async fn tell(&self, seconds: i64) -> Delivered {
        self.tell_on(&slack(), seconds).await
    }

    async fn tell_on(&self, channel: &Channel, seconds: i64) -> Delivered {
        let until = self.aws.now() + SignedDuration::from_secs(seconds);
        let (notice, templates) = (broken(), Templates::default());
        let told = self
            .messenger
            .deliver(&self.aws, channel, &notice, &templates, until);
        told.await
    }

    fn times(&self) -> Vec<i64> {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .map(|(at, _)| *at)
            .collect()
    }

    fn paths(&self) -> Vec<String> {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .map(|(_, path)| path.clone())
            .collect()
    }
}

fn address(own: &str) -> String {
    format!("https://hooks.slack.com/services/{HIDDEN}/{own}")
}

fn path(own: &str) -> String {
    format!("/services/{HIDDEN}/{own}")
}

/// When it is asked, in seconds from the beginning.
async fn is_asked_at(says: &[Says], times: &[i64]) {
    let line = Line::saying(says);
    assert_eq!(line.tell(60).await, told(), "{says:?}");
    assert_eq!(line.times(), times, "{says:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_is_waited_for_as_long_as_it_says_else_longer_each_time() {
    is_asked_at(&[(503, None)], &[0, 1]).await;
    is_asked_at(&[(503, None), (502, None)], &[0, 1, 4]).await;
    is_asked_at(&[(429, Some("20"))], &[0, 20]).await;
    is_asked_at(&[(429, Some("20")), (500, None)], &[0, 20, 23]).await;
    is_asked_at(&[(503, Some("Tue, 03 Mar 2026 10:00:30 GMT"))], &[0, 30]).await;
    is_asked_at(&[(429, Some("0"))], &[0, 0]).await;
    is_asked_at(&[(429, Some("soon"))], &[0, 1]).await;
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_into_the_time_is_left_for_the_moment_that_the_server_says() {
    let line = Line::saying(&[(429, Some("61"))]);
    let Delivered::Later { why, not_before } = line.tell(60).await else {
        panic!("it was taken");
    };
    assert_eq!(why, "Slack answers 429");
    assert_eq!(not_before, "2026-03-03T10:01:01Z".parse().unwrap());
    assert_eq!(line.times(), [0]);
}

#[tokio::test(start_paused = true)]
async fn whoever_has_no_time_is_told_so() {
    let line = Line::saying(&[]);
    let Delivered::Later { why, .. } = line.tell(-5).await else {
        panic!("it was told");
    };
    assert_eq!(why, "there was no time left to tell it");
    assert_eq!(line.times(), Vec::<i64>::new());
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_asked_for_once_in_five_minutes() {
    let line = Line::saying(&[]);
    for (wait, asked) in [(0, 1), (290, 1), (15, 2)] {
        line.aws.pause(SignedDuration::from_secs(wait)).await;
        assert_eq!(line.tell(60).await, told());
        assert_eq!(line.secrets.asked(), asked, "after {wait} more");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotated_secret_is_used_after_five_minutes_without_anybodys_doing() {
    let line = Line::saying(&[]);
    assert_eq!(line.tell(60).await, told());
    line.secrets.set("slack", &address("second"));
    assert_eq!(line.tell(60).await, told());
    line.aws.pause(SignedDuration::from_mins(5)).await;
    assert_eq!(line.tell(60).await, told());
    assert_eq!(line.paths(), [path("first"), path("first"), path("second")]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_not_known_any_more_is_read_again_at_once() {
    for status in [401, 403, 404, 410] {
        let line = Line::saying(&[]);
        assert_eq!(line.tell(60).await, told());
        line.secrets.set("slack", &address("second"));
        line.says.lock().unwrap().push_back((status, None));
        assert_eq!(line.tell(60).await, told(), "{status}");
        assert_eq!(line.paths(), [path("first"), path("first"), path("second")]);
        assert_eq!(line.secrets.asked(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_did_not_change_is_not_tried_again() {
    let line = Line::saying(&[(404, None)]);
    let why = "Slack answers 404".to_owned();
    assert_eq!(line.tell(60).await, Delivered::Never { why });
    assert_eq!(line.paths(), [path("first")]);
    assert_eq!(line.secrets.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_new_secret_that_is_not_known_either_is_given_up() {
    let line = Line::saying(&[]);
    assert_eq!(line.tell(60).await, told());
    line.secrets.set("slack", &address("second"));
    line.says.lock().unwrap().extend([(404, None), (410, None)]);
    let why = "Slack answers 410".to_owned();
    assert_eq!(line.tell(60).await, Delivered::Never { why });
    assert_eq!(line.paths(), [path("first"), path("first"), path("second")]);
}

#[tokio::test(start_paused = true)]
async fn while_aws_is_unwell_an_older_secret_has_to_do() {
    let line = Line::saying(&[]);
    assert_eq!(line.tell(60).await, told());
    line.secrets.set("slack", "UNWELL");
    line.aws.pause(SignedDuration::from_mins(6)).await;
    assert_eq!(line.tell(60).await, told());
    assert_eq!(line.paths().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_was_never_read_is_asked_for_later_or_given_up() {
    let line = Line::saying(&[]);
    line.secrets.set("slack", "UNWELL");
    let came = line.tell(60).await;
    let Delivered::Later { why, not_before } = came else {
        panic!("{came:?}");
    };
    assert!(why.starts_with("secret `slack` cannot be read: "), "{why}");
    assert!(not_before > line.aws.now());
    line.secrets.remove("slack");
    let came = line.tell(60).await;
    assert!(matches!(came, Delivered::Never { .. }), "{came:?}");
    line.secrets.set("slack", " \n");
    let why = "secret `slack` is empty".to_owned();
    assert_eq!(line.tell(60).await, Delivered::Never { why });
    let webhook = sluice_core::notices::SecretRef {
        key: Some("url".to_owned()),
        ..whole("slack")
    };
    let came = line.tell_on(&Channel::Slack { webhook }, 60).await;
    let why =
        "secret `slack`, key `url`: the secret is no JSON object, so it has no keys".to_owned();
    assert_eq!(came, Delivered::Never { why });
}

/// What comes of channels that AWS itself answers for, if this is how.
async fn on_aws(handler: Handler) -> Vec<Delivered> {
    let began = tokio::time::Instant::now();
    let now = move || {
        let elapsed = SignedDuration::try_from(began.elapsed()).unwrap();
        BEGIN.parse::<Timestamp>().unwrap() + elapsed
    };
    let aws = Aws::simulated(Wire::simulated(handler, now), "us-east-1", "AKIATEST");
    let topic = "arn:aws:sns:us-east-1:111122223333:desk".to_owned();
    let bus = "ops".to_owned();
    let mut came = Vec::new();
    for channel in [
        Channel::Sns { topic },
        Channel::Eventbridge { bus },
        slack(),
    ] {
        let until = aws.now() + SignedDuration::from_secs(60);
        let (notice, templates) = (broken(), Templates::default());
        let messenger = Messenger::new();
        let told = messenger.deliver(&aws, &channel, &notice, &templates, until);
        came.push(told.await);
    }
    came
}

#[tokio::test(start_paused = true)]
async fn aws_that_is_unwell_is_asked_later() {
    let unwell: Handler = Arc::new(|_| {
        let response = http::Response::builder().status(503).body(Vec::new());
        Box::pin(async move { Ok(response.unwrap()) })
    });
    for delivered in on_aws(unwell).await {
        let Delivered::Later { why, not_before } = delivered else {
            panic!("{delivered:?}");
        };
        assert!(not_before > BEGIN.parse().unwrap(), "{why}");
        assert!(!why.contains(HIDDEN));
    }
}

#[tokio::test(start_paused = true)]
async fn aws_that_hangs_takes_no_more_time_than_there_is() {
    let hanging: Handler = Arc::new(|_| Box::pin(std::future::pending()));
    let began = tokio::time::Instant::now();
    for delivered in on_aws(hanging).await {
        assert!(
            matches!(delivered, Delivered::Later { .. }),
            "{delivered:?}"
        );
    }
    assert!(began.elapsed().as_secs() <= 3 * 60);
}

#[tokio::test(start_paused = true)]
async fn what_aws_refuses_is_given_up() {
    let refusing: Handler = Arc::new(|request: http::Request<Vec<u8>>| {
        let is_sns = request.uri().host().unwrap().starts_with("sns");
        let body = if is_sns {
            "<ErrorResponse><Error><Code>AuthorizationError</Code></Error></ErrorResponse>"
        } else {
            r#"{"__type":"AccessDeniedException","message":"no"}"#
        };
        let response = http::Response::builder().status(403);
        let response = response.body(body.as_bytes().to_vec()).unwrap();
        Box::pin(async move { Ok(response) })
    });
    let expected = [
        "`sns:Publish`",
        "`events:PutEvents`",
        "`secretsmanager:GetSecretValue`",
    ];
    for (delivered, operation) in on_aws(refusing).await.into_iter().zip(expected) {
        let Delivered::Never { why } = delivered else {
            panic!("{delivered:?}");
        };
        assert!(
            why.contains(&format!("no permission for {operation}")),
            "{why}"
        );
    }
}
