//! Randomness from the operating system.

use dripr_core::ports::Entropy;

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        if let Err(error) = getrandom::fill(&mut bytes) {
            // Ids made without randomness would collide with others and be guessed: better not to run.
            tracing::error!(%error, "the operating system gives no random bytes");
            std::process::abort();
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_draws_are_alike() {
        assert_ne!(OsEntropy.bytes(), OsEntropy.bytes());
    }
}
