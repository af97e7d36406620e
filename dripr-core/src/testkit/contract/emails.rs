use super::{Stage, Store, at};
use crate::{
    campaign::{Action, Actor, AuditEntry, CampaignStatus, Refusal, Reply},
    email::{ContentHash, DeliveryStatus},
    ids::EmailId,
    ports::{EmailFilter, LookUp, SendOutcome},
};

/// What every [`EmailStore`](crate::ports::EmailStore) must do, and the send protocol over its campaign store.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn email_store<S: Store + ?Sized>(store: &S) {
    let stage = Stage::new(store, 2).await;
    let message = stage.make_email(0).await;
    let email = stage.dossier(0).await.email.expect("the campaign's email is read with it");
    assert_eq!(email.content_hash, ContentHash::of(&message), "the stored hash is that of the message");
    let unknown = EmailId::new("unknown").expect("an id");
    let messages = store.messages(&[unknown.clone(), email.id.clone()]).await.expect("messages");
    assert!(messages[0].is_none(), "the text of an unknown email is None");
    assert_eq!(messages[1].as_deref(), Some(&*message), "a message comes back byte for byte");
    assert!(store.email(&unknown).await.expect("an email").is_none(), "an unknown email is None");

    let early = stage.try_(0, Action::Claim { email_id: email.id.clone() }).await;
    assert!(early.result.is_err(), "an email is not claimed before its slot");
    stage.clock.set(at("2026-03-12T15:00:00Z"));
    stage.did(0, Action::Tick).await;
    assert_eq!(
        stage.dossier(0).await.campaign.status,
        CampaignStatus::ReadyToSendEmail,
        "the slot releases the email"
    );
    let claim = || Action::Claim { email_id: email.id.clone() };
    let executions = stage.execute(vec![stage.command(0, claim()), stage.command(0, claim())]).await;
    let Ok(Reply::Claimed(attempt)) = &executions[0].result else {
        panic!("the first claim succeeds, not {:?}", executions[0].result)
    };
    assert!(
        matches!(executions[1].result, Err(Refusal::EmailState { .. })),
        "of two claims one succeeds; the other got {:?}",
        executions[1].result
    );
    let record = |fence, outcome| Action::Record { attempt_id: attempt.id.clone(), fence, outcome };
    let accepted = SendOutcome::Accepted { provider_message_id: Some("p".to_owned()) };
    let stale = stage.try_(0, record(attempt.fence + 1, accepted.clone())).await;
    assert!(
        matches!(stale.result, Err(Refusal::StaleFence { .. })),
        "an outcome with another fence changes nothing"
    );
    stage.did(0, record(attempt.fence, SendOutcome::Unknown { reason: "timeout".to_owned() })).await;
    stage.clock.set(at("2026-03-13T16:00:00Z"));
    let look_up =
        Action::LookedUp { attempt_id: attempt.id.clone(), fence: attempt.fence, answer: LookUp::CannotTell };
    stage.did(0, look_up).await;
    let held = store.email(&email.id).await.expect("an email").expect("the email");
    assert_eq!(held.delivery_status, DeliveryStatus::Held, "what nobody can tell for a day is held");
    let campaign = stage.dossier(0).await.campaign;
    assert_eq!(campaign.status, CampaignStatus::Dormant, "a held email ends the cycle");
    assert_eq!(campaign.last_sent_email_datetime, Some(attempt.started_at), "a held email counts as sent");

    let audit = AuditEntry {
        at: at("2026-03-14T16:00:00Z"),
        actor: Actor::Operator,
        what: "marked_sent".to_owned(),
        cycle: None,
        email_id: Some(email.id.clone()),
        cause: None,
        contact_id: None,
    };
    let resolve = || store.resolve_held(&email.id, DeliveryStatus::Complete, audit.clone());
    assert!(resolve().await.expect("resolving"), "a held email can be marked sent");
    assert!(!resolve().await.expect("resolving"), "an email that is not held any more stays as it is");
    let filter = EmailFilter { delivery_status: Some(DeliveryStatus::Complete), ..EmailFilter::default() };
    let complete = store.emails(&filter, None, 10).await.expect("emails");
    assert_eq!(complete.len(), 1, "the filter by delivery status is obeyed");
    let counts = crate::ports::EmailStore::count_by_status(store).await.expect("counts");
    assert_eq!(counts, [(DeliveryStatus::Complete, 1)], "emails are counted by delivery status");
}
