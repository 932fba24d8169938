//! List prices of AWS, in dollars: the one source of `sluice check` and of
//! docs/cost.md. They are those of us-east-1, before free tiers, and change.

/// What something costs, in words and as a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// What is paid for.
    pub what: &'static str,
    /// How many of it the price is for, as people say it.
    pub unit: &'static str,
    /// How many that are.
    pub count: f64,
    /// So many dollars.
    pub dollars: f64,
    /// AWS's page of it.
    pub source: &'static str,
}

impl Price {
    /// What so many cost.
    pub fn of(&self, many: f64) -> f64 {
        many / self.count * self.dollars
    }
}

const CLOUDWATCH: &str = "https://aws.amazon.com/cloudwatch/pricing/";
const LAMBDA: &str = "https://aws.amazon.com/lambda/pricing/";

/// A request of CloudWatch, or a metric that `GetMetricData` reads.
/// CodePipeline's requests are free.
pub const READ: Price = Price {
    what: "a request of CloudWatch, or a metric read",
    unit: "a thousand",
    count: 1_000.0,
    dollars: 0.01,
    source: CLOUDWATCH,
};

/// An alarm, for each metric that it reads.
pub const ALARM: Price = Price {
    what: "an alarm of CloudWatch, for each metric that it reads",
    unit: "a month",
    count: 1.0,
    dollars: 0.10,
    source: CLOUDWATCH,
};

/// A metric of one's own.
pub const METRIC: Price = Price {
    what: "a metric of one's own",
    unit: "a month",
    count: 1.0,
    dollars: 0.30,
    source: CLOUDWATCH,
};

/// A dashboard.
pub const DASHBOARD: Price = Price {
    what: "a dashboard of CloudWatch, after the account's first three",
    unit: "a month",
    count: 1.0,
    dollars: 3.0,
    source: CLOUDWATCH,
};

/// Time of a function.
pub const GB_SECOND: Price = Price {
    what: "a GB-second of Lambda",
    unit: "each",
    count: 1.0,
    dollars: 0.000_016_666_7,
    source: LAMBDA,
};

/// An invocation.
pub const INVOCATION: Price = Price {
    what: "an invocation of Lambda",
    unit: "a million",
    count: 1_000_000.0,
    dollars: 0.20,
    source: LAMBDA,
};

/// An object that is written.
pub const PUT: Price = Price {
    what: "an object written to S3",
    unit: "a thousand",
    count: 1_000.0,
    dollars: 0.005,
    source: "https://aws.amazon.com/s3/pricing/",
};

/// A transition of a Standard state machine.
pub const TRANSITION: Price = Price {
    what: "a transition of a state machine",
    unit: "a thousand",
    count: 1_000.0,
    dollars: 0.025,
    source: "https://aws.amazon.com/step-functions/pricing/",
};

/// An event on a bus of one's own.
pub const EVENT: Price = Price {
    what: "an event on the bus",
    unit: "a million",
    count: 1_000_000.0,
    dollars: 1.0,
    source: "https://aws.amazon.com/eventbridge/pricing/",
};

/// All of them, in the order in which they are shown.
pub const ALL: [Price; 9] = [
    READ, ALARM, METRIC, DASHBOARD, GB_SECOND, INVOCATION, PUT, TRANSITION, EVENT,
];

/// Memory of a gate's function, in GB, as the template has it.
pub const MEMORY_GB: f64 = 0.25;

/// A look of a second, with its invocation. How long looks take is an
/// estimate, not a measurement.
pub fn look() -> f64 {
    GB_SECOND.of(MEMORY_GB) + INVOCATION.of(1.0)
}
