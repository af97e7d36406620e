//! Names to addresses, of which only those that may be connected to are given: the judgement is about the very addresses
//! that are connected to, whatever a name says at another time.

use std::{error::Error, fmt, net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::address::is_public;

/// How many names are looked up at once. Each holds one of the process's few hundred threads for as long as its name server takes,
/// whoever still waits for it; names are other people's, and so are their servers.
const AT_ONCE: usize = 64;

/// Resolves names as the system does.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    /// Whether private addresses are given too.
    private: bool,
    places: Arc<Semaphore>,
}

impl Resolver {
    /// One that gives private addresses too, or not.
    pub(super) fn new(private: bool) -> Self {
        Self { private, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

/// A name has no address that may be connected to.
#[derive(Debug)]
pub(super) struct Private;

impl fmt::Display for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads to a private network")
    }
}

impl Error for Private {}

impl Private {
    /// Whether an error is one for this reason.
    pub(super) fn is_behind(error: &(dyn Error + 'static)) -> bool {
        let mut error = Some(error);
        while let Some(this) = error {
            if this.is::<Self>() {
                return true;
            }
            error = this.source();
        }
        false
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (private, places) = (self.private, self.places.clone());
        Box::pin(async move {
            let place = places.acquire_owned().await?;
            // A task of its own: who waits may give up before the name server answers, and its place is taken until then.
            let looking = tokio::spawn(async move {
                let found = tokio::net::lookup_host((name.as_str(), 0)).await;
                let found = found.map(Iterator::collect::<Vec<SocketAddr>>);
                drop(place);
                found
            });
            let found = looking.await??;
            let some = !found.is_empty();
            let may: Vec<SocketAddr> =
                found.into_iter().filter(|address| private || is_public(address.ip())).collect();
            if some && may.is_empty() {
                return Err(Private.into());
            }
            Ok(Box::new(may.into_iter()) as Addrs)
        })
    }
}
