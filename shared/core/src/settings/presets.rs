//! What a preset compares unless the settings say otherwise.

use super::{
    CanaryMetric, CountMetric, CountStatistic, FullMetric, MetricRef, Preset, SeriesMetric, Worse,
};
use crate::decimal::{Decimal, Percent};

impl Preset {
    /// The word in the settings.
    pub fn word(&self) -> &'static str {
        match self {
            Preset::Alb(_) => "alb",
            Preset::LambdaAlias(_) => "lambda_alias",
            Preset::ApiGateway(_) => "api_gateway",
        }
    }

    /// Where its metrics are.
    pub fn namespace(&self) -> &'static str {
        match self {
            Preset::Alb(_) => "AWS/ApplicationELB",
            Preset::LambdaAlias(_) => "AWS/Lambda",
            Preset::ApiGateway(_) => "AWS/ApiGateway",
        }
    }

    /// What counts the requests of each version.
    pub fn requests(&self) -> MetricRef {
        match self {
            Preset::Alb(_) => named("RequestCount"),
            Preset::LambdaAlias(_) => named("Invocations"),
            Preset::ApiGateway(_) => MetricRef::Full(FullMetric {
                namespace: None,
                name: "Count".to_owned(),
                stat: Some(CountStatistic::SampleCount),
            }),
        }
    }

    /// What is compared.
    pub fn metrics(&self) -> Vec<CanaryMetric> {
        let errors = |name, count| self.share(name, count, None);
        match self {
            Preset::Alb(_) => vec![
                errors("errors", "HTTPCode_Target_5XX_Count"),
                // Requests to a target that takes no connection are counted as
                // requests, and answered by the load balancer. There are
                // hardly any beside a version that runs: a small floor would
                // take hours to prove.
                self.share(
                    "connection-errors",
                    "TargetConnectionErrorCount",
                    Percent::read("1%"),
                ),
                slowest("TargetResponseTime", "0.005"),
            ],
            Preset::LambdaAlias(_) => {
                vec![errors("errors", "Errors"), slowest("Duration", "5")]
            }
            Preset::ApiGateway(_) => {
                vec![errors("errors", "5XXError"), slowest("Latency", "5")]
            }
        }
    }

    fn share(&self, name: &str, count: &str, floor: Option<Percent>) -> CanaryMetric {
        CanaryMetric::Count(CountMetric {
            name: name.to_owned(),
            count: named(count),
            of: self.requests(),
            tolerance: None,
            floor,
            worse: Worse::Higher,
            gating: true,
            must_have_data: false,
        })
    }
}

fn named(name: &str) -> MetricRef {
    MetricRef::Name(name.to_owned())
}

/// The slowest hundredth; five milliseconds never matter.
fn slowest(series: &str, floor: &str) -> CanaryMetric {
    CanaryMetric::Series(SeriesMetric {
        name: "latency".to_owned(),
        series: named(series),
        stat: "p99".to_owned(),
        tolerance: None,
        floor: Decimal::read(floor),
        worse: Worse::Higher,
        gating: true,
        must_have_data: false,
    })
}
