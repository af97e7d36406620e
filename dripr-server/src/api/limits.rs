//! How many calls there may be: of each key or agent who is signed in, and of each address whose sign-ins fail.
//!
//! Counted in the memory of this process, by the bucket that providers are asked by: a minute's calls may come at once, and
//! then as they come in. Whoever signs in rightly is answered wherever they come from: behind a proxy all come from one address,
//! and somebody's guessing must not shut out the others.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::{Extensions, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use dripr_adapters::token_bucket::{Rate, TokenBuckets};
use dripr_core::{
    access::ApiKey,
    campaign::Actor,
    errors::PortResult,
    ids::UserId,
    ports::{Permit, RateLimiter},
    schedule::Instant,
};

use super::{
    Api,
    caller::{Asking, token},
    problem::Problem,
};

/// What is left of a limit, and the limit
/// (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>).
pub(super) const LEFT: HeaderName = HeaderName::from_static("ratelimit");
pub(super) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

const MINUTE: Duration = Duration::from_secs(60);
/// Sign-ins of one address that may fail in a minute.
const FAILED_SIGN_INS: u32 = 30;
/// Addresses share so many counts, so that nobody fills the memory with their number.
const COUNTS: u64 = 4096;

/// Test copies that an agent may get in an hour: they are mail, whoever asks for them.
const TEST_COPIES: u32 = 20;
const HOUR: Duration = Duration::from_secs(3600);

/// How many calls there may be.
pub(super) struct Limits {
    requests: Option<Limit>,
    test_copies: TokenBuckets,
    failed_sign_ins: Option<Limit>,
}

struct Limit {
    name: &'static str,
    calls: u32,
    buckets: TokenBuckets,
}

/// A call within a limit, or one too many.
struct Taken {
    /// Until when there is no other one.
    until: Option<Instant>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Limits {
    /// So many requests a minute. If it is none, nothing is counted, failed sign-ins neither.
    pub(super) fn new(requests_per_minute: u32) -> Self {
        let requests = (requests_per_minute > 0).then(|| Limit::new("requests", requests_per_minute));
        let failed_sign_ins = requests.is_some().then(|| Limit::new("failed-sign-ins", FAILED_SIGN_INS));
        let test_copies = TokenBuckets::new([]).with_each("", Rate { calls: TEST_COPIES, period: HOUR });
        Self { requests, test_copies, failed_sign_ins }
    }

    /// Counts a test copy to an agent, unless it is one too many.
    pub(super) async fn test_copy(&self, agent: &UserId, now: Instant) -> Result<(), Problem> {
        match self.test_copies.take(agent.as_str(), 1, now).await? {
            Permit::Granted => Ok(()),
            Permit::Exhausted { retry_at } => {
                let detail =
                    format!("an agent gets {TEST_COPIES} test copies an hour; the next one from {retry_at}");
                let seconds = retry_at.signed_duration_since(now).num_seconds().max(1).unsigned_abs();
                Err(Problem::too_many(detail, vec![(header::RETRY_AFTER, HeaderValue::from(seconds))]))
            }
        }
    }
}

/// Guesses at the secret of a webhook, counted by the address that they come from, as failed sign-ins are.
#[cfg(feature = "postmark")]
pub(crate) struct Guesses(Limit);

#[cfg(feature = "postmark")]
impl Guesses {
    /// As many as sign-ins may fail. If no requests are counted, neither are these: there is none then.
    pub(crate) fn new(requests_per_minute: u32) -> Option<Self> {
        (requests_per_minute > 0).then(|| Self(Limit::new("guesses", FAILED_SIGN_INS)))
    }

    /// Counts a wrong one. When the next one may come, as a header says it, if it is one too many.
    pub(crate) async fn one_too_many(&self, extensions: &Extensions, now: Instant) -> Option<HeaderValue> {
        let taken = self.0.take(&address(extensions), now).await.ok()?;
        taken.until?;
        taken.headers.into_iter().find(|(name, _)| *name == header::RETRY_AFTER).map(|(_, value)| value)
    }
}

impl Limit {
    fn new(name: &'static str, calls: u32) -> Self {
        let buckets = TokenBuckets::new([]).with_each("", Rate { calls, period: MINUTE });
        Self { name, calls, buckets }
    }

    async fn take(&self, who: &str, now: Instant) -> PortResult<Taken> {
        let until = match self.buckets.take(who, 1, now).await? {
            Permit::Granted => None,
            Permit::Exhausted { retry_at } => Some(retry_at),
        };
        let left = self.buckets.left(who, now).unwrap_or(self.calls);
        let (name, calls) = (self.name, self.calls);
        // Until all are there again.
        let seconds = (u64::from(calls - left.min(calls)) * MINUTE.as_secs()).div_ceil(u64::from(calls));
        let mut headers = Vec::new();
        let texts = [
            (POLICY, format!("\"{name}\";q={calls};w={}", MINUTE.as_secs())),
            (LEFT, format!("\"{name}\";r={left};t={seconds}")),
        ];
        for (header, text) in texts {
            headers.extend(HeaderValue::try_from(text).ok().map(|value| (header, value)));
        }
        if let Some(until) = until {
            let pause = until.signed_duration_since(now).num_milliseconds().max(1);
            headers.push((header::RETRY_AFTER, HeaderValue::from(pause.unsigned_abs().div_ceil(1000))));
        }
        Ok(Taken { until, headers })
    }
}

/// Answers calls as long as there are not too many.
pub(super) async fn within(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    match counted(&api, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn counted(api: &Arc<Api>, request: Request, next: Next) -> Result<Response, Problem> {
    let now = api.bench.clock.now();
    let (mut parts, body) = request.into_parts();
    let asking = match Asking::from_request_parts(&mut parts, api).await {
        Ok(asking) => asking,
        Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => {
            let Some(limit) = &api.limits.failed_sign_ins else { return Err(problem) };
            let taken = limit.take(&address(&parts.extensions), now).await?;
            let detail = "too many sign-ins from your address failed";
            return Err(if taken.until.is_none() {
                problem
            } else {
                Problem::too_many(detail, taken.headers)
            });
        }
        Err(problem) => return Err(problem),
    };
    let taken = match &api.limits.requests {
        None => None,
        Some(limit) => {
            let key = token(&parts.headers).and_then(ApiKey::parts);
            let who = match (key, &asking.0.actor) {
                (Some((id, _)), _) => format!("key {id}"),
                (None, Actor::User(id)) => format!("agent {id}"),
                (None, _) => "others".to_owned(),
            };
            let taken = limit.take(&who, now).await?;
            if let Some(until) = taken.until {
                let detail = format!("{} requests a minute are used up until {until}", limit.calls);
                return Err(Problem::too_many(detail, taken.headers));
            }
            Some(taken)
        }
    };
    // Nobody is looked up twice.
    parts.extensions.insert(asking);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    response.headers_mut().extend(taken.into_iter().flat_map(|taken| taken.headers));
    Ok(response)
}

/// The count of the address that a request came from: of an IPv6 address, its network counts, which one customer has whole.
fn address(extensions: &Extensions) -> String {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    let network = peer.map(|peer| match peer {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        IpAddr::V6(address) => u64::try_from(address.to_bits() >> 64).unwrap_or_default(),
    });
    let mut hash = DefaultHasher::new();
    network.hash(&mut hash);
    (hash.finish() % COUNTS).to_string()
}
