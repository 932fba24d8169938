//! What was answered.

use clap::ValueEnum;
use sluice_core::Duration;

/// How the pipeline is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// A template of CloudFormation, or SAM, in YAML
    #[value(name = "cloudformation")]
    CloudFormation,
    /// The CDK, in TypeScript
    Cdk,
    /// Terraform
    Terraform,
}

/// A gate to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GateKind {
    /// Alarms have to stay quiet while people use what was deployed
    Bake,
    /// The new version is no worse than the old one beside it
    Canary,
    /// What was deployed answers
    Validate,
}

/// What counts the requests of a bake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TrafficBy {
    /// An Application Load Balancer
    Alb,
    /// A REST API of API Gateway
    ApiGateway,
    /// A Lambda function
    Lambda,
    /// Nothing: OK may mean that nobody came
    NotMeasured,
}

/// What divides the requests between two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CanaryBy {
    /// Two target groups behind an Application Load Balancer
    Alb,
    /// A stage of a REST API with a canary release
    ApiGateway,
    /// An alias of a Lambda function with weights
    LambdaAlias,
}

/// All that the files are made of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answers {
    pub(super) service: String,
    pub(super) pipeline: String,
    pub(super) stage: String,
    pub(super) form: Form,
    pub(super) bake: Option<Bake>,
    pub(super) canary: Option<Canary>,
    pub(super) health_url: Option<String>,
    /// Not there: the functions' own roles read.
    pub(super) account: Option<String>,
    pub(super) sluice_stack: String,
    pub(super) artifact: String,
    pub(super) run_order: u32,
}

/// Of the gate `bake`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bake {
    pub(super) alarms: Vec<String>,
    pub(super) bake_for: Duration,
    /// Not there: not measured.
    pub(super) traffic: Option<Traffic>,
}

/// What counts requests, and how many there have to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Traffic {
    pub(super) by: Counter,
    pub(super) at_least: u64,
}

/// The series of requests.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Counter {
    Alb {
        load_balancer: String,
        /// Not there: all that the load balancer gets.
        target_group: Option<String>,
    },
    ApiGateway {
        api: String,
        stage: String,
    },
    Lambda {
        function: String,
        alias: String,
    },
}

/// Of the gate `canary`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Canary {
    Alb {
        load_balancer: String,
        baseline: String,
        canary: String,
    },
    ApiGateway {
        api: String,
        stage: String,
    },
    LambdaAlias {
        function: String,
        alias: String,
    },
}

impl Answers {
    /// The ARN of the service's role, if there is to be one.
    pub(super) fn role(&self) -> Option<String> {
        let account = self.account.as_ref().filter(|_| self.reads())?;
        Some(format!(
            "arn:aws:iam::{account}:role/sluice/{}",
            self.service
        ))
    }

    /// Whether a gate reads anything with a role.
    pub(super) fn reads(&self) -> bool {
        self.bake.is_some() || self.canary.is_some()
    }

    /// The gates, each with its run order: an alias divides its invocations
    /// until the step after the canary sends all of them to the new version.
    pub(super) fn gates(&self) -> Vec<(&'static str, u32)> {
        let alias = matches!(self.canary, Some(Canary::LambdaAlias { .. }));
        let later = self.run_order + if alias { 2 } else { 0 };
        let all = [
            ("canary", self.canary.is_some(), self.run_order),
            ("validate", self.health_url.is_some(), later),
            ("bake", self.bake.is_some(), later),
        ];
        let there = all.into_iter().filter(|(_, there, _)| *there);
        there.map(|(name, _, order)| (name, order)).collect()
    }

    /// What an action tells its gate.
    pub(super) fn told(&self, gate: &str) -> String {
        let Answers {
            pipeline,
            service,
            stage,
            ..
        } = self;
        format!(
            "{{\"pipeline\":\"{pipeline}\",\"release\":\"#{{codepipeline.PipelineExecutionId}}\",\
             \"service\":\"{service}\",\"stage\":\"{stage}\",\"gate\":\"{gate}\"}}"
        )
    }
}
