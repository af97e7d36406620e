//! Webhooks signed as [Standard Webhooks](https://www.standardwebhooks.com) says: those of Svix, and so of Clerk, and those that
//! a deployment sends itself.
//!
//! | header, also as `svix-…` | what it says |
//! |---|---|
//! | `webhook-id` | the message, the same each time it is told |
//! | `webhook-timestamp` | when it was sent, Unix seconds |
//! | `webhook-signature` | `v1,` and the signature in Base64; several, with a space between, while a secret is exchanged |
//!
//! What is signed, by HMAC-SHA-256, is `<id>.<timestamp>.<body>`, with the body's bytes as they came.
//!
//! ```
//! use dripr_adapters::standard_webhooks::{Headers, Rejection, Secret, Verifier, sign};
//!
//! let secret: Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse()?;
//! let now: dripr_core::schedule::Instant = "2021-02-25T15:02:10Z".parse()?;
//! let body = br#"{"test": 2432232314}"#;
//! let signature = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", now.timestamp(), body);
//! assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
//!
//! let headers = Headers { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: "1614265330", signature: &signature };
//! let verifier = Verifier::new(vec![secret]);
//! assert_eq!(verifier.verify(headers, body, now), Ok(()));
//! assert_eq!(verifier.verify(headers, b"{}", now), Err(Rejection::Signature));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod rejection;
mod secret;
mod sign;
mod verify;

pub use rejection::Rejection;
pub use secret::{InvalidSecret, Secret};
pub use sign::sign;
pub use verify::{Headers, TOLERANCE_SECONDS, Verifier};
