//! Accounts that somebody else keeps, such as a sign-in service, and what its news of them does to agents.
//!
//! | news | what follows |
//! |---|---|
//! | an account is as [`Account`] says, and there is no agent of its id | the agent is registered, and welcomed unless a partner manages them |
//! | the same, and there is one | their names, address and partner become those of the account, unless newer ones are known; a partner whom an operator named stays where the account has none |
//! | it is managed by a partner | the agent begins active, and becomes so if they had no subscription: the partner pays |
//! | it is banned | nothing of the agent's is sent until it is not; keys and webhooks that the agent made [end](crate::access::Retreat), and stay so when it is not any more |
//! | an account was removed | the agent is removed for good, and none is registered with that id any more |
//!
//! News comes at least once, late and in any order, so that it does not matter whether it says that an account is new: of two,
//! that with the later change counts.

mod take;

use crate::{email::EmailAddress, ids::UserId, schedule::Instant};

pub use take::{Taken, take};

/// What happened to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It is like this now.
    Changed(Account),
    /// It was removed.
    Removed {
        /// Whose it was.
        user_id: UserId,
        /// When.
        at: Instant,
    },
}

/// An account, as those who keep it have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id, which becomes the agent's.
    pub user_id: UserId,
    /// The address; there may be none yet.
    pub email: Option<EmailAddress>,
    /// First name; empty if unknown.
    pub first_name: String,
    /// Last name; empty if unknown.
    pub last_name: String,
    /// The partner who manages the agent, from where only the deployment's own servers can write.
    pub managed_client_id: Option<String>,
    /// Whether it is banned.
    pub banned: bool,
    /// When it was made.
    pub created_at: Instant,
    /// When it was changed last.
    pub changed_at: Instant,
}
