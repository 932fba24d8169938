//! The clients, each made on first use and kept.
//!
//! Each has a method of its own, so that the linker drops the services that a
//! function never calls.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use jiff::Timestamp;
use sluice_core::reading::Place;

use crate::sts::AssumedRole;
use crate::wire::Wire;

/// One attempt of a call may take this long; a function lives for 120 s.
const ATTEMPT_MAX: Duration = Duration::from_secs(5);
/// All attempts of a call together.
const CALL_MAX: Duration = Duration::from_secs(20);
/// Attempts of a call, the first one included.
const ATTEMPTS_MAX: u32 = 3;

/// AWS as a function or the command line sees it.
#[derive(Debug)]
pub struct Aws {
    pub(crate) wire: Wire,
    pub(crate) region: String,
    credentials: SharedCredentialsProvider,
    cloudwatch: Kept<Place, aws_sdk_cloudwatch::Client>,
    history: Kept<Place, aws_sdk_cloudwatch::Client>,
    codepipeline: Kept<(), aws_sdk_codepipeline::Client>,
    s3: Kept<(), aws_sdk_s3::Client>,
    sts: Kept<(), aws_sdk_sts::Client>,
}

/// Clients by where they call.
#[derive(Debug)]
struct Kept<K, C>(Mutex<HashMap<K, C>>);

impl<K: Eq + Hash + Clone, C: Clone> Kept<K, C> {
    fn new() -> Kept<K, C> {
        Kept(Mutex::new(HashMap::new()))
    }

    fn or_make(&self, key: &K, make: impl FnOnce() -> C) -> C {
        let mut kept = self.0.lock().expect("no client's making panics");
        kept.entry(key.clone()).or_insert_with(make).clone()
    }
}

/// What all clients share, as each SDK's own `Config`.
macro_rules! config {
    ($service:ident, $aws:expr, $region:expr, $credentials:expr) => {
        $service::Config::builder()
            .behavior_version($service::config::BehaviorVersion::latest())
            .region($service::config::Region::new($region))
            .credentials_provider($credentials)
            .http_client($aws.wire.http.clone())
            .time_source($aws.wire.time.clone())
            .sleep_impl($aws.wire.sleep.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_attempt_timeout(ATTEMPT_MAX)
                    .operation_timeout(CALL_MAX)
                    .build(),
            )
    };
}

impl Aws {
    /// AWS over `wire`, in `region`, with the function's own credentials.
    pub fn new(wire: Wire, region: &str, credentials: aws_credential_types::Credentials) -> Aws {
        Aws {
            wire,
            region: region.to_owned(),
            credentials: SharedCredentialsProvider::new(credentials),
            cloudwatch: Kept::new(),
            history: Kept::new(),
            codepipeline: Kept::new(),
            s3: Kept::new(),
            sts: Kept::new(),
        }
    }

    /// AWS over a simulated wire, with an access key that the simulation knows.
    pub fn simulated(wire: Wire, region: &str, access_key: &str) -> Aws {
        Aws::new(
            wire,
            region,
            aws_credential_types::Credentials::from_keys(access_key, "simulated", None),
        )
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.wire.now()
    }

    fn region_of(&self, place: &Place) -> String {
        place.region.clone().unwrap_or_else(|| self.region.clone())
    }

    fn credentials_of(&self, place: &Place) -> SharedCredentialsProvider {
        match &place.role {
            None => self.credentials.clone(),
            Some(role) => SharedCredentialsProvider::new(AssumedRole::new(self.sts(), role)),
        }
    }

    pub(crate) fn cloudwatch(&self, place: &Place) -> aws_sdk_cloudwatch::Client {
        self.cloudwatch.or_make(place, || {
            let config = config!(
                aws_sdk_cloudwatch,
                self,
                self.region_of(place),
                self.credentials_of(place)
            );
            aws_sdk_cloudwatch::Client::from_conf(config.build())
        })
    }

    /// For alarm histories: three calls a second for the whole account, so a
    /// throttled one is not tried again in place.
    pub(crate) fn cloudwatch_history(&self, place: &Place) -> aws_sdk_cloudwatch::Client {
        self.history.or_make(place, || {
            let config = config!(
                aws_sdk_cloudwatch,
                self,
                self.region_of(place),
                self.credentials_of(place)
            )
            .retry_config(RetryConfig::disabled());
            aws_sdk_cloudwatch::Client::from_conf(config.build())
        })
    }

    pub(crate) fn codepipeline(&self) -> aws_sdk_codepipeline::Client {
        self.codepipeline.or_make(&(), || {
            let config = config!(
                aws_sdk_codepipeline,
                self,
                self.region.clone(),
                self.credentials.clone()
            );
            aws_sdk_codepipeline::Client::from_conf(config.build())
        })
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        self.s3.or_make(&(), || {
            let config = config!(
                aws_sdk_s3,
                self,
                self.region.clone(),
                self.credentials.clone()
            );
            aws_sdk_s3::Client::from_conf(config.build())
        })
    }

    /// S3 with the credentials that a job brings for its artifacts.
    pub(crate) fn s3_with(
        &self,
        credentials: aws_credential_types::Credentials,
    ) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::from_conf(
            config!(aws_sdk_s3, self, self.region.clone(), credentials).build(),
        )
    }

    fn sts(&self) -> aws_sdk_sts::Client {
        self.sts.or_make(&(), || {
            let config = config!(
                aws_sdk_sts,
                self,
                self.region.clone(),
                self.credentials.clone()
            );
            aws_sdk_sts::Client::from_conf(config.build())
        })
    }
}
