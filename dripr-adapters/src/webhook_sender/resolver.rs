//! Names to addresses, of which only those that may be connected to are given: the judgement is about the very addresses
//! that are connected to, whatever a name says at another time.

use std::{error::Error, fmt, net::SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_public;

/// Resolves names as the system does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolver {
    /// Whether private addresses are given too.
    pub(super) private: bool,
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
        let private = self.private;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
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
