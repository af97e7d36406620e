//! Counting calls, and giving each a span.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dripr_core::{
    content::Usage,
    errors::{Fault, PortResult},
    ports::Clock,
};
use futures_util::future::BoxFuture;
use tracing::{Instrument, field::Empty};

use super::{Answer, Ask, Incoming, Layer, Question};

/// What was counted, of all providers of a process. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    counted: Arc<Mutex<BTreeMap<(&'static str, &'static str), Counted>>>,
    spent: Arc<Mutex<BTreeMap<&'static str, Spent>>>,
    told: Arc<Mutex<BTreeMap<&'static str, u64>>>,
    incoming: Incoming,
}

/// What the texts of one model cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Millionths of a dollar, of those texts whose price is known; none if no price is.
    pub microdollars: Option<u64>,
}

/// What was counted of one operation of one provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Questions, however they were answered.
    pub calls: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those that the provider throttled.
    pub throttled: u64,
    /// How long they took in all.
    pub took: Duration,
}

impl Metrics {
    /// What was counted so far, by provider and operation.
    #[must_use]
    pub fn counted(&self) -> Vec<(&'static str, &'static str, Counted)> {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.iter().map(|((provider, operation), counted)| (*provider, *operation, *counted)).collect()
    }

    /// What texts cost so far, by provider.
    #[must_use]
    pub fn spending(&self) -> Vec<(&'static str, Spent)> {
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.iter().map(|(provider, spent)| (*provider, *spent)).collect()
    }

    /// The webhooks that came in.
    #[must_use]
    pub const fn incoming(&self) -> &Incoming {
        &self.incoming
    }

    /// A call ended: whether it failed, whether the provider throttled it, and how long it took.
    pub(super) fn ended(
        &self,
        provider: &'static str,
        operation: &'static str,
        (failed, throttled): (bool, bool),
        took: Duration,
    ) {
        let mut all = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = all.entry((provider, operation)).or_default();
        counted.calls += 1;
        counted.failed += u64::from(failed);
        counted.throttled += u64::from(throttled);
        counted.took += took;
    }

    /// A webhook was tried, and this came of it.
    pub fn told(&self, outcome: &'static str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        *told.entry(outcome).or_default() += 1;
    }

    /// How often webhooks were tried, by what came of it.
    #[must_use]
    pub fn tries_to_tell(&self) -> Vec<(&'static str, u64)> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.iter().map(|(outcome, count)| (*outcome, *count)).collect()
    }

    /// A text cost something.
    pub(super) fn spent(&self, provider: &'static str, usage: Usage) {
        let mut all = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let spent = all.entry(provider).or_default();
        spent.input_tokens = spent.input_tokens.saturating_add(usage.input_tokens);
        spent.output_tokens = spent.output_tokens.saturating_add(usage.output_tokens);
        if let Some(cost) = usage.microdollars {
            spent.microdollars = Some(spent.microdollars.unwrap_or_default().saturating_add(cost));
        }
    }
}

/// Counts the calls to a provider, how they ended and how long they took. What was never asked, because our own pace or
/// budget forbade it, is not counted. Each call is a span `provider` with `provider`, `operation` and `outcome`, and nothing of
/// what is asked.
pub struct Meter {
    provider: &'static str,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
}

impl Meter {
    /// Counts for a provider.
    pub fn new(provider: &'static str, clock: Arc<dyn Clock>, metrics: Metrics) -> Self {
        Self { provider, clock, metrics }
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").field("provider", &self.provider).finish_non_exhaustive()
    }
}

impl Layer for Meter {
    fn around<'a, T: Answer>(
        &'a self,
        question: &'a Question<'a>,
        ask: Ask<'a, T>,
    ) -> BoxFuture<'a, PortResult<T>> {
        Box::pin(async move {
            let began = self.clock.now();
            let span = span(self.provider, question.operation);
            let answer = ask().instrument(span.clone()).await;
            span.record("outcome", answer.as_ref().map_or_else(|error| word(error.fault()), |_| OK));
            let took = self.clock.now().signed_duration_since(began).to_std().unwrap_or_default();
            let fault = answer.as_ref().err().map(dripr_core::errors::PortError::fault);
            if !matches!(fault, Some(Fault::NotYet | Fault::NotAllowed)) {
                // Not to know a thing is an answer.
                let failed = fault.is_some_and(|fault| fault != Fault::NotFound);
                let throttled = fault == Some(Fault::Throttled);
                self.metrics.ended(self.provider, question.operation, (failed, throttled), took);
            }
            answer
        })
    }
}

/// How a call that was answered ended.
pub(super) const OK: &str = "ok";

/// The span of a call to a provider, whose `outcome` is told at its end.
pub(super) fn span(provider: &'static str, operation: &'static str) -> tracing::Span {
    tracing::info_span!("provider", provider, operation, outcome = Empty)
}

/// How a call ended that failed.
const fn word(fault: Fault) -> &'static str {
    match fault {
        Fault::Unavailable => "unavailable",
        Fault::Throttled => "throttled",
        Fault::NotYet => "not_yet",
        Fault::NotAllowed => "not_allowed",
        Fault::Garbled => "garbled",
        Fault::NotFound => "not_found",
        Fault::Invalid => "invalid",
        Fault::Misconfigured => "misconfigured",
        Fault::Corrupt => "corrupt",
    }
}
