//! What AWS's words mean for a test, kind by kind.

mod builds;
mod canaries;
mod executions;
mod functions;

use jiff::{SignedDuration, Timestamp};

use super::{Followed, Lack, State};

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

#[track_caller]
fn check(followed: &Followed, state: State, line: &str) {
    assert_eq!((followed.state, followed.line.as_str()), (state, line));
}

const SOMEBODY: State = State::Unknown(Lack::Test);
const SERVICE: State = State::Unknown(Lack::Service);
