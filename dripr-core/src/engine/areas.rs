//! What an area shares for a day is fetched once: in this process by joining the fetch that is under way, across
//! processes by a lease in the store.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, WeakShared},
};

use super::{
    Engine,
    spending::{Callee, Spending},
};
use crate::{
    campaign::Operation,
    content::{AreaContent, AreaKey},
    errors::{Fault, PortError, PortResult},
    policy::after,
    ports::Begun,
    schedule::Instant,
};

use super::handlers::Work;

/// How much finished content is kept at hand.
const AT_HAND: usize = 4_096;

/// A call to a source of shared content.
pub(super) type Fetching = BoxFuture<'static, PortResult<AreaContent>>;

/// A fetch lives as long as somebody waits for it: one that nobody does keeps no engine alive.
type Fetch = WeakShared<BoxFuture<'static, Obtained>>;

/// The fetches under way, and what was fetched lately.
#[derive(Default)]
pub(super) struct Areas {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    under_way: HashMap<AreaKey, Fetch>,
    at_hand: HashMap<AreaKey, Arc<AreaContent>>,
}

/// What became of asking for shared content.
#[derive(Clone)]
pub(super) enum Obtained {
    /// Here it is.
    Content(Arc<AreaContent>),
    /// Another process is fetching it.
    Busy(Instant),
    /// It could not be had.
    Failed(Arc<PortError>),
}

impl Areas {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        // A panic elsewhere leaves the maps whole: each change is one insert or remove.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn at_hand(&self, key: &AreaKey) -> Option<Arc<AreaContent>> {
        self.lock().at_hand.get(key).cloned()
    }

    pub(super) fn keep(&self, key: &AreaKey, content: &Arc<AreaContent>) {
        let mut inner = self.lock();
        if inner.at_hand.len() >= AT_HAND {
            // Yesterday's content is never asked for again under its key.
            inner.at_hand.retain(|known, _| known.day == key.day);
            if inner.at_hand.len() >= AT_HAND {
                inner.at_hand.clear();
            }
        }
        inner.at_hand.insert(key.clone(), content.clone());
    }
}

impl Engine {
    /// Shared content: at hand, in the store, or fetched by `fetch` on behalf of one campaign.
    pub(super) async fn obtain<F>(
        self: &Arc<Self>,
        work: &Work,
        operation: Operation,
        callee: Callee,
        key: AreaKey,
        fetch: F,
    ) -> Obtained
    where
        F: FnOnce(Arc<Spending>) -> Fetching,
    {
        let shared = {
            let mut inner = self.areas.lock();
            if let Some(content) = inner.at_hand.get(&key) {
                return Obtained::Content(content.clone());
            }
            match inner.under_way.get(&key).and_then(Fetch::upgrade) {
                Some(shared) => shared,
                None => {
                    let (engine, key_) = (self.clone(), key.clone());
                    let spending = Spending::new(self, work, operation, callee);
                    let fetching = fetch(spending.clone());
                    let shared = async move { engine.fetch(spending, key_, fetching).await }.boxed().shared();
                    inner.under_way.extend(shared.downgrade().map(|weak| (key.clone(), weak)));
                    shared
                }
            }
        };
        let mine = shared.clone();
        let obtained = shared.await;
        let mut inner = self.areas.lock();
        let known = inner.under_way.get(&key).and_then(Fetch::upgrade);
        if known.is_none_or(|known| known.ptr_eq(&mine)) {
            inner.under_way.remove(&key);
        }
        obtained
    }

    async fn fetch(self: Arc<Self>, spending: Arc<Spending>, key: AreaKey, fetching: Fetching) -> Obtained {
        let now = self.ports.clock.now();
        let until = after(now, self.policy().operation_lease);
        let fence = match self.ports.areas.begin(&key, now, until).await {
            Ok(Begun::Stored(content)) => {
                self.areas.keep(&key, &content);
                return Obtained::Content(content);
            }
            Ok(Begun::Busy { until }) => return Obtained::Busy(until),
            Ok(Begun::Yours { fence }) => fence,
            Err(error) => return Obtained::Failed(Arc::new(error)),
        };
        match fetching.await {
            Ok(content) if content.kind() == key.kind => {
                let content = Arc::new(content);
                match self.ports.areas.finish(&key, fence, content.clone()).await {
                    Ok(true) => {
                        self.areas.keep(&key, &content);
                        Obtained::Content(content)
                    }
                    // Somebody else was faster after our lease ran out; theirs counts.
                    Ok(false) => Obtained::Busy(self.ports.clock.now()),
                    Err(error) => Obtained::Failed(Arc::new(error)),
                }
            }
            Ok(_) => {
                self.abandon(&key, fence).await;
                let error =
                    PortError::new(Fault::Garbled, "the source answered with another kind of content");
                Obtained::Failed(Arc::new(error))
            }
            Err(error) => {
                self.abandon(&key, fence).await;
                if spending.unwanted() {
                    // This campaign does not want it any more, or a twin of its delivery is at it: others still may.
                    return Obtained::Busy(self.ports.clock.now());
                }
                Obtained::Failed(Arc::new(error))
            }
        }
    }

    async fn abandon(&self, key: &AreaKey, fence: u64) {
        if let Err(error) = self.ports.areas.abandon(key, fence).await {
            // Its lease runs out by itself.
            tracing::warn!(%error, "a lease on shared content could not be given back");
        }
    }
}
