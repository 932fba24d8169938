//! What a generic webhook proves itself by.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

/// The value of `Sluice-Signature`: when it was signed, and HMAC-SHA256 of
/// that moment, a dot and the body, in hexadecimal. The moment is signed too,
/// so that a receiver can refuse what somebody else kept and sends again.
pub fn signature(key: &[u8], at: Timestamp, body: &[u8]) -> String {
    let seconds = at.as_second();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key has any length");
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    let tag = mac.finalize().into_bytes();
    let tag: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={tag}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_openssl_says() {
        // printf '1500000000.{"a":1}' | openssl dgst -sha256 -hmac secret
        let at = Timestamp::from_second(1_500_000_000).unwrap();
        let expected =
            "t=1500000000,v1=9b122666c0d5c14c39667bf533010c2de24e6f5853f2ec835100c80e98b00e2c";
        assert_eq!(signature(b"secret", at, br#"{"a":1}"#), expected);
    }
}
