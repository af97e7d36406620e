//! Randomness, given.

use uuid::Uuid;

use crate::schedule::Instant;

/// Where random bytes come from: the operating system in production, a seed in tests and demonstrations.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Entropy: Send + Sync {
    /// Sixteen random bytes.
    fn bytes(&self) -> [u8; 16];
}

/// What is made of random bytes.
pub trait EntropyExt: Entropy {
    /// A new time-ordered id (UUID version 7, RFC 9562).
    fn id(&self, now: Instant) -> Uuid {
        let bytes = self.bytes();
        let mut counter = [0; 10];
        counter.copy_from_slice(&bytes[..10]);
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &counter).into_uuid()
    }

    /// A number from 0 to below 1.
    fn fraction(&self) -> f64 {
        let bytes = self.bytes();
        let mut word = [0; 4];
        word.copy_from_slice(&bytes[..4]);
        f64::from(u32::from_be_bytes(word)) / (f64::from(u32::MAX) + 1.0)
    }
}

impl<T: Entropy + ?Sized> EntropyExt for T {}
