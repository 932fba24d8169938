//! What CloudWatch does over time, told by scenarios.

mod alarms;
mod changes;
mod describe;
mod history;
mod metric_data;

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::CloudWatch;
use crate::scenario::{Marks, Moment, Scenario};
use crate::wire::Protocol;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-east-1";

/// A CloudWatch with a scenario; moments are written as in scenarios.
struct Bed {
    cloudwatch: CloudWatch,
    begin: Timestamp,
    marks: Marks,
}

impl Bed {
    fn new(scenario: &str) -> Bed {
        let text = format!("about: a test\n{scenario}");
        let scenario = Scenario::parse(&text, Path::new(".")).expect("the scenario is right");
        let mut cloudwatch = CloudWatch::new(&scenario, ACCOUNT, REGION);
        cloudwatch.switches.rate_limits = false;
        Bed {
            cloudwatch,
            begin: scenario.begin,
            marks: Marks::new(),
        }
    }

    fn time(&self, moment: &str) -> Timestamp {
        let moment: Moment = moment.parse().expect("a moment");
        moment
            .resolve(self.begin, &self.marks)
            .expect("a known moment")
    }

    /// As the wire has it: seconds since 1970.
    fn seconds(&self, moment: &str) -> i64 {
        self.time(moment).as_second()
    }

    fn mark(&mut self, stage: &str, moment: &str) {
        let at = self.time(moment);
        self.marks.insert(stage.to_owned(), at);
        self.cloudwatch.mark(stage, at);
    }

    /// The answer, or `CODE: message`.
    fn try_call(&mut self, moment: &str, operation: &str, input: &Value) -> Result<Value, String> {
        let body = serde_json::to_vec(input).expect("JSON");
        let now = self.time(moment);
        let answer = self.cloudwatch.call(operation, Protocol::Json, &body, now);
        answer
            .map(|body| serde_json::from_slice(&body).expect("JSON"))
            .map_err(|error| error.to_string())
    }

    #[track_caller]
    fn call(&mut self, moment: &str, operation: &str, input: &Value) -> Value {
        self.try_call(moment, operation, input).expect("an answer")
    }

    #[track_caller]
    fn refused(&mut self, operation: &str, input: &Value) -> String {
        self.try_call("0m", operation, input)
            .expect_err("a refusal")
    }

    /// The state of one alarm of either kind.
    #[track_caller]
    fn state(&mut self, moment: &str, name: &str) -> String {
        self.alarm(moment, name)["StateValue"]
            .as_str()
            .expect("a state")
            .to_owned()
    }

    /// One alarm of either kind; null if there is none.
    fn alarm(&mut self, moment: &str, name: &str) -> Value {
        let types = ["MetricAlarm", "CompositeAlarm"];
        let input = json!({ "AlarmNames": [name], "AlarmTypes": types });
        let answer = self.call(moment, "DescribeAlarms", &input);
        match &answer["MetricAlarms"][0] {
            Value::Null => answer["CompositeAlarms"][0].clone(),
            found => found.clone(),
        }
    }

    /// All changes of state since the release began, as `09:12:00 name OK -> ALARM`.
    fn timeline(&mut self, until: &str) -> Vec<String> {
        let now = self.time(until);
        let transitions = self.cloudwatch.transitions(now).into_iter();
        let recent = transitions.filter(|transition| transition.at >= self.begin);
        let line = |transition: super::Transition| {
            let at = transition.at.to_zoned(TimeZone::UTC).strftime("%H:%M:%S");
            format!(
                "{at} {} {} -> {}",
                transition.alarm, transition.old, transition.new
            )
        };
        recent.map(line).collect()
    }
}
