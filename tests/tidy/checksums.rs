//! The stand-in for `crc-fast` computes what the standards say.

use crc_fast::{CrcAlgorithm, Digest, checksum};

/// Values that the catalogue of checksums gives for `123456789`.
const CATALOGUE: [(CrcAlgorithm, u64); 3] = [
    (CrcAlgorithm::Crc32IsoHdlc, 0xcbf4_3926),
    (CrcAlgorithm::Crc32Iscsi, 0xe306_9283),
    (CrcAlgorithm::Crc64Nvme, 0xae8b_1486_0a79_9888),
];

#[test]
fn checksums_are_those_of_the_catalogue() {
    for (algorithm, expected) in CATALOGUE {
        assert_eq!(checksum(algorithm, b"123456789"), expected, "{algorithm:?}");
    }
}

#[test]
fn a_checksum_taken_in_pieces_is_the_same() {
    for (algorithm, expected) in CATALOGUE {
        let mut digest = Digest::new(algorithm);
        for piece in ["1", "", "2345", "6789"] {
            digest.update(piece.as_bytes());
        }
        assert_eq!(digest.finalize(), expected, "{algorithm:?}");
    }
}
