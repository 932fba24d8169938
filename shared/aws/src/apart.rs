//! How far our clock is from AWS's, by the dates of its answers.
//!
//! What AWS says happened at its times is judged by ours. That is only right
//! as long as the two agree; every answer of AWS shows whether they do.

use std::sync::{Arc, Mutex};

use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
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
}

impl Apart {
    pub(crate) fn new(time: SharedTimeSource) -> Apart {
        Apart {
            time,
            ahead: Arc::default(),
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
