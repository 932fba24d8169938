//! How far our clock is from AWS's, by the dates of its answers, and whether
//! it was AWS that answered.
//!
//! What AWS says happened at its times is judged by ours. That is only right
//! as long as the two agree; every answer of AWS shows whether they do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use jiff::{SignedDuration, Timestamp};

use crate::clients::Aws;
use crate::cloudwatch::moment;

/// Takes note of the date of each answer. Copies are the same one.
#[derive(Debug, Clone)]
pub(crate) struct Apart {
    time: SharedTimeSource,
    ahead: Arc<Mutex<Option<SignedDuration>>>,
    elsewhere: Arc<AtomicBool>,
}

impl Apart {
    pub(crate) fn new(time: SharedTimeSource) -> Apart {
        Apart {
            time,
            ahead: Arc::default(),
            elsewhere: Arc::default(),
        }
    }

    /// Whether any request went to an address that is none of AWS's.
    pub(crate) fn went_elsewhere(&self) -> bool {
        self.elsewhere.load(Ordering::Relaxed)
    }

    fn note_address(&self, address: &str) {
        if !is_of_aws(address) {
            self.elsewhere.store(true, Ordering::Relaxed);
        }
    }

    fn note(&self, date: &str) {
        let Ok(date) = DateTime::from_str(date, Format::HttpDate) else {
            return;
        };
        let now = Timestamp::try_from(self.time.now()).unwrap_or(Timestamp::MAX);
        let ahead = now.duration_since(moment(&date));
        *self
            .ahead
            .lock()
            .expect("nothing panics while it holds this lock") = Some(ahead);
    }
}

impl Intercept for Apart {
    fn name(&self) -> &'static str {
        "Apart"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.note_address(context.request().uri());
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            self.note(date);
        }
        Ok(())
    }
}

impl Aws {
    /// How far our clock is ahead of AWS's, by the date of the last answer, to
    /// the second; negative: behind. Nothing where no answer had a date.
    pub fn clock_ahead(&self) -> Option<SignedDuration> {
        let ahead = self.apart.ahead.lock();
        *ahead.expect("nothing panics while it holds this lock")
    }
}

/// Whether an address is in one of the domains of AWS's services.
fn is_of_aws(address: &str) -> bool {
    let host = address.parse::<http::Uri>().ok();
    let host = host.as_ref().and_then(http::Uri::host).unwrap_or_default();
    [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"]
        .iter()
        .any(|domain| host.ends_with(domain))
}

#[cfg(test)]
mod tests {
    use super::is_of_aws;

    #[test]
    fn only_addresses_of_aws_are_taken_for_aws() {
        for (address, expected) in [
            ("https://codepipeline.eu-west-1.amazonaws.com/", true),
            ("https://bucket.s3.cn-north-1.amazonaws.com.cn/key", true),
            ("https://lambda.us-east-1.api.aws/2015-03-31", true),
            ("http://127.0.0.1:5056/", false),
            ("http://localhost:4566/amazonaws.com", false),
            ("https://amazonaws.com.example.org/", false),
            ("", false),
        ] {
            assert_eq!(is_of_aws(address), expected, "{address}");
        }
    }
}
