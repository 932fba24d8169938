//! The clients, each made on first use and kept.
//!
//! Each has a method of its own, so that the linker drops the services that a
//! function never calls.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use jiff::Timestamp;
use sluice_core::address::AddressRule;
use sluice_core::reading::Place;

use crate::apart::Apart;
use crate::outside::Outside;
use crate::sts::{ActingFor, AssumedRole};
use crate::wire::Wire;

/// One attempt of a call may take this long; a function lives for 120 s.
const ATTEMPT_MAX: Duration = Duration::from_secs(5);
/// All attempts of a call together.
const CALL_MAX: Duration = Duration::from_secs(20);
/// Attempts of a call, the first one included.
const ATTEMPTS_MAX: u32 = 3;

/// The environment says nowhere in which region to call AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no AWS region is set: set `AWS_REGION`, as Lambda does")]
pub struct NoRegion;

/// AWS as a function or the command line sees it. Copies share their clients.
#[derive(Debug, Clone)]
pub struct Aws {
    pub(crate) wire: Wire,
    pub(crate) apart: Apart,
    sdk: SdkConfig,
    /// For whom roles are assumed.
    acting: Option<ActingFor>,
    cloudwatch: Kept<Seat, aws_sdk_cloudwatch::Client>,
    history: Kept<Seat, aws_sdk_cloudwatch::Client>,
    cloudformation: Kept<(), aws_sdk_cloudformation::Client>,
    codepipeline: Kept<(), aws_sdk_codepipeline::Client>,
    lambda: Kept<Seat, aws_sdk_lambda::Client>,
    s3: Kept<(), aws_sdk_s3::Client>,
    sts: Kept<(), aws_sdk_sts::Client>,
    codebuild: Kept<Seat, aws_sdk_codebuild::Client>,
    codedeploy: Kept<(), aws_sdk_codedeploy::Client>,
    dynamodb: Kept<(), aws_sdk_dynamodb::Client>,
    eventbridge: Kept<Seat, aws_sdk_eventbridge::Client>,
    invoking: Kept<Seat, aws_sdk_lambda::Client>,
    secrets: Kept<Seat, aws_sdk_secretsmanager::Client>,
    sns: Kept<Seat, aws_sdk_sns::Client>,
    step_functions: Kept<Seat, aws_sdk_sfn::Client>,
    synthetics: Kept<Seat, aws_sdk_synthetics::Client>,
}

/// The console of a region's partition.
pub(crate) fn console(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "console.amazonaws.cn",
        gov if gov.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    }
}

/// Where a client calls, and for whom it assumes its role, if it has one.
type Seat = (Place, Option<ActingFor>);

/// Clients by where they call.
#[derive(Debug)]
struct Kept<K, C>(Arc<Mutex<HashMap<K, C>>>);

impl<K, C> Clone for Kept<K, C> {
    fn clone(&self) -> Kept<K, C> {
        Kept(Arc::clone(&self.0))
    }
}

impl<K: Eq + Hash + Clone, C: Clone> Kept<K, C> {
    fn new() -> Kept<K, C> {
        Kept(Arc::default())
    }

    fn or_make(&self, key: &K, make: impl FnOnce() -> C) -> C {
        let mut kept = self.0.lock().expect("no client's making panics");
        kept.entry(key.clone()).or_insert_with(make).clone()
    }
}

/// What all clients share, as each SDK's own `Config`.
macro_rules! config {
    ($service:ident, $aws:expr) => {
        $service::config::Builder::from(&$aws.sdk)
            .interceptor($aws.apart.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_attempt_timeout(ATTEMPT_MAX)
                    .operation_timeout(CALL_MAX)
                    .build(),
            )
    };
    ($service:ident, $aws:expr, $place:expr) => {{
        let mut config = config!($service, $aws).region($aws.region_of($place));
        config.set_credentials_provider($aws.credentials_of($place));
        config
    }};
}

impl Aws {
    /// AWS over the network, as the environment says: region, credentials,
    /// `AWS_ENDPOINT_URL`, `AWS_USE_FIPS_ENDPOINT` and what else AWS's tools
    /// read there.
    ///
    /// # Errors
    ///
    /// Where it names no region.
    pub async fn from_environment() -> Result<Aws, NoRegion> {
        let wire = Wire::network();
        let sdk = aws_config::defaults(BehaviorVersion::latest())
            .http_client(wire.http.clone())
            .time_source(wire.time.clone())
            .sleep_impl(wire.sleep.clone())
            .load()
            .await;
        match sdk.region() {
            Some(_) => Ok(Aws::over(wire, sdk)),
            None => Err(NoRegion),
        }
    }

    /// AWS over a simulated wire, with an access key that the simulation knows.
    pub fn simulated(wire: Wire, region: &str, access_key: &str) -> Aws {
        let credentials = Credentials::from_keys(access_key, "simulated", None);
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(wire.http.clone())
            .time_source(wire.time.clone())
            .sleep_impl(wire.sleep.clone())
            .build();
        Aws::over(wire, sdk)
    }

    pub(crate) fn over(wire: Wire, sdk: SdkConfig) -> Aws {
        Aws {
            apart: Apart::new(wire.time.clone()),
            wire,
            sdk,
            acting: None,
            cloudformation: Kept::new(),
            cloudwatch: Kept::new(),
            history: Kept::new(),
            codepipeline: Kept::new(),
            lambda: Kept::new(),
            s3: Kept::new(),
            sts: Kept::new(),
            codebuild: Kept::new(),
            codedeploy: Kept::new(),
            dynamodb: Kept::new(),
            eventbridge: Kept::new(),
            invoking: Kept::new(),
            secrets: Kept::new(),
            sns: Kept::new(),
            step_functions: Kept::new(),
            synthetics: Kept::new(),
        }
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.wire.now()
    }

    /// The region that is called where nothing else is said.
    pub fn region_name(&self) -> &str {
        self.sdk.region().map_or("", Region::as_ref)
    }

    /// The way to what is not AWS, within a rule of addresses. Connections are
    /// kept by what this gives: ask once for all requests of a look.
    pub fn outside(&self, rule: AddressRule) -> Outside {
        self.wire.outside(rule)
    }

    /// The same, with roles assumed for somebody.
    #[must_use]
    pub fn acting_for(&self, acting: Option<ActingFor>) -> Aws {
        Aws {
            acting,
            ..self.clone()
        }
    }

    /// The same, with roles assumed in a service's name.
    #[must_use]
    pub fn for_service(&self, service: &str) -> Aws {
        self.acting_for(Some(ActingFor {
            service: service.to_owned(),
            tagged: None,
        }))
    }

    fn seat(&self, place: &Place) -> Seat {
        let acting = self.acting.clone().filter(|_| place.role.is_some());
        (place.clone(), acting)
    }

    fn region_of(&self, place: &Place) -> Option<Region> {
        let own = place.region.clone().map(Region::new);
        own.or_else(|| self.sdk.region().cloned())
    }

    /// The credentials of the environment.
    pub(crate) fn credentials(&self) -> Option<SharedCredentialsProvider> {
        self.sdk.credentials_provider()
    }

    fn credentials_of(&self, place: &Place) -> Option<SharedCredentialsProvider> {
        match &place.role {
            None => self.sdk.credentials_provider(),
            Some(role) => Some(SharedCredentialsProvider::new(AssumedRole::new(
                self.sts(),
                role,
                self.acting.clone(),
            ))),
        }
    }

    pub(crate) fn cloudformation(&self) -> aws_sdk_cloudformation::Client {
        self.cloudformation.or_make(&(), || {
            let config = config!(aws_sdk_cloudformation, self);
            aws_sdk_cloudformation::Client::from_conf(config.build())
        })
    }

    pub(crate) fn cloudwatch(&self, place: &Place) -> aws_sdk_cloudwatch::Client {
        self.cloudwatch.or_make(&self.seat(place), || {
            let config = config!(aws_sdk_cloudwatch, self, place);
            aws_sdk_cloudwatch::Client::from_conf(config.build())
        })
    }

    /// For alarm histories: three calls a second for the whole account, so a
    /// throttled one is not tried again in place.
    pub(crate) fn cloudwatch_history(&self, place: &Place) -> aws_sdk_cloudwatch::Client {
        self.history.or_make(&self.seat(place), || {
            let config =
                config!(aws_sdk_cloudwatch, self, place).retry_config(RetryConfig::disabled());
            aws_sdk_cloudwatch::Client::from_conf(config.build())
        })
    }

    pub(crate) fn codepipeline(&self) -> aws_sdk_codepipeline::Client {
        self.codepipeline.or_make(&(), || {
            let config = config!(aws_sdk_codepipeline, self);
            aws_sdk_codepipeline::Client::from_conf(config.build())
        })
    }

    /// For questions, which can be asked again.
    pub(crate) fn lambda(&self, place: &Place) -> aws_sdk_lambda::Client {
        self.lambda.or_make(&self.seat(place), || {
            let config = config!(aws_sdk_lambda, self, place);
            aws_sdk_lambda::Client::from_conf(config.build())
        })
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        self.s3.or_make(&(), || {
            aws_sdk_s3::Client::from_conf(self.s3_config().build())
        })
    }

    fn s3_config(&self) -> aws_sdk_s3::config::Builder {
        // At an emulator's address a bucket is a part of the path.
        config!(aws_sdk_s3, self).force_path_style(self.sdk.endpoint_url().is_some())
    }

    /// S3 with the credentials that a job brings for its artifacts.
    pub(crate) fn s3_with(&self, credentials: Credentials) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::from_conf(self.s3_config().credentials_provider(credentials).build())
    }

    fn sts(&self) -> aws_sdk_sts::Client {
        self.sts.or_make(&(), || {
            let config = config!(aws_sdk_sts, self);
            aws_sdk_sts::Client::from_conf(config.build())
        })
    }

    pub(crate) fn codebuild(&self, place: &Place) -> aws_sdk_codebuild::Client {
        self.codebuild.or_make(&self.seat(place), || {
            let config = config!(aws_sdk_codebuild, self, place);
            aws_sdk_codebuild::Client::from_conf(config.build())
        })
    }

    pub(crate) fn codedeploy(&self) -> aws_sdk_codedeploy::Client {
        self.codedeploy.or_make(&(), || {
            let config = config!(aws_sdk_codedeploy, self);
            aws_sdk_codedeploy::Client::from_conf(config.build())
        })
    }

    /// The table of claims is the installation's own: no other role or region.
    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.dynamodb.or_make(&(), || {
            let config = config!(aws_sdk_dynamodb, self);
            aws_sdk_dynamodb::Client::from_conf(config.build())
        })
    }

    pub(crate) fn eventbridge(&self, place: &Place) -> aws_sdk_eventbridge::Client {
        self.eventbridge.or_make(&self.seat(place), || {
            let config = config!(aws_sdk_eventbridge, self, place);
            aws_sdk_eventbridge::Client::from_conf(config.build())
        })
    }

    /// For invocations that are waited for: one that got no answer may have
    /// run, so it is not tried again in place.
    pub(crate) fn invoking(&self, place: &Place) -> aws_sdk_lambda::Client {
        self.invoking.or_make(&self.seat(place), || {
            let config = config!(aws_sdk_lambda, self, place).retry_config(RetryConfig::disabled());
            aws_sdk_lambda::Client::from_conf(config.build())
        })
    }

    pub(crate) fn secrets(&self, place: &Place) -> aws_sdk_secretsmanager::Client {
        self.secrets.or_make(&self.seat(place), || {
            let config = config!(aws_sdk_secretsmanager, self, place);
            aws_sdk_secretsmanager::Client::from_conf(config.build())
        })
    }

    pub(crate) fn sns(&self, place: &Place) -> aws_sdk_sns::Client {
        self.sns.or_make(&self.seat(place), || {
            let config = config!(aws_sdk_sns, self, place);
            aws_sdk_sns::Client::from_conf(config.build())
        })
    }

    pub(crate) fn step_functions(&self, place: &Place) -> aws_sdk_sfn::Client {
        self.step_functions.or_make(&self.seat(place), || {
            let config = config!(aws_sdk_sfn, self, place);
            aws_sdk_sfn::Client::from_conf(config.build())
        })
    }

    pub(crate) fn synthetics(&self, place: &Place) -> aws_sdk_synthetics::Client {
        self.synthetics.or_make(&self.seat(place), || {
            let config = config!(aws_sdk_synthetics, self, place);
            aws_sdk_synthetics::Client::from_conf(config.build())
        })
    }
}
