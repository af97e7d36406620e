//! What is done around calls to providers, each written once for every port: put around a port, a layer is that port.
//!
//! | layer | what it does |
//! |---|---|
//! | [`Timeout`] | gives up a call that takes too long |
//! | [`Retry`] | asks again after a failure that may pass, a few times within seconds |
//! | [`CircuitBreaker`] | leaves a provider alone that keeps failing, or that asks for a pause |
//! | [`RateLimit`] | keeps to a number of calls a minute, shared by all who have the limiter |
//! | [`Cache`] | answers a question that was answered lately; those who ask it at once wait for one answer |
//! | [`Meter`] | counts calls, failures and time, and gives each call a span |
//! | [`Seen`] | counts calls to a mailer, failures and time, and gives each call a span |
//! | [`Spending`] | counts what a writer's texts cost |
//! | [`Fallback`] | asks the next source where one has no answer |
//! | [`Divided`] | asks one property source about homes, another one about listings or sales |
//!
//! Layers nest as pairs, the outer one first, and one stack can be put around several ports of one provider, so that
//! they share its limit and its breaker:
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use dripr_adapters::layers::{CircuitBreaker, Layered, Timeout};
//! use dripr_core::{ports::{Allowance, Clock, MarketSource}, testkit::{ManualClock, samples}};
//!
//! # let rt = tokio::runtime::Builder::new_current_thread().build()?;
//! # rt.block_on(async {
//! let clock: Arc<dyn Clock> = Arc::new(ManualClock::at("2026-03-12T15:00:00Z".parse()?));
//! let layers = (
//!     CircuitBreaker::new("a source", clock.clone(), 5, Duration::from_secs(60)),
//!     Timeout::new("a source", clock, Duration::from_secs(10)),
//! );
//! let source: Arc<dyn MarketSource> = Arc::new(samples::Source);
//! let source: Arc<dyn MarketSource> = Arc::new(Layered::new(source, layers));
//! let day = "2026-03-12".parse()?;
//! assert!(source.statistics("98103".parse()?, day, &Allowance::unlimited()).await?.sales.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cache;
mod circuit_breaker;
mod divided;
mod fallback;
mod incoming;
mod layered;
mod meter;
mod rate_limit;
mod retry;
mod seen;
mod spending;
mod timeout;

pub use cache::Cache;
pub use circuit_breaker::CircuitBreaker;
pub use divided::Divided;
pub use fallback::Fallback;
pub use incoming::Incoming;
pub use layered::{Answer, Ask, Layer, Layered, Question};
pub use meter::{Counted, Meter, Metrics, Spent};
pub use rate_limit::RateLimit;
pub use retry::Retry;
pub use seen::Seen;
pub use spending::Spending;
pub use timeout::Timeout;
