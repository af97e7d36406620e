use std::time::Duration;

use super::{START, Stage, Store, at};
use crate::{
    agent::{Agent, Pause, PauseCause, Subscription},
    agent_mail::{Concern, InHand, LetterName, Notices, Progress, Standing},
    campaign::{Action, Operation, Provision},
    ids::{EmailId, UserId},
    mail_account::{Grant, MailAccount, SealedToken},
    policy::FARTHEST,
    ports::{AgentStore, CampaignFilter, MailAccountStore, NoticeStore},
    testkit::samples,
};

/// What every [`NoticeStore`] must do: every agent's notices from their registration on, due again with each change that
/// may be to be told, and no change that somebody else's change was made without knowing of.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn notice_store<S: NoticeStore + MailAccountStore + Store + ?Sized>(store: &S) {
    assert_eq!(store.next_notices_due().await.expect("the next"), None, "without agents nobody is due");
    let stage = Stage::new(store, 2).await;
    let user = UserId::new("agent").expect("an id");
    let other = samples::agent("other", at("2026-03-01T13:00:00Z")).expect("an agent");
    store
        .register(other.clone(), samples::user_created(&other), crate::campaign::Actor::Operator)
        .await
        .expect("registering");
    let due = async |now: &str, limit| store.due_notices(at(now), limit).await.expect("who is due");
    let put = async |notices: Notices| store.put_notices(notices).await.expect("storing notices");
    let known = async || store.notices(&user).await.expect("reading").expect("notices of an agent");

    assert_eq!(
        store.notices(&UserId::new("nobody").expect("an id")).await.expect("reading"),
        None,
        "nobody has none"
    );
    assert_eq!(due("2026-03-01T11:59:59Z", 10).await, [], "nobody is due before they were registered");
    let first = due(START, 10).await;
    assert_eq!(first.len(), 1, "an agent is due when they are registered");
    let Standing { notices, agent, grant, waiting, in_need } = first.into_iter().next().expect("one");
    assert_eq!(
        (agent.id.as_str(), grant, waiting, in_need),
        ("agent", None, false, false),
        "nothing is to be told yet"
    );
    assert_eq!(notices.told, [], "nothing was told yet");
    let both = due("2026-03-01T13:00:00Z", 10).await;
    let order: Vec<&str> = both.iter().map(|standing| standing.agent.id.as_str()).collect();
    assert_eq!(order, ["agent", "other"], "the earliest is first");
    assert_eq!(due("2026-03-01T13:00:00Z", 1).await.len(), 1, "no more than were asked for");

    // What was stored comes back.
    let full = Notices {
        due_at: Some(at("2026-03-02T14:00:00.000001Z")),
        told: vec![
            Concern::PaymentFailed,
            Concern::SubscriptionEnded,
            Concern::AccountLost { since: at(START) },
        ],
        mornings: vec!["2026-03-01".parse().expect("a day")],
        in_need: [stage.id(0)].into(),
        in_hand: Some(InHand {
            letter: LetterName::Morning("2026-03-02".parse().expect("a day")),
            email_id: EmailId::new("morning").expect("an id"),
            in_need: [stage.id(1)].into(),
            progress: Progress::Transmitting {
                number: 2,
                started_at: at(START),
                lease_until: at(START),
                absent_since: Some(at(START)),
            },
        }),
        ..notices.clone()
    };
    assert!(put(full.clone()).await, "the stored version is replaced");
    assert!(!put(full.clone()).await, "an older version does not replace a newer one");
    let nobody = Notices::new(UserId::new("nobody").expect("an id"), at(START));
    assert!(!put(nobody).await, "notices of nobody are not stored");
    assert_eq!(
        known().await,
        Notices { version: notices.version + 1, ..full },
        "notices come back as they were given"
    );
    assert_eq!(due("2026-03-02T14:00:00Z", 10).await.len(), 1, "who is due later is not due now");
    let next = store.next_notices_due().await.expect("the next");
    assert_eq!(next, Some(other.created_at), "the earliest is next");

    // What is told by a concern makes the agent due at once.
    let quiet = async || {
        let notices = Notices { due_at: Some(at("2026-04-01T00:00:00Z")), ..known().await };
        assert!(put(notices).await, "the stored version is replaced");
    };
    let is_due = async |what: &str| {
        let standing = due(START, 10).await;
        assert_eq!(standing.len(), 1, "{what} makes the agent due at once");
        standing.into_iter().next().expect("one")
    };
    quiet().await;
    assert_eq!(due(START, 10).await, [], "who is due in a month is not due now");
    let stored = async || store.agent(&user).await.expect("an agent").expect("the agent");
    let change = async |changed: Agent| {
        assert!(AgentStore::replace(store, changed, None).await.expect("replacing"), "an agent is replaced");
    };
    change(Agent { first_name: "Anna".to_owned(), ..stored().await }).await;
    assert_eq!(due(START, 10).await, [], "a new name is nothing to be told");
    change(Agent { subscription_status: Subscription::Unpaid, ..stored().await }).await;
    assert_eq!(
        is_due("a changed subscription").await.agent.subscription_status,
        Subscription::Unpaid,
        "it is read as it is"
    );
    quiet().await;
    let pause = Pause { since: at(START), cause: PauseCause::Operator, detail: "because".to_owned() };
    change(Agent { paused: Some(pause.clone()), ..stored().await }).await;
    assert_eq!(is_due("a pause").await.agent.paused, Some(pause), "it is read as it is");
    let stale = known().await;
    quiet().await;
    let revoked = Grant::Revoked { since: at(START), reason: "taken back".to_owned() };
    let account = MailAccount {
        user_id: user.clone(),
        address: "agent@mail.example".parse().expect("an address"),
        scopes: Vec::new(),
        refresh_token: SealedToken(vec![1]),
        grant: revoked.clone(),
        connected_at: at(START),
        may_fall_back: false,
        fell_back_until: None,
        version: 0,
    };
    assert!(store.put_mail_account(account, None).await.expect("storing an account"), "an account is stored");
    assert_eq!(is_due("a changed mail account").await.grant, Some(revoked), "the grant is read as it is");
    assert!(!put(stale).await, "who read before such a change does not hide it");
    quiet().await;
    assert!(store.remove_mail_account(&user).await.expect("removing"), "an account is removed");
    assert_eq!(is_due("a removed mail account").await.grant, None, "it is gone");
    change(Agent { subscription_status: Subscription::Active, paused: None, ..stored().await }).await;

    // Reports that wait, and campaigns that need the agent.
    let needing =
        CampaignFilter { user_id: Some(user.clone()), needs_agent: Some(true), ..CampaignFilter::default() };
    let in_need = async || store.list(&needing, None, 10).await.expect("listing");
    assert_eq!(in_need().await, [], "no campaign needs the agent yet");
    stage.did(0, Action::RequireApproval { check_before_sending: true }).await;
    stage.make_email(0).await;
    let standing = is_due("a removed mail account").await;
    assert!(standing.waiting && !standing.in_need, "a report waits for approval");
    let email = stage.dossier(0).await.email.expect("an email");
    let approve = Action::Approve { email_id: email.id, content_hash: email.content_hash, of: user.clone() };
    stage.did(0, approve).await;
    assert!(!is_due("a removed mail account").await.waiting, "an approved report does not wait");
    stage.begin(1).await;
    let cycle = stage.cycle(1).await;
    let omitted = Provision::Omitted("no such address".to_owned());
    let property = Operation::Property;
    let finish =
        Action::Finish { operation: property, cycle, fence: None, provision: omitted, content: None };
    stage.did(1, finish).await;
    for operation in Operation::ALL.into_iter().filter(|o| *o != property && *o != Operation::EmailCreation) {
        stage.finish(1, operation, None).await;
    }
    let listed = in_need().await;
    assert_eq!(listed.len(), 1, "a campaign whose home was not found needs the agent");
    assert_eq!(listed[0].campaign.id, stage.id(1), "that one");
    assert!(is_due("a removed mail account").await.in_need, "and the agent's standing says so");
    stage.did(1, Action::Disable).await;
    assert_eq!(in_need().await, [], "a campaign that was halted needs nobody");

    // A clock that was wrong hides nobody for ever.
    let far = at(START) + FARTHEST + Duration::from_secs(60);
    assert!(put(Notices { due_at: Some(far), ..known().await }).await, "the stored version is replaced");
    assert_eq!(due(START, 10).await.len(), 1, "what lies farther ahead than anything planned has come");
    assert!(put(Notices { due_at: None, ..known().await }).await, "the stored version is replaced");
    assert_eq!(due(START, 10).await, [], "who is due never is not due");
}
