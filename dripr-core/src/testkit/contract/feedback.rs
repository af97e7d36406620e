use super::{Stage, Store, at};
use crate::{
    campaign::{Action, Reply},
    feedback::{Bounce, BounceKind, Feedback, Happening},
    ids::{CampaignId, EmailId, FeedbackId, UserId},
    ports::FeedbackStore,
    safeguards::Complaints,
};

/// What every [`FeedbackStore`] must do.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn feedback_store<S: Store + FeedbackStore + ?Sized>(store: &S) {
    let stage = Stage::new(store, 2).await;
    stage.make_email(0).await;
    let dossier = stage.dossier(0).await;
    let (email, campaign) = (dossier.email.expect("an email").id, dossier.campaign.id);
    let other = stage.dossier(1).await.campaign.id;
    let piece = |id: &str, email_id: &EmailId, time: &str, what| Feedback {
        id: FeedbackId::new(id).expect("an id"),
        email_id: email_id.clone(),
        recipient: None,
        at: at(time),
        what,
    };
    let bounce = Bounce { kind: BounceKind::FullMailbox, detail: "4.2.2 \"over quota\"".to_owned() };
    let late = piece("late", &email, "2026-03-13T10:00:00.25Z", Happening::Bounced(bounce));
    let early = piece("early", &email, "2026-03-13T09:00:00Z", Happening::Delivered);
    let click =
        Happening::Clicked { link: "https://home.example/?a=1&b=2".to_owned(), user_agent: "M/5".to_owned() };
    let same_time = piece("click", &email, "2026-03-13T09:00:00Z", click);
    assert!(!store.knows_feedback(&late.id).await.expect("an answer"), "what never came is not known");
    for new in [&late, &early, &same_time] {
        assert!(store.keep_feedback(new.clone()).await.expect("keeping"), "what is new is kept");
        assert!(store.knows_feedback(&new.id).await.expect("an answer"), "what is kept is known");
    }
    let twice = Feedback { at: at("2026-03-20T00:00:00Z"), ..early.clone() };
    assert!(!store.keep_feedback(twice).await.expect("keeping"), "what came before is not kept again");
    let stranger = piece(
        "strange",
        &EmailId::new("unknown.1").expect("an id"),
        "2026-03-13T09:00:00Z",
        Happening::Complained,
    );
    assert!(
        !store.keep_feedback(stranger.clone()).await.expect("keeping"),
        "what is about no email is not kept"
    );
    assert!(!store.knows_feedback(&stranger.id).await.expect("an answer"), "what was not kept is not known");
    let of_email = async |email: &EmailId, after: Option<&Feedback>, limit| {
        let after = after.map(|last| (last.at, last.id.clone()));
        store.feedback_of(email, after, limit).await.expect("what came back of an email")
    };
    let all = [same_time.clone(), early.clone(), late.clone()];
    assert_eq!(of_email(&email, None, 10).await, all, "of one email it comes back in the same order");
    assert_eq!(of_email(&email, None, 2).await, all[..2], "as much as is asked for");
    assert_eq!(of_email(&email, Some(&same_time), 10).await, all[1..], "after a place, by id at one instant");
    assert_eq!(of_email(&email, Some(&early), 1).await, all[2..]);
    assert_eq!(of_email(&email, Some(&late), 10).await, [], "and nothing at the end");
    assert_eq!(of_email(&stranger.email_id, None, 10).await, [], "an unknown email has none");
    let kept = store.feedback(&campaign).await.expect("feedback");
    assert_eq!(
        kept,
        [same_time, early, late],
        "it comes back whole, in the order in which it happened, then by id"
    );
    assert!(store.feedback(&other).await.expect("feedback").is_empty(), "another campaign has none of it");

    // Complaints of the agent, each email once, and what was sent.
    let user = dossier.campaign.user_id;
    let complaints = async |since: &str| store.complaints(&user, at(since)).await.expect("counting");
    let none = Complaints::default();
    assert_eq!(complaints("2026-03-01T00:00:00Z").await, none, "nothing was sent, and nobody complained");
    for (id, time) in [("first", "2026-03-13T11:00:00Z"), ("second", "2026-03-14T11:00:00Z")] {
        let complaint = piece(id, &email, time, Happening::Complained);
        assert!(store.keep_feedback(complaint).await.expect("keeping"), "a complaint is kept");
    }
    let complained = Complaints { sent: 0, complained: 1 };
    assert_eq!(complaints("2026-03-13T11:00:00Z").await, complained, "an email is complained of once");
    assert_eq!(complaints("2026-03-14T11:00:01Z").await, none, "what was before does not count");
    stage.clock.set(at("2026-03-12T15:00:00Z"));
    stage.did(0, Action::Tick).await;
    let claimed = stage.did(0, Action::Claim { email_id: email.clone() }).await;
    assert!(matches!(claimed, Reply::Claimed(_)), "an email is claimed at its slot");
    stage.did(0, Action::Arrived { email_id: email.clone() }).await;
    let sent = Complaints { sent: 1, complained: 1 };
    assert_eq!(
        complaints("2026-03-12T15:00:00Z").await,
        sent,
        "an email that was sent counts by when it was to leave"
    );
    let stranger = UserId::new("nobody").expect("an id");
    let others = store.complaints(&stranger, at("2026-03-01T00:00:00Z")).await.expect("counting");
    assert_eq!(others, none, "one agent's complaints are not another's");

    stage.make_email(1).await;
    let another = stage.dossier(1).await.email.expect("an email").id;
    let its_own = piece("own", &another, "2026-03-13T09:00:00Z", Happening::Delivered);
    assert!(store.keep_feedback(its_own.clone()).await.expect("keeping"), "what is new is kept");
    assert_eq!(of_email(&another, None, 10).await, [its_own], "each email has its own");
    assert_eq!(of_email(&email, None, 10).await.len(), 5, "and none of another's");

    let unknown = CampaignId::new("unknown").expect("an id");
    assert!(store.feedback(&unknown).await.expect("feedback").is_empty(), "an unknown campaign has none");
}
