//! The three checksums that AWS's SDK computes for S3, over the crate `crc`,
//! behind the names that `aws-smithy-checksums` calls.
//!
//! A checksum that came out wrong would be refused by S3 when something is
//! put, and by the SDK when something is read: never taken.

use crc::{CRC_32_ISCSI, CRC_32_ISO_HDLC, CRC_64_NVME, Crc, Table};

static ISO_HDLC: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);
static ISCSI: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISCSI);
static NVME: Crc<u64, Table<1>> = Crc::<u64, Table<1>>::new(&CRC_64_NVME);

/// Which checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrcAlgorithm {
    /// CRC-32.
    Crc32IsoHdlc,
    /// CRC-32C.
    Crc32Iscsi,
    /// CRC-64/NVME.
    Crc64Nvme,
}

/// A checksum of what came so far.
#[derive(Clone)]
pub struct Digest(State);

#[derive(Clone)]
enum State {
    Narrow(crc::Digest<'static, u32, Table<1>>),
    Wide(crc::Digest<'static, u64, Table<1>>),
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest")
    }
}

impl Digest {
    /// The checksum of nothing.
    pub fn new(algorithm: CrcAlgorithm) -> Digest {
        Digest(match algorithm {
            CrcAlgorithm::Crc32IsoHdlc => State::Narrow(ISO_HDLC.digest()),
            CrcAlgorithm::Crc32Iscsi => State::Narrow(ISCSI.digest()),
            CrcAlgorithm::Crc64Nvme => State::Wide(NVME.digest()),
        })
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Narrow(digest) => digest.update(bytes),
            State::Wide(digest) => digest.update(bytes),
        }
    }

    /// The checksum; of 32 bits in the lower half.
    pub fn finalize(self) -> u64 {
        match self.0 {
            State::Narrow(digest) => u64::from(digest.finalize()),
            State::Wide(digest) => digest.finalize(),
        }
    }
}

/// The checksum of these bytes.
pub fn checksum(algorithm: CrcAlgorithm, bytes: &[u8]) -> u64 {
    let mut digest = Digest::new(algorithm);
    digest.update(bytes);
    digest.finalize()
}
