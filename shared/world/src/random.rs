//! Randomness from a seed: the same seed gives the same world.

/// SplitMix64: small, fast, and the same on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A sequence that depends on nothing but `seed`.
    pub fn from_seed(seed: u64) -> Random {
        Random(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// At least 0 and less than 1, evenly distributed.
    pub fn fraction(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit exactly")]
        let fraction = (self.bits() >> 11) as f64 / (1_u64 << 53) as f64;
        fraction
    }

    /// A whole number below `end`, which is at least 1.
    pub fn below(&mut self, end: u64) -> u64 {
        self.bits() % end.max(1)
    }

    /// True so often of a hundred times.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One of these; there has to be one.
    pub fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        let index = self.below(choices.len() as u64);
        choices[usize::try_from(index).unwrap_or(0)].clone()
    }

    /// A lowercase UUID of version 4, as CodePipeline's ids are.
    pub fn uuid(&mut self) -> String {
        let high = (self.bits() & !0xF000) | 0x4000;
        let low = (self.bits() & (u64::MAX >> 2)) | (1 << 63);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0xFFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF
        )
    }

    /// `length` characters from A-Z and 2-7, as access key ids are written.
    pub fn letters(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        (0..length)
            .map(|_| char::from(ALPHABET[usize::from(self.bits().to_le_bytes()[0] & 31)]))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn ids_are_lowercase_version_four_uuids_and_follow_from_the_seed() {
        let id = Random::from_seed(7).uuid();
        assert_eq!(id, Random::from_seed(7).uuid());
        assert_ne!(id, Random::from_seed(8).uuid());
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert!(
            id.chars()
                .all(|c| c == '-' || c.is_ascii_digit() || c.is_ascii_lowercase())
        );
    }
}
