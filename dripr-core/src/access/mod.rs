//! Who may do what: callers, how far each reaches, what each may do there, and the keys by which programs come.
//!
//! A [`Caller`] is known by how far they [`Reach`] and by their [`Scopes`]. Whether somebody exists whom a caller does not
//! reach is not for them to learn: what is out of reach is answered as what does not exist.

mod api_key;
mod caller;
mod deed;
mod keeping;
mod kept_reply;
mod membership;
mod retreat;
mod scope;

pub use api_key::{ApiKey, MintedKey, NewApiKey, RevokedBecause, UnusableKey};
pub use caller::{Caller, Reach};
pub use deed::Deed;
pub use keeping::MOST_KEYS_OF_AN_AGENT;
pub use kept_reply::{KEPT_HOURS, KeptReply, Repetition, UNDER_WAY_SECONDS};
pub use membership::{Membership, Role};
pub use retreat::Retreat;
pub use scope::{Scope, Scopes, UnknownScope};
