use super::{START, Stage, Store, at, message};
use crate::{
    access::{Membership, Reach, Role},
    campaign::{Action, Actor, AuditEntry, CampaignStatus, Refusal, Reply},
    email::{ContentHash, DeliveryStatus, Email},
    ids::{BrokerageId, EmailId, TeamId},
    ports::{AgentStore, EmailFilter, EmailOrder, EmailPlace, EmailSearch, LookUp, SendOutcome},
    testkit::samples,
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
    emails_are_found_by_their_ids(store, &email, &unknown).await;

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
    emails_are_found_within_a_reach(&stage).await;
}

/// In the order asked for, as often as each is asked for.
async fn emails_are_found_by_their_ids<S: Store + ?Sized>(store: &S, known: &Email, unknown: &EmailId) {
    let (email, none) = (Some(known.clone()), None);
    let asked = [&known.id, unknown, &known.id].map(Clone::clone);
    let found = store.emails_by_ids(&asked).await.expect("emails by their ids");
    assert_eq!(found, [email.clone(), none, email], "each is found by its id, in the order asked for");
    assert!(store.emails_by_ids(&[]).await.expect("no emails").is_empty(), "who asks for none gets none");
}

/// An order, from a place on.
type After = fn(Option<EmailPlace>) -> EmailOrder;

fn by_id(after: Option<EmailPlace>) -> EmailOrder {
    EmailOrder::Id(after.map(|place| place.id))
}

/// After the first campaign's email was sent.
async fn emails_are_found_within_a_reach<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    let store = stage.store;
    let (house, team) = (BrokerageId::new("house").expect("an id"), TeamId::new("blue").expect("an id"));
    let mut colleague = samples::agent("colleague", at(START)).expect("a sample agent");
    colleague.membership =
        Membership { brokerage: Some(house.clone()), team: Some(team.clone()), role: Role::Agent };
    let event = samples::user_created(&colleague);
    assert!(store.register(colleague.clone(), event, Actor::Operator).await.expect("registering"));
    let new = samples::campaign(&colleague, 7, "98103", 12, at(START)).expect("a sample campaign");
    store.enrol(vec![new.clone()]).await.expect("enrolling");
    stage.clock.set(at(START));
    let other = Stage { store, clock: stage.clock.clone(), desk: stage.desk.clone(), new: vec![new] };
    other.did(0, Action::Tick).await;
    // Three at the same instant, one of which is made again later.
    other.make_email(0).await;
    stage.make_email(1).await;
    stage.clock.set(at("2026-03-11T16:00:00Z"));
    stage.did(1, Action::EditIntro { of: None, text: Some("Hello.".to_owned()) }).await;
    let agent = stage.dossier(1).await.agent;
    let again = samples::commercial(message(&stage.new[1].contact.email), &agent);
    let cycle = stage.cycle(1).await;
    stage.did(1, Action::CreateEmail { cycle, message: again }).await;

    let search = async |within: &Reach, search: &EmailSearch, limit: usize| {
        store.emails_within(within, search, limit).await.expect("emails within a reach")
    };
    let ids = |emails: &[Email]| emails.iter().map(|email| email.id.to_string()).collect::<Vec<_>>();
    let [everybody, own] = [Reach::Deployment, Reach::Agent(agent.id.clone())];
    let place = |email: &Email| EmailPlace { created_at: email.created_at, id: email.id.clone() };
    let orders: [(After, [&str; 4]); 3] = [
        (by_id, ["agent-1.1", "agent-2.1", "agent-2.2", "colleague-7.1"]),
        (EmailOrder::OldestFirst, ["agent-1.1", "agent-2.1", "colleague-7.1", "agent-2.2"]),
        (EmailOrder::NewestFirst, ["agent-2.2", "colleague-7.1", "agent-2.1", "agent-1.1"]),
    ];
    for (order, expected) in orders {
        let whole = EmailSearch { order: order(None), ..EmailSearch::default() };
        assert_eq!(ids(&search(&everybody, &whole, 10).await), expected, "emails come in the order wanted");
        let mut seen: Vec<Email> = Vec::new();
        loop {
            let next = EmailSearch { order: order(seen.last().map(place)), ..EmailSearch::default() };
            let part = search(&everybody, &next, 1).await;
            if part.is_empty() {
                break;
            }
            seen.extend(part);
        }
        assert_eq!(ids(&seen), expected, "one at a time they are the same");
    }

    let all = EmailSearch::default();
    let [of_house, of_team] = [Reach::Brokerage(house.clone()), Reach::Team(house, team)];
    for (within, expected) in [
        (&own, vec!["agent-1.1", "agent-2.1", "agent-2.2"]),
        (&of_house, vec!["colleague-7.1"]),
        (&of_team, vec!["colleague-7.1"]),
        (&Reach::Brokerage(BrokerageId::new("another").expect("an id")), vec![]),
    ] {
        let found = ids(&search(within, &all, 10).await);
        assert_eq!(found, expected, "{within:?} has its own emails and no others");
        let campaign_id = Some(stage.id(1));
        let of_campaign = EmailSearch { campaign_id, ..EmailSearch::default() };
        let expected: Vec<_> = expected.into_iter().filter(|id| id.starts_with("agent-2.")).collect();
        let found = ids(&search(within, &of_campaign, 10).await);
        assert_eq!(found, expected, "{within:?} has of a campaign what it has anyway");
    }
    let delivery_statuses = vec![DeliveryStatus::Superseded, DeliveryStatus::Complete];
    let either = EmailSearch { delivery_statuses, ..EmailSearch::default() };
    for within in [&own, &everybody] {
        let found = ids(&search(within, &either, 10).await);
        assert_eq!(found, ["agent-1.1", "agent-2.1"], "any of the statuses that are named will do");
    }
    let (first, second) = (Some(at("2026-03-11T15:00:00Z")), Some(at("2026-03-11T16:00:00Z")));
    for (created_from, created_to, expected) in [
        (first, second, vec!["agent-1.1", "agent-2.1"]),
        (second, None, vec!["agent-2.2"]),
        (None, first, vec![]),
    ] {
        let between = EmailSearch { created_from, created_to, ..EmailSearch::default() };
        let found = ids(&search(&own, &between, 10).await);
        assert_eq!(found, expected, "from an instant on, and before another");
    }
    assert!(AgentStore::remove(store, &colleague.id, stage.clock_now()).await.expect("removing"));
    assert!(search(&of_house, &all, 10).await.is_empty(), "who is removed is in no reach");
}
