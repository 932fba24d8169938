//! Each mistake in `notifications`, and what is said about it.

use crate::notices::{Channel, Day, Repeats};
use crate::plan::Plan;

fn read(section: &str) -> Result<Plan, crate::problems::Problems> {
    Plan::read_yaml(&format!(
        "service: a\nstages: {{p: {{gates: [{{clear: {{alarms: [a]}}}}]}}}}\nnotifications: {section}\n"
    ))
}

/// What is said of a section, without the place in the text.
#[track_caller]
fn check(section: &str, expected: &str) {
    let said = match read(section) {
        Ok(_) => "accepted\n".to_owned(),
        Err(problems) => {
            let said = problems.render("p", None);
            let lines = said
                .lines()
                .map(|line| match line.split_once(" notifications") {
                    Some((_, rest)) => rest.trim_start_matches('.').to_owned(),
                    None => line.trim_start().to_owned(),
                });
            lines.collect::<Vec<_>>().join("\n")
        }
    };
    assert_eq!(said.trim_end(), expected, "{section}");
}

fn channel(channel: &str) -> String {
    format!("{{channels: {{team: {channel}}}}}")
}

fn route(route: &str) -> String {
    format!("{{routes: [{{to: [team], {route}}}]}}")
}

#[test]
fn everything_that_is_there_is_read() {
    let section = r#"
  channels: { team: { pagerduty: { routing_key: { secret: a, key: b }, region: eu } } }
  routes: [{ to: [team], between: { from: 08:00, to: "24:00", days: [mon, fri], zone: Europe/Berlin } }]
  quiet: { from: 22:00, to: 07:00, zone: UTC, silence_production: true }
  production: [prod*, live]
  repeats: tell
  templates: { title: "{{ pipeline }}" }
"#;
    let read = read(section).unwrap().notifications.unwrap();
    assert_eq!(read.channels["team"].kind(), "pagerduty");
    let between = read.routes[0].between.clone().unwrap();
    assert_eq!(
        (between.from.to_string(), between.days),
        ("08:00".to_owned(), vec![Day::Mon, Day::Fri])
    );
    assert!(read.quiet.unwrap().silence_production);
    assert_eq!(
        (read.production.len(), read.repeats),
        (2, Some(Repeats::Tell))
    );
    assert_eq!(
        read.templates.unwrap().title.as_deref(),
        Some("{{ pipeline }}")
    );
}

#[test]
fn a_section_is_written_back_in_the_shape_in_which_it_is_read() {
    let section = r#"{channels: {a: {eventbridge: {bus: x}}}, routes: [{to: [a], about: [broken], between: {from: "08:00", to: "09:00", zone: UTC}}], quiet: {from: "22:00", to: "07:00", zone: UTC}, production: ["p*"]}"#;
    let plan = read(section).unwrap();
    let written = serde_json::to_value(&plan).unwrap();
    assert_eq!(Plan::read_json(&written).unwrap(), plan);
    assert_eq!(
        written["notifications"]["channels"]["a"]["eventbridge"]["bus"],
        "x"
    );
}

#[test]
fn a_kind_of_channel_that_there_is_none_is_guessed() {
    check(
        &channel("{slak: {webhook: {secret: a}}}"),
        "channels.team: `slak` is not a kind of channel\n\
         hint: did you mean `slack`? known are `sns`, `eventbridge`, `slack`, `teams`, `pagerduty` and `webhook`",
    );
    check(
        &channel("[slack]"),
        "channels.team: a list where a kind of channel with where it is is wanted\n\
         hint: write `{ slack: { webhook: { secret: NAME } } }`",
    );
}

#[test]
fn a_secret_in_the_plan_is_refused_and_not_repeated() {
    check(
        &channel("{slack: {webhook: \"https://hooks.slack.com/services/T/B/X\"}}"),
        "channels.team.slack.webhook: text where the name of a secret is wanted\n\
         hint: name a secret of Secrets Manager: `{ secret: NAME }`; the value itself is for no plan",
    );
}

#[test]
fn an_arn_that_is_none_is_named_with_one_that_is() {
    for topic in [
        "desk",
        "arn:aws:sqs:us-east-1:111122223333:desk",
        "arn:aws:sns:us-east-1:1:desk",
        "arn:aws:sns::111122223333:desk",
        "arn:aws:sns:us-east-1:111122223333:",
    ] {
        check(
            &channel(&format!("{{sns: {{topic: \"{topic}\"}}}}")),
            &format!(
                "channels.team.sns.topic: `{topic}` is not the ARN of an SNS topic\n\
                 hint: write one such as `\"arn:aws:sns:us-east-1:111122223333:desk\"`"
            ),
        );
    }
    check(
        &channel("{sns: {topic: \"arn:aws:sns:us-east-1:111122223333:desk.fifo\"}}"),
        "channels.team.sns.topic: `arn:aws:sns:us-east-1:111122223333:desk.fifo` is a FIFO topic\n\
         hint: people subscribe to a standard topic",
    );
    for bus in [
        "audit",
        "aws.partner/x/y",
        "arn:aws-cn:events:cn-north-1:111122223333:event-bus/audit",
    ] {
        check(
            &channel(&format!("{{eventbridge: {{bus: \"{bus}\"}}}}")),
            "accepted",
        );
    }
    check(
        &channel("{eventbridge: {bus: \"arn:aws:events:us-east-1:111122223333:rule/audit\"}}"),
        "channels.team.eventbridge.bus: `arn:aws:events:us-east-1:111122223333:rule/audit` is neither the name of a bus nor its ARN\n\
         hint: write one such as `\"arn:aws:events:us-east-1:111122223333:event-bus/audit\"`",
    );
}

#[test]
fn an_address_is_encrypted_and_holds_no_password() {
    let of = |url: &str| {
        channel(&format!(
            "{{webhook: {{url: \"{url}\", signing_key: {{secret: a}}}}}}"
        ))
    };
    let hint = "hint: write one such as `https://hooks.example/sluice`";
    check(&of("https://hooks.example/a?b=c"), "accepted");
    for (url, wrong) in [
        (
            "http://hooks.example/",
            "`http://hooks.example/` is not encrypted: `https` is wanted",
        ),
        (
            "ftp://hooks.example/",
            "`ftp://hooks.example/` is not `https`",
        ),
        (
            "hooks.example",
            "`hooks.example` is not an address: relative URL without a base",
        ),
        (
            "https://u:p@hooks.example/",
            "has a user or a password in it, and a plan is no place for one",
        ),
    ] {
        check(
            &of(url),
            &format!("channels.team.webhook.url: {wrong}\n{hint}"),
        );
    }
}

#[test]
fn a_place_of_the_world_is_guessed_by_its_name_or_its_city() {
    let of = |zone: &str| {
        route(&format!(
            "between: {{from: \"08:00\", to: \"18:00\", zone: {zone}}}"
        ))
    };
    check(&of("Asia/Kathmandu"), "accepted");
    for (zone, guess) in [
        ("Europe/Berlinn", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("america/new-york", "America/New_York"),
    ] {
        check(
            &of(zone),
            &format!(
                "routes[0].between.zone: `{zone}` is not a place of the time zone database\nhint: did you mean `{guess}`?"
            ),
        );
    }
    check(
        &of("here"),
        "routes[0].between.zone: `here` is not a place of the time zone database\nhint: write one such as `Europe/Berlin`",
    );
}

#[test]
fn hours_that_are_none_or_that_never_end_are_refused() {
    let of =
        |from: &str, to: &str| format!("{{quiet: {{from: \"{from}\", to: \"{to}\", zone: UTC}}}}");
    check(
        &of("22", "07:00"),
        "quiet.from: `22` is not a time of day\nhint: write a time such as `\"22:00\"`",
    );
    check(
        &of("24:00", "07:00"),
        "quiet.from: is the end of a day, and hours begin before it\nhint: write `\"00:00\"`",
    );
    check(
        &of("00:00", "24:00"),
        "quiet.to: these hours never end, so nothing would ever be told\nhint: to tell nobody of something, leave it out of the routes",
    );
    check(
        "{quiet: {from: \"00:00\", to: \"24:00\", days: [sat, sun], zone: UTC}}",
        "accepted",
    );
}

#[test]
fn lists_are_neither_empty_nor_endless_and_hold_nothing_twice() {
    check(
        "{routes: []}",
        "routes: has no route, so nobody would be told\nhint: write `- to: [team]`",
    );
    check(
        "{channels: {}}",
        "channels: has 0 channels, and 1 to 30 are read",
    );
    check(
        &route("stages: []"),
        "routes[0].stages: is an empty list\nhint: leave it out, or write at least one item",
    );
    check(
        &route("about: [mended, mended]"),
        "routes[0].about[1]: this item is listed twice\nhint: remove one of the two",
    );
    let many = vec!["p"; 31].join(", ");
    check(
        &format!("{{production: [{many}]}}"),
        "production: has 31 items, and at most 30 are read",
    );
    let many = vec!["{to: [a]}"; 51].join(", ");
    check(
        &format!("{{routes: [{many}]}}"),
        "routes: has 51 items, and at most 50 are read",
    );
}

#[test]
fn words_and_fields_are_guessed() {
    check(
        &route("about: [brokn]"),
        "routes[0].about[0]: `brokn` is not allowed here\n\
         hint: did you mean `broken`? allowed are `broken`, `failed_again`, `mended`, `rollback`, `went_on`, `passed` and `said`",
    );
    check(
        &route("stage: [prod]"),
        "routes[0]: `stage` is not a field of a route\n\
         hint: did you mean `stages`?\nknown are `to`, `about`, `stages`, `results`, `severity` and `between`",
    );
    check(
        &route("stages: [\"a b\"]"),
        "routes[0].stages[0]: `a b` is not a pattern of stages\nhint: write a stage's name, with `*` for any characters: `prod-*`",
    );
    check(
        "{templates: {}}",
        "templates: `title` is missing\nhint: write `title`, `text` or both",
    );
    check("{templates: {text: \" \"}}", "templates.text: is empty");
}

#[test]
fn names_that_no_channel_of_the_document_has_are_worth_a_look() {
    let text = "service: a\nstages: {p: {gates: [{clear: {alarms: [a]}}], on_fail: {notify: [teem, desk]}}}\n\
        notifications: {channels: {team: {eventbridge: {bus: x}}}, routes: [{to: [teem]}]}\n";
    let (_, warnings) = Plan::read_yaml_with_warnings(text).unwrap();
    let said: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "2:66: warning: stages.p.on_fail.notify[0]: no channel of this document is called `teem`",
            "2:72: warning: stages.p.on_fail.notify[1]: no channel of this document is called `desk`",
            "3:75: warning: notifications.routes[0].to[0]: no channel of this document is called `teem`",
        ]
    );
    let hints: Vec<&str> = warnings
        .iter()
        .filter_map(|warning| warning.hint.as_deref())
        .collect();
    assert_eq!(
        hints[0],
        "did you mean `team`? else an earlier layer has to have it"
    );
    assert_eq!(hints[1], "an earlier layer has to have it");
    // Without a section, the installation knows the names.
    let text =
        "service: a\nstages: {p: {gates: [{clear: {alarms: [a]}}], on_fail: {notify: [desk]}}}\n";
    let (_, warnings) = Plan::read_yaml_with_warnings(text).unwrap();
    assert!(warnings.is_empty());
}

#[test]
fn the_channels_secret_is_known_by_its_name() {
    let plan = read(&channel("{teams: {webhook: {secret: a, key: b}}}")).unwrap();
    let section = plan.notifications.unwrap();
    let Channel::Teams { webhook } = &section.channels["team"] else {
        panic!("no channel of Teams");
    };
    assert_eq!(
        (webhook.secret.as_str(), webhook.key.as_deref()),
        ("a", Some("b"))
    );
}
