//! Who keeps keys and webhooks, and which.

use super::{Caller, Reach, Scope};
use crate::campaign::Actor;

/// How many keys there may be of one agent's own, those that were taken back aside; a few more if several are made at the same moment.
pub const MOST_KEYS_OF_AN_AGENT: usize = 50;

impl Caller {
    /// As whom somebody keeps keys and webhooks: sees those, makes them and takes them away, that reach no farther than this, and
    /// makes keys that may do no more than this. Whoever has the scope `admin` is that themselves. An agent who signed in and may
    /// change things is so for themself alone, however far they reach. `None` for all others: a key without that scope, which is
    /// a program's and makes no programs, and whoever was let in as somebody else, who may only look.
    ///
    /// ```
    /// use dripr_core::{access::{Caller, Membership, Reach, Role, Scope}, testkit::samples};
    /// let mut lead = samples::agent("amy", "2026-03-01T12:00:00Z".parse()?)?;
    /// let place = Membership { brokerage: Some("north".parse()?), team: Some("blue".parse()?), role: Role::TeamLead };
    /// lead.membership = place;
    /// let keeper = Caller::signed_in(&lead).keeper().unwrap();
    /// assert_eq!(keeper.reach, Reach::Agent(lead.id.clone()));
    /// assert!(keeper.scopes.has(Scope::Approve) && !keeper.scopes.has(Scope::Admin));
    /// lead.membership.role = Role::Admin;
    /// assert_eq!(Caller::signed_in(&lead).keeper(), Some(Caller::signed_in(&lead)));
    /// # Ok::<(), samples::Unusable>(())
    /// ```
    #[must_use]
    pub fn keeper(&self) -> Option<Self> {
        if self.scopes.has(Scope::Admin) {
            return Some(self.clone());
        }
        let Actor::User(id) = &self.actor else { return None };
        self.scopes.has(Scope::Write).then(|| Self { reach: Reach::Agent(id.clone()), ..self.clone() })
    }
}
