//! What keeps a deployment from doing harm, whatever is asked of it.
//!
//! - [`ToAllowedOnly`]: until a deployment is declared production, its mail reaches nobody but those on a list.
//! - [`complaints`]: all sending of an agent stops when too many recipients report it as spam.
//! - [`WhileHeard`]: sending stops when it can no longer be told what becomes of emails; [`Refusals`] are part of how that is known.

mod allow_list;
mod channel;
pub mod complaints;
mod refusals;
mod while_heard;

pub use allow_list::{AllowList, Allowed, InvalidAllowed, ToAllowedOnly};
pub use channel::{Channel, excused, heard};
pub use complaints::Complaints;
pub use refusals::Refusals;
pub use while_heard::WhileHeard;
