//! How many calls of an operation an account may make in a region.

use super::ApiError;

/// Calls a second, which is also how many may come at once. These cannot be
/// raised, or are what an account begins with.
const RATES: [(&str, f64); 8] = [
    ("DescribeAlarmHistory", 3.0),
    ("DescribeAlarms", 9.0),
    ("GetMetricData", 50.0),
    ("PutMetricData", 500.0),
    ("PutMetricAlarm", 3.0),
    ("PutCompositeAlarm", 3.0),
    ("DeleteAlarms", 3.0),
    ("SetAlarmState", 3.0),
];

/// A token bucket for each operation.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    buckets: [Option<Bucket>; RATES.len()],
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: i64,
}

impl Buckets {
    /// Takes one call, or refuses it. `now` in milliseconds since 1970.
    pub(super) fn take(&mut self, operation: &str, now: i64) -> Result<(), ApiError> {
        let Some(index) = RATES.iter().position(|(name, _)| *name == operation) else {
            return Ok(());
        };
        let rate = RATES[index].1;
        let bucket = self.buckets[index].get_or_insert(Bucket {
            tokens: rate,
            at: now,
        });
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds between two calls fit f64"
        )]
        let elapsed = (now - bucket.at).max(0) as f64 / 1000.0;
        bucket.tokens = (bucket.tokens + elapsed * rate).min(rate);
        bucket.at = bucket.at.max(now);
        if bucket.tokens < 1.0 {
            return Err(ApiError::client("ThrottlingException", "Rate exceeded"));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Buckets;

    #[test]
    fn a_burst_of_one_second_is_allowed_and_refills() {
        let mut buckets = Buckets::default();
        let mut take = |now| buckets.take("DescribeAlarmHistory", now).is_ok();
        assert_eq!([0, 0, 0, 0].map(&mut take), [true, true, true, false]);
        assert_eq!([334, 335, 5000].map(&mut take), [true, false, true]);
        assert_eq!([5000, 5000, 5000].map(&mut take), [true, true, false]);
    }

    #[test]
    fn operations_do_not_share_a_bucket() {
        let mut buckets = Buckets::default();
        for _ in 0..3 {
            assert!(buckets.take("DescribeAlarmHistory", 0).is_ok());
        }
        assert!(buckets.take("DescribeAlarms", 0).is_ok());
    }
}
