//! Addresses in AWS's console, for people.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::clients::{Aws, console};

impl Aws {
    /// A stream of CloudWatch Logs in the console.
    pub fn log_link(&self, group: &str, stream: &str) -> String {
        let region = self.region_name();
        format!(
            "https://{region}.{}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{}/log-events/{}",
            console(region),
            in_console(group),
            in_console(stream)
        )
    }

    /// A release in the console.
    pub fn release_link(&self, pipeline: &str, release: &str) -> String {
        let region = self.region_name();
        format!(
            "https://{region}.{}/codesuite/codepipeline/pipelines/{pipeline}/executions/{release}/timeline?region={region}",
            console(region)
        )
    }
}

/// A name in an address of CloudWatch Logs' console. The form is not
/// documented: it is encoded twice, with `$` for the second `%`.
fn in_console(name: &str) -> String {
    let once = utf8_percent_encode(name, NON_ALPHANUMERIC).to_string();
    once.replace('%', "$25")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_logs_are_encoded_twice() {
        assert_eq!(in_console("/aws/lambda/b"), "$252Faws$252Flambda$252Fb");
        assert_eq!(in_console("[$LATEST]1"), "$255B$2524LATEST$255D1");
    }
}
