use super::{START, Stage, Store, at};
use crate::{
    campaign::Actor,
    email::{EmailAddress, OptIn, Suppression, SuppressionCause},
    ids::UserId,
    ports::AddressSuppression,
};

/// What was decided at one address and carried over to another, as a [`ContactStore`](crate::ports::ContactStore) must keep it.
pub(super) async fn what_was_carried_over<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    let store = stage.store;
    let scene = Scene { store, user: stage.new[0].contact.user_id.clone() };
    let (old, new) = (address("old@carried.example"), address("new@carried.example"));
    let carried = scene.suppression(&new, Some(&old));
    assert_eq!(scene.suppress(&carried).await, AddressSuppression::Anew);
    assert_eq!(scene.known(&new).await.as_ref(), Some(&carried), "it comes back as it was given");
    assert_eq!(scene.suppress(&carried).await, AddressSuppression::Known, "twice is once");
    assert_eq!(scene.known(&new).await.as_ref(), Some(&carried));

    let at_old = opt_in("OLD@carried.example");
    let less = OptIn { most: SuppressionCause::HardBounce, ..at_old.clone() };
    let before = OptIn { until: Some(at("2026-02-28T00:00:00Z")), ..at_old.clone() };
    for (nothing, why) in [
        (&opt_in("elsewhere@carried.example"), "an opt-in elsewhere is no proof for this address"),
        (&less, "what takes back no opt-out leaves it"),
        (&before, "an opt-in that is older than it leaves it"),
    ] {
        assert!(!scene.take_back(&new, nothing).await, "{why}");
        assert_eq!(scene.known(&new).await.as_ref(), Some(&carried), "{why}");
    }
    assert!(scene.take_back(&new, &at_old).await, "what was carried over is lifted with where it came from");
    assert!(!scene.take_back(&new, &at_old).await, "once");
    assert_eq!(scene.known(&new).await, None);
    let history = store.agent_history(&scene.user, None, None, 100).await.expect("a history");
    let lifted = history.iter().filter(|line| {
        line.entry.what == "suppression_lifted" && line.entry.at == at("2026-03-04T00:00:00Z")
    });
    assert_eq!(lifted.count(), 1, "the history tells it, and not what was left");

    // Whoever reads there decides it as well: it is not lifted from elsewhere any more.
    let own = scene.suppression(&new, None);
    for (first, second) in [(&carried, &own), (&own, &carried)] {
        scene.suppress(first).await;
        assert_eq!(scene.suppress(second).await, AddressSuppression::Known);
        assert_eq!(scene.known(&new).await.as_ref(), Some(&own), "what was decided there is its own");
        assert!(!scene.take_back(&new, &at_old).await, "what stands against an address stays");
        assert!(scene.take_back(&new, &opt_in(new.as_str())).await, "until it is taken back there");
    }
    // What is decided again stands since the last time, whatever is told late.
    let again = Suppression { since: at("2026-03-03T00:00:00Z"), ..own.clone() };
    let between = OptIn { until: Some(at("2026-03-02T00:00:00Z")), ..opt_in(new.as_str()) };
    for first in [&carried, &own] {
        scene.suppress(first).await;
        for told in [&again, &again, &own] {
            assert_eq!(scene.suppress(told).await, AddressSuppression::Known);
            assert_eq!(scene.known(&new).await.as_ref(), Some(&again), "since the last time");
        }
        assert!(!scene.take_back(&new, &between).await, "what was wanted before that is not the last word");
        assert!(scene.take_back(&new, &opt_in(new.as_str())).await);
    }
    // From two places it is nobody's to lift but its own.
    let complaint = Suppression {
        cause: SuppressionCause::Complaint,
        ..scene.suppression(&new, Some(&address("older@carried.example")))
    };
    scene.suppress(&carried).await;
    assert_eq!(scene.suppress(&complaint).await, AddressSuppression::MoreFinal);
    let joined = Suppression { carried_from: None, ..complaint };
    assert_eq!(scene.known(&new).await, Some(joined));
    assert!(scene.take_back(&new, &opt_in(new.as_str())).await);
    // A bounce is nothing that a recipient takes back.
    let bounce = Suppression { cause: SuppressionCause::HardBounce, ..own };
    scene.suppress(&bounce).await;
    assert!(!scene.take_back(&new, &opt_in(new.as_str())).await);
    scene.suppress(&carried).await;
    assert!(scene.take_back(&new, &at_old).await, "but nothing that anybody decided either");
}

struct Scene<'a, S: ?Sized> {
    store: &'a S,
    user: UserId,
}

impl<S: Store + ?Sized> Scene<'_, S> {
    fn suppression(&self, address: &EmailAddress, carried_from: Option<&EmailAddress>) -> Suppression {
        Suppression {
            user_id: self.user.clone(),
            address: address.clone(),
            cause: SuppressionCause::OptOut,
            since: at(START),
            carried_from: carried_from.cloned(),
        }
    }

    async fn suppress(&self, suppression: &Suppression) -> AddressSuppression {
        let why = "for a contract".to_owned();
        let became = self.store.suppress_because(suppression.clone(), Actor::Recipient, why).await;
        became.expect("suppressing")
    }

    async fn take_back(&self, address: &EmailAddress, opt_in: &OptIn) -> bool {
        let now = at("2026-03-04T00:00:00Z");
        let taken = self.store.take_back(&self.user, address, opt_in, Actor::Recipient, now).await;
        taken.expect("taking back")
    }

    async fn known(&self, address: &EmailAddress) -> Option<Suppression> {
        self.store.suppression(&self.user, address).await.expect("reading an opt-out")
    }
}

fn address(text: &str) -> EmailAddress {
    text.parse().expect("an address")
}

fn opt_in(text: &str) -> OptIn {
    OptIn { address: address(text), most: SuppressionCause::Complaint, until: None }
}
