//! Who may do what: the right that each call needs, and policies that give it.
//!
//! A world asks nobody unless it was made within [`guarding`]. Then a guard is
//! told of each right that a call needs before the call has its effect, and
//! says whether the caller has it; a call without it is refused in IAM's
//! words. So the same rehearsal can be recorded, and held to policies.

mod policy;

use std::cell::RefCell;
use std::sync::Arc;

pub use policy::{Policy, PolicyError};

/// A right that a call needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The access key that signed the call.
    pub access_key: String,
    /// The role whose session that key is of, where one was assumed.
    pub assumed: Option<Assumed>,
    /// As in a policy, for instance `cloudwatch:DescribeAlarms`.
    pub action: String,
    /// The ARN of what it is about; `*` where AWS knows no resource for it.
    pub resource: String,
}

/// A role, and who assumed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assumed {
    /// Its ARN.
    pub role: String,
    /// The access key that asked for the session.
    pub by: String,
}

/// Says whether a caller has a right.
pub type Guard = Arc<dyn Fn(&Wanted) -> bool + Send + Sync>;

thread_local! {
    /// As with a runtime, worlds find it without being handed it: tests make
    /// worlds in many places.
    static GUARD: RefCell<Option<Guard>> = const { RefCell::new(None) };
}

/// Has all worlds ask this guard that are made on this thread meanwhile.
pub fn guarding<T>(guard: Guard, does: impl FnOnce() -> T) -> T {
    struct Before(Option<Guard>);
    impl Drop for Before {
        fn drop(&mut self) {
            GUARD.set(self.0.take());
        }
    }
    let _before = Before(GUARD.replace(Some(guard)));
    does()
}

/// The guard of a world that is made now.
pub(crate) fn guard() -> Option<Guard> {
    GUARD.with_borrow(Option::clone)
}

/// The access key of a function's own role.
pub fn access_key_of(function: &str) -> String {
    let letters = function.chars().filter(char::is_ascii_alphanumeric);
    let letters = letters.map(|letter| letter.to_ascii_uppercase());
    format!("AKIA{}", letters.collect::<String>())
}
