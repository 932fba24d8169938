//! AWS as a function's process is told of it: by its environment alone.
//!
//! The SDK's own way to settings also knows profiles, machines' metadata and
//! web identities, and each function would carry them.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::clients::{Aws, NoRegion};
use crate::wire::Wire;

impl Aws {
    /// AWS over the network, as Lambda says: `AWS_REGION`, the role's
    /// credentials, and what somebody may have set besides: `AWS_ENDPOINT_URL`,
    /// also for one service, `AWS_USE_FIPS_ENDPOINT` and
    /// `AWS_USE_DUALSTACK_ENDPOINT`. Profiles are not read.
    ///
    /// # Errors
    ///
    /// Where it names no region.
    pub fn in_function() -> Result<Aws, NoRegion> {
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        let wire = Wire::network();
        let credentials = EnvironmentVariableCredentialsProvider::new();
        let mut sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.ok_or(NoRegion)?))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .service_config(OfService)
            .http_client(wire.http.clone())
            .time_source(wire.time.clone())
            .sleep_impl(wire.sleep.clone());
        sdk.set_endpoint_url(variable("AWS_ENDPOINT_URL"));
        sdk.set_use_fips(switch("AWS_USE_FIPS_ENDPOINT"));
        sdk.set_use_dual_stack(switch("AWS_USE_DUALSTACK_ENDPOINT"));
        Ok(Aws::over(wire, sdk.build()))
    }
}

/// What is set for one service, for instance `AWS_ENDPOINT_URL_S3`.
#[derive(Debug)]
struct OfService;

impl LoadServiceConfig for OfService {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        variable(&named(key.env(), key.service_id()))
    }
}

fn named(setting: &str, service: &str) -> String {
    format!(
        "{setting}_{}",
        service.to_uppercase().replace([' ', '-'], "_")
    )
}

fn switch(name: &str) -> Option<bool> {
    variable(name).map(|value| value.eq_ignore_ascii_case("true"))
}

fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a function's settings come from its environment, read once at its start"
    )]
    let value = std::env::var(name).ok();
    value.filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_services_own_setting_is_named_as_awss_tools_name_it() {
        let url = |service| named("AWS_ENDPOINT_URL", service);
        assert_eq!(url("s3"), "AWS_ENDPOINT_URL_S3");
        assert_eq!(url("Secrets Manager"), "AWS_ENDPOINT_URL_SECRETS_MANAGER");
    }
}
