//! By which mailer an email goes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use dripr_core::{
    campaign::Actor,
    email::OutgoingEmail,
    ids::UserId,
    mail_account::{self, ByMailAccount, Grant, MailAccount, SealedToken},
    ports::{AgentStore, LookUp, MailAccountStore, Mailer, SendOutcome},
    schedule::Instant,
    testkit::{Mailbox, MemoryStore, Mood, contract, samples},
};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn now() -> Instant {
    at("2026-03-12T15:00:00Z")
}

struct World {
    store: MemoryStore,
    own: Arc<Mailbox>,
    common: Arc<Mailbox>,
    route: ByMailAccount,
}

/// Two agents; the first has an account of their own.
async fn world(may_fall_back: bool) -> World {
    let store = MemoryStore::new();
    for id in ["own", "none"] {
        let agent = samples::agent(id, now()).unwrap();
        store
            .register(agent.clone(), samples::user_created(&agent), dripr_core::campaign::Actor::Operator)
            .await
            .unwrap();
    }
    let account = MailAccount {
        user_id: UserId::new("own").unwrap(),
        address: "own@brokerage.example".parse().unwrap(),
        scopes: Vec::new(),
        refresh_token: SealedToken(vec![1]),
        grant: Grant::Given,
        connected_at: at("2026-01-01T00:00:00Z"),
        may_fall_back,
        fell_back_until: None,
        version: 0,
    };
    assert!(store.put_mail_account(account, None).await.unwrap());
    let (own, common) = (Arc::new(Mailbox::new()), Arc::new(Mailbox::new()));
    let route = ByMailAccount::new(Arc::new(store.clone()), own.clone(), common.clone());
    World { store, own, common, route }
}

fn email(user: &str, number: usize) -> OutgoingEmail {
    samples::outgoing(&UserId::new(user).unwrap(), number, now()).unwrap()
}

fn not_sent() -> SendOutcome {
    SendOutcome::NotSent { reason: "the quota is used up".to_owned(), not_before: None }
}

fn needs_people() -> SendOutcome {
    SendOutcome::NeedsPeople { reason: "consent was taken back".to_owned() }
}

fn senders(mailbox: &Mailbox) -> Vec<String> {
    mailbox.accepted().iter().map(|email| email.user_id.to_string()).collect()
}

#[tokio::test]
async fn it_keeps_the_contract_of_a_mailer() {
    contract::mailer(&world(false).await.route, true).await;
}

#[tokio::test]
async fn each_email_goes_by_its_agents_account_or_by_the_common_mailer() {
    let world = world(true).await;
    let emails = [email("none", 1), email("own", 2), email("none", 3), email("own", 4)];
    let outcomes = world.route.send(&emails).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, SendOutcome::Accepted { .. })), "{outcomes:?}");
    assert_eq!(
        (senders(&world.own), senders(&world.common)),
        (vec!["own".into(); 2], vec!["none".into(); 2])
    );
}

#[tokio::test]
async fn what_was_certainly_not_sent_falls_back_if_the_agent_allows_it() {
    for outcome in [not_sent(), needs_people()] {
        for allowed in [false, true] {
            let world = world(allowed).await;
            world.own.next(Mood::Answer(outcome.clone()));
            let said = world.route.send(&[email("own", 1)]).await;
            if allowed {
                assert!(matches!(said[..], [SendOutcome::Accepted { .. }]), "{said:?}");
                assert_eq!(senders(&world.common), ["own"]);
            } else {
                assert_eq!((said, senders(&world.common)), (vec![outcome.clone()], Vec::new()));
            }
        }
    }
}

#[tokio::test]
async fn what_may_have_been_sent_never_falls_back() {
    for mood in [
        Mood::AcceptInSilence,
        Mood::LoseInSilence,
        Mood::Answer(SendOutcome::BadRecipient { reason: "no such mailbox".to_owned() }),
    ] {
        let world = world(true).await;
        world.own.next(mood);
        world.route.send(&[email("own", 1)]).await;
        assert_eq!(world.common.calls(), 0);
    }
}

#[tokio::test]
async fn both_are_asked_where_both_may_have_had_it() {
    let email = email("own", 1);
    let inquiry = samples::inquiry(&email);
    for (own, common, allowed, answer) in [
        (true, false, true, true),
        (false, true, true, true),
        (false, false, true, false),
        (true, false, false, true),
        (false, false, false, false),
    ] {
        let world = world(allowed).await;
        for (has, mailbox) in [(own, &world.own), (common, &world.common)] {
            if has {
                mailbox.send(std::slice::from_ref(&email)).await;
            }
        }
        let said = world.route.look_up(&inquiry).await;
        assert_eq!(matches!(said, LookUp::Accepted { .. }), answer, "{own} {common} {allowed}");
        assert_eq!(said == LookUp::NotAccepted, !answer);
    }
    // Where one cannot tell, nobody can.
    let world = world(true).await;
    world.own.forget();
    assert_eq!(world.route.look_up(&inquiry).await, LookUp::CannotTell);
    let world = self::world(true).await;
    world.common.forget();
    assert_eq!(world.route.look_up(&inquiry).await, LookUp::CannotTell);
}

#[tokio::test]
async fn an_account_that_was_connected_since_does_not_hide_what_the_common_mailer_has() {
    let world = world(false).await;
    let email = email("own", 1);
    world.common.send(std::slice::from_ref(&email)).await;
    let user = UserId::new("own").unwrap();
    let mut account = world.store.mail_account(&user).await.unwrap().unwrap();
    account.connected_at = at("2026-03-12T15:00:01Z");
    assert!(world.store.put_mail_account(account, None).await.unwrap());
    let said = world.route.look_up(&samples::inquiry(&email)).await;
    assert!(matches!(said, LookUp::Accepted { .. }), "{said:?}");
}

/// What history tells of the account: what, and by whom.
async fn history(world: &World) -> Vec<(String, Actor)> {
    let lines = world.store.agent_history(&UserId::new("own").unwrap(), None, None, 100).await.unwrap();
    let lines = lines.into_iter().map(|line| (line.entry.what, line.entry.actor));
    lines.filter(|(what, _)| what.starts_with("mailbox_")).collect()
}

/// The agent forgets the account after an email was tried.
async fn forgotten(world: &World) -> MailAccount {
    let user = UserId::new("own").unwrap();
    let later = at("2026-03-12T15:00:01Z");
    let by = Actor::User(user.clone());
    assert!(mail_account::forget(&world.store, &user, &by, later).await.unwrap());
    assert!(!mail_account::forget(&world.store, &user, &by, later).await.unwrap(), "it is forgotten once");
    assert_eq!(history(world).await, [("mailbox_forgotten".to_owned(), by)]);
    world.store.mail_account(&user).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_forgotten_account_sends_nothing_and_nothing_is_kept_that_could() {
    let world = world(true).await;
    let account = forgotten(&world).await;
    assert!(!account.is_connected() && !account.may_fall_back);
    assert_eq!((account.refresh_token, account.scopes), (SealedToken(Vec::new()), Vec::new()));
    world.route.send(&[email("own", 1)]).await;
    assert_eq!((world.own.calls(), senders(&world.common)), (0, vec!["own".into()]));
}

#[tokio::test]
async fn what_may_have_gone_by_an_account_that_was_forgotten_since_is_not_sent_again() {
    let world = world(false).await;
    let email = email("own", 1);
    world.own.next(Mood::AcceptInSilence);
    world.route.send(std::slice::from_ref(&email)).await;
    forgotten(&world).await;
    // Without a token there is no way to ask it.
    world.own.forget();
    let mut inquiry = samples::inquiry(&email);
    assert_eq!(world.route.look_up(&inquiry).await, LookUp::CannotTell);
    // What was tried afterwards can only have gone by the common mailer.
    inquiry.attempt.started_at = at("2026-03-12T15:00:12Z");
    assert_eq!(world.route.look_up(&inquiry).await, LookUp::NotAccepted);
}

async fn fall_back(world: &World, account: MailAccount, allowed: bool, now: Instant) -> Option<MailAccount> {
    mail_account::fall_back(&world.store, account, allowed, &Actor::Operator, now).await.unwrap()
}

#[tokio::test]
async fn a_change_of_an_account_that_somebody_else_changed_since_changes_nothing() {
    let world = world(true).await;
    let user = UserId::new("own").unwrap();
    let seen = world.store.mail_account(&user).await.unwrap().unwrap();
    let changed = fall_back(&world, seen.clone(), false, now()).await;
    assert_eq!(changed.map(|account| account.may_fall_back), Some(false));
    let stored = world.store.mail_account(&user).await.unwrap();
    let stale = MailAccount { may_fall_back: false, ..seen };
    assert_eq!(fall_back(&world, stale, true, now()).await, None);
    assert_eq!(world.store.mail_account(&user).await.unwrap(), stored);
    assert_eq!(history(&world).await.len(), 1, "nor is it told to history");
    let account = forgotten_now(&world).await;
    assert_eq!(fall_back(&world, account, true, now()).await, None, "nothing is connected any more");
}

/// The agent forgets the account, whatever was told to history before.
async fn forgotten_now(world: &World) -> MailAccount {
    let user = UserId::new("own").unwrap();
    assert!(mail_account::forget(&world.store, &user, &Actor::Operator, now()).await.unwrap());
    world.store.mail_account(&user).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_fell_back_is_found_after_the_agent_allows_it_no_more() {
    for (switched_off, in_doubt) in [("2026-03-12T15:00:01Z", true), ("2026-03-12T14:59:00Z", false)] {
        let world = world(true).await;
        let email = email("own", 1);
        world.common.send(std::slice::from_ref(&email)).await;
        let user = UserId::new("own").unwrap();
        // Said twice, it is the first time that counts.
        for now in [switched_off, "2026-03-13T15:00:00Z"] {
            let account = world.store.mail_account(&user).await.unwrap().unwrap();
            let changed = fall_back(&world, account, false, at(now)).await.unwrap();
            assert_eq!(world.store.mail_account(&user).await.unwrap(), Some(changed), "as it is stored");
        }
        assert_eq!(history(&world).await, [("mailbox_changed".to_owned(), Actor::Operator)]);
        let said = world.route.look_up(&samples::inquiry(&email)).await;
        // What it has counts, whenever the clocks say that falling back ended.
        assert!(matches!(said, LookUp::Accepted { .. }), "{switched_off}: {said:?}");
        // Where it cannot be asked, it may have only what was tried before.
        world.common.forget();
        let said = world.route.look_up(&samples::inquiry(&email)).await;
        let expected = if in_doubt { LookUp::CannotTell } else { LookUp::NotAccepted };
        assert_eq!(said, expected, "{switched_off}");
    }
}

#[tokio::test]
async fn an_account_is_lost_once_and_only_by_the_consent_of_which_the_provider_spoke() {
    let world = world(true).await;
    let user = UserId::new("own").unwrap();
    let read = async || world.store.mail_account(&user).await.unwrap().unwrap();
    let lose = async |seen: &MailAccount, now: &str| {
        mail_account::lose(&world.store, seen, "it was taken back", at(now)).await.unwrap()
    };
    let seen = read().await;
    // Whatever else was changed since is kept.
    assert!(fall_back(&world, seen.clone(), false, now()).await.is_some());
    assert!(lose(&seen, "2026-03-12T15:00:01Z").await);
    let reason = "it was taken back".to_owned();
    let lost = read().await;
    assert_eq!(lost.grant, Grant::Revoked { since: at("2026-03-12T15:00:01Z"), reason });
    assert!(!lost.may_fall_back && lost.is_connected());
    assert!(!lose(&seen, "2026-03-12T15:00:02Z").await, "whoever finds it out as well changes nothing");
    assert_eq!(read().await, lost);
    let told = [("mailbox_lost".to_owned(), Actor::System), ("mailbox_changed".to_owned(), Actor::Operator)];
    assert_eq!(history(&world).await, told, "history tells of it once");

    let again = MailAccount { grant: Grant::Given, connected_at: at("2026-03-13T15:00:00Z"), ..lost };
    assert!(world.store.put_mail_account(again, None).await.unwrap());
    assert!(!lose(&seen, "2026-03-13T15:00:01Z").await, "what was said of the former consent");
    assert_eq!(read().await.grant, Grant::Given);
    forgotten_now(&world).await;
    assert!(!lose(&seen, "2026-03-13T15:00:02Z").await, "what is forgotten is not lost");
    assert!(matches!(read().await.grant, Grant::Forgotten { .. }));
}
