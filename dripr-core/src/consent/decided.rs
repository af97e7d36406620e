//! What follows from what a recipient decided at one address, for that and for the one that their agent writes to by now.

use crate::{
    campaign::Actor,
    email::{EmailAddress, OptIn, Suppression, SuppressionCause},
    errors::PortResult,
    ids::UserId,
    person,
    ports::ContactStore,
    schedule::Instant,
};

/// Where and when a recipient decided something.
#[derive(Debug, Clone)]
pub(crate) struct Decided<'a> {
    /// Whose mail it is about.
    pub(crate) user: &'a UserId,
    /// The address at which it was decided: the email went there.
    pub(crate) address: &'a EmailAddress,
    /// Where the agent writes to the same contact by now.
    pub(crate) present: &'a EmailAddress,
    /// Who told it.
    pub(crate) actor: Actor,
    /// When it was decided.
    pub(crate) at: Instant,
}

impl Decided<'_> {
    /// No more mail: it counts there, and is carried over to the present address, since a person decided it.
    pub(crate) async fn opt_out<S>(&self, store: &S, cause: SuppressionCause) -> PortResult<()>
    where
        S: ContactStore + ?Sized,
    {
        for suppression in self.suppressions(cause) {
            store.suppress(suppression, self.actor.clone()).await?;
        }
        Ok(())
    }

    /// Mail again: it proves something of the address where it was decided, and takes back what was decided there, wherever that
    /// was carried over to. What `until` leaves is later than this.
    pub(crate) async fn opt_in<S>(
        &self,
        store: &S,
        most: SuppressionCause,
        until: Option<Instant>,
    ) -> PortResult<()>
    where
        S: ContactStore + ?Sized,
    {
        let opt_in = OptIn { address: self.address.clone(), most, until };
        for address in self.addresses() {
            store.take_back(self.user, address, &opt_in, self.actor.clone(), self.at).await?;
        }
        Ok(())
    }

    /// The address where it was decided and the present one, each once. What stands for an erased address is nobody's: the erasure
    /// stored the person's opt-out.
    fn addresses(&self) -> impl Iterator<Item = &EmailAddress> {
        let moved_to = (self.present.key() != self.address.key()).then_some(self.present);
        let all = std::iter::once(self.address).chain(moved_to);
        all.filter(|address| !person::stands_for_erased(address))
    }

    fn suppressions(&self, cause: SuppressionCause) -> Vec<Suppression> {
        let decided_at = Some(self.address).filter(|address| !person::stands_for_erased(address));
        let suppression = |address: &EmailAddress| Suppression {
            user_id: self.user.clone(),
            address: address.clone(),
            cause,
            since: self.at,
            carried_from: decided_at.filter(|decided_at| decided_at.key() != address.key()).cloned(),
        };
        self.addresses().map(suppression).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opt_out_is_carried_over_to_the_present_address_and_says_from_where() {
        let of = |address: &str, present: &str| {
            let user: UserId = "agent".parse().unwrap();
            let (address, present): (EmailAddress, EmailAddress) =
                (address.parse().unwrap(), present.parse().unwrap());
            let at: Instant = "2026-03-13T09:00:00Z".parse().unwrap();
            let decided =
                Decided { user: &user, address: &address, present: &present, actor: Actor::Recipient, at };
            let suppressions = decided.suppressions(SuppressionCause::OptOut).into_iter();
            let text = |address: EmailAddress| address.to_string();
            suppressions.map(|known| (text(known.address), known.carried_from.map(text))).collect::<Vec<_>>()
        };
        let (home, new) = ("kim@home.example".to_owned(), "kim@new.example".to_owned());
        assert_eq!(of(&home, "KIM@home.example"), [(home.clone(), None)], "one is not carried to itself");
        assert_eq!(of(&home, &new), [(home.clone(), None), (new.clone(), Some(home))]);
        let erased = person::erased_address("kim").unwrap().to_string();
        assert_eq!(of(&erased, &new), [(new, None)], "what stands for an erased address is nobody's");
    }
}
