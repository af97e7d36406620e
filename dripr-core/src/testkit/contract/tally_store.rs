use super::{Stage, Store, at};
use crate::{
    campaign::{Action, Actor},
    email::{Suppression, SuppressionCause},
    feedback::{Bounce, BounceKind, Feedback, Happening},
    ids::FeedbackId,
    ports::{AtOnce, CameBack, FeedbackStore, TallyStore},
    safeguards::Complaints,
};

/// What every [`TallyStore`] must do: count what there is, and nothing twice.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn tally_store<S: Store + FeedbackStore + TallyStore + ?Sized>(store: &S) {
    let far = at("2026-12-31T00:00:00Z");
    let overdue = async |before, most| store.overdue(before, most).await.expect("counting");
    let complaints = async |since: &str| store.all_complaints(at(since)).await.expect("counting");
    let suppressed = async || store.count_suppressions().await.expect("counting");
    assert_eq!(overdue(far, 10).await, 0, "nothing is late where nothing is");
    assert_eq!(store.came_back().await.expect("counting"), CameBack::default(), "nothing came back");
    assert_eq!(complaints("2026-03-01T00:00:00Z").await, Complaints::default(), "nobody complained");
    assert_eq!(suppressed().await, [], "everybody is written to");

    let at_once = async |most| store.at_once(most).await.expect("counting");
    assert_eq!(at_once(10).await, AtOnce::default(), "nothing is to be looked at where nothing is");
    let stage = Stage::new(store, 3).await;
    // A slot on 12 March, prepared a day ahead.
    let deadline = stage.try_(0, Action::Tick).await.deadline.expect("a planned campaign has a deadline");
    assert_eq!(overdue(deadline, 10).await, 0, "a deadline that just came is not one that came before");
    assert_eq!(overdue(far, 10).await, 3, "those whose deadline came before are counted");
    assert_eq!(overdue(far, 2).await, 2, "to no more than asked for");
    stage.did(2, Action::Delete).await;
    assert_eq!(overdue(far, 10).await, 2, "a removed campaign is not late");
    assert_eq!(at_once(10).await, AtOnce::default(), "what was planned waits for its day");

    stage.make_email(0).await;
    stage.make_email(1).await;
    let mut emails = Vec::new();
    for n in 0..2 {
        emails.push(stage.dossier(n).await.email.expect("an email").id);
    }
    let bounce = |kind| {
        // What looks like the stored kind of another bounce.
        let detail = r#"5.1.1 "kind":"auto_reply" %_"#.to_owned();
        Happening::Bounced(Bounce { kind, detail })
    };
    for (id, email, time, what) in [
        ("1", 0, "2026-03-13T10:00:00Z", bounce(BounceKind::NoMailbox)),
        ("2", 0, "2026-03-13T11:00:00Z", bounce(BounceKind::FullMailbox)),
        ("3", 1, "2026-03-13T11:00:00Z", bounce(BounceKind::AutoReply)),
        ("4", 1, "2026-03-13T11:00:00Z", Happening::Delivered),
        ("5", 0, "2026-03-13T11:00:00Z", Happening::Complained),
        ("6", 0, "2026-03-14T11:00:00Z", Happening::Complained),
    ] {
        let (id, email_id) = (FeedbackId::new(id).expect("an id"), emails[email].clone());
        let feedback = Feedback { id, email_id, recipient: None, at: at(time), what };
        assert!(store.keep_feedback(feedback).await.expect("keeping"), "what is new is kept");
    }
    let came_back = store.came_back().await.expect("counting");
    assert_eq!(came_back, CameBack { bounced: 2, complained: 2 }, "automatic answers are no failures");
    let complained = Complaints { sent: 0, complained: 1 };
    assert_eq!(complaints("2026-03-13T11:00:00Z").await, complained, "an email is complained of once");
    assert_eq!(complaints("2026-03-14T11:00:01Z").await.complained, 0, "what was before does not count");
    stage.clock.set(at("2026-03-12T15:00:00Z"));
    for (n, email_id) in emails.into_iter().enumerate() {
        stage.did(n, Action::Tick).await;
        stage.did(n, Action::Claim { email_id: email_id.clone() }).await;
        stage.did(n, Action::Arrived { email_id }).await;
    }
    assert_eq!(complaints("2026-03-12T15:00:00Z").await.sent, 2, "what was sent counts, of all agents");
    assert_eq!(complaints("2026-03-12T15:00:01Z").await.sent, 0, "by when it was to leave");

    let user_id = stage.new[0].campaign.user_id.clone();
    for (n, cause) in [(0, SuppressionCause::HardBounce), (1, SuppressionCause::OptOut)] {
        let address = stage.new[n].contact.email.clone();
        let suppression =
            Suppression { user_id: user_id.clone(), address, cause, since: far, carried_from: None };
        store.suppress(suppression, Actor::Provider).await.expect("suppressing");
    }
    let both = [(SuppressionCause::HardBounce, 1), (SuppressionCause::OptOut, 1)];
    assert_eq!(suppressed().await, both, "addresses are counted by cause");
    // What is to be looked at at once is not late.
    assert_eq!(overdue(far, 10).await, 0, "a campaign that was just woken is not late");
    let first = Some(stage.id(0));
    assert_eq!(
        at_once(10).await,
        AtOnce { first: first.clone(), count: 2 },
        "those that were woken are counted"
    );
    assert_eq!(at_once(1).await, AtOnce { first, count: 1 }, "to no more than asked for");
    stage.did(0, Action::Tick).await;
    let rest = AtOnce { first: Some(stage.id(1)), count: 1 };
    assert_eq!(at_once(10).await, rest, "the first one changes when somebody looks");
}
