//! What ends when an agent loses a role, goes to another brokerage or team, is banned or is removed.

use super::{Caller, Reach};
use crate::agent::Agent;

/// That an agent reaches less than before, or left those who reached them. A key and a webhook last no longer than the right by
/// which they were made, and a ban leaves none: what the agent made beyond what is left to them ends ([`ApiKey::outlived`](super::ApiKey::outlived),
/// [`Endpoint::outlived`](crate::webhooks::Endpoint::outlived)), and so does what was made for this agent alone by those whom they
/// left, or for one who is gone ([`ApiKey::left_behind`](super::ApiKey::left_behind),
/// [`Endpoint::left_behind`](crate::webhooks::Endpoint::left_behind)).
#[derive(Debug, Clone, PartialEq)]
pub struct Retreat {
    /// Who, as they are now.
    pub agent: Agent,
    /// How they sign in from now on; `None` for one who was removed or is banned.
    pub left: Option<Caller>,
    /// Whether they are not of the brokerage any more of which they were.
    pub moved: bool,
}

impl Retreat {
    /// That of an agent who was otherwise before; `None` if they reach and may do all that they did, in the brokerage and the
    /// team of before. A ban that is lifted is none, and gives nothing back.
    ///
    /// ```
    /// use dripr_core::{access::{Membership, Retreat, Role}, testkit::samples};
    /// let mut admin = samples::agent("amy", "2026-03-01T12:00:00Z".parse()?)?;
    /// admin.membership = Membership { brokerage: Some("north".parse()?), team: None, role: Role::Admin };
    /// let mut agent = admin.clone();
    /// agent.membership.role = Role::Agent;
    /// assert_eq!(Retreat::of(&agent, &admin), None);
    /// assert!(Retreat::of(&admin, &agent).is_some_and(|retreat| !retreat.moved));
    /// let mut of_a_team = agent.clone();
    /// of_a_team.membership.team = Some("blue".parse()?);
    /// assert_eq!(Retreat::of(&agent, &of_a_team), None);
    /// assert!(Retreat::of(&of_a_team, &agent).is_some_and(|retreat| !retreat.moved));
    /// let mut banned = agent.clone();
    /// banned.banned = true;
    /// assert!(Retreat::of(&agent, &banned).is_some_and(|retreat| retreat.left.is_none()));
    /// assert_eq!(Retreat::of(&banned, &agent), None);
    /// # Ok::<(), samples::Unusable>(())
    /// ```
    #[must_use]
    pub fn of(before: &Agent, now: &Agent) -> Option<Self> {
        let removed = now.deleted_at.is_some();
        if removed && before.deleted_at.is_some() {
            return None;
        }
        let (then, left) = (Caller::signed_in(before), Caller::signed_in(now));
        let keeps_all = left.reach.contains(&then.reach, Some(now)) && left.scopes.cover(then.scopes);
        let moved = now.membership.left(&before.membership);
        let changed_team = now.membership.left_team(&before.membership);
        let is_new_ban = now.banned && !before.banned;
        (removed || is_new_ban || moved || changed_team || !keeps_all).then(|| Self {
            agent: now.clone(),
            left: (!removed && !now.banned).then_some(left),
            moved,
        })
    }

    /// Whether nothing is left to the agent because they are banned, and not because they are gone.
    #[must_use]
    pub const fn is_by_ban(&self) -> bool {
        self.agent.banned && self.agent.deleted_at.is_none()
    }

    /// Whether what reaches this agent alone is beyond those who made it, who reached as far as `owner`, if that was noted: the
    /// agent left them. What who runs the deployment made is never left.
    #[must_use]
    pub fn leaves(&self, owner: Option<&Reach>) -> bool {
        let alone = Reach::Agent(self.agent.id.clone());
        owner.is_some_and(|owner| {
            let is_operators = *owner == Reach::Deployment;
            (self.moved && !is_operators) || !owner.contains(&alone, Some(&self.agent))
        })
    }
}
