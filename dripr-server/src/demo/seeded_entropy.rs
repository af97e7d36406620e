//! Randomness that is the same for the same seed.

use std::sync::atomic::{AtomicU64, Ordering};

use dripr_core::ports::Entropy;

/// SplitMix64 (Steele, Lea and Flood 2014): enough for ids and jitter of a demonstration, and no more than that.
#[derive(Debug)]
pub struct SeededEntropy {
    state: AtomicU64,
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl SeededEntropy {
    /// The sequence of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed) }
    }

    fn word(&self) -> u64 {
        let mut z = self.state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Entropy for SeededEntropy {
    fn bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.word().to_be_bytes());
        bytes[8..].copy_from_slice(&self.word().to_be_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use dripr_core::testkit::contract;

    use super::*;

    #[test]
    fn it_keeps_the_entropy_contract() {
        contract::entropy(&SeededEntropy::new(0));
    }

    #[test]
    fn a_seed_gives_the_published_sequence() {
        // The first outputs of SplitMix64 for the seed 0.
        let entropy = SeededEntropy::new(0);
        assert_eq!(entropy.word(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(entropy.word(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_gives_others() {
        assert_eq!(SeededEntropy::new(7).bytes(), SeededEntropy::new(7).bytes());
        assert_ne!(SeededEntropy::new(7).bytes(), SeededEntropy::new(8).bytes());
    }
}
