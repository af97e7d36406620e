//! When a link ends by which a mail account is connected.

use dripr_core::{
    access::{ApiKey, Caller, Membership, NewApiKey, Reach, Role, Scope, Scopes},
    agent::Agent,
    campaign::Actor,
    ids::UserId,
    mail_account::{
        AccountMark, ConnectClaim, ConnectLinks, Grant, MailAccount, UnusableConnectLink, forget, invite,
        invited,
    },
    ports::{AgentStore, ApiKeyStore, MailAccountStore},
    schedule::Instant,
    testkit::{MemoryStore, SeededEntropy, samples},
};
use proptest::prelude::*;
use secrecy::ExposeSecret;

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn now() -> Instant {
    at("2026-03-01T12:00:00Z")
}

fn ana() -> UserId {
    "ana".parse().unwrap()
}

fn north(role: Role) -> Membership {
    Membership { brokerage: "north".parse().ok(), team: "blue".parse().ok(), role }
}

/// Ana, and Amy who keeps the agents of their brokerage.
struct Scene {
    store: MemoryStore,
    links: ConnectLinks,
}

impl Scene {
    async fn new() -> Self {
        let store = MemoryStore::new();
        for (id, role) in [("ana", Role::Agent), ("amy", Role::Admin)] {
            let agent = Agent { membership: north(role), ..samples::agent(id, now()).unwrap() };
            let event = samples::user_created(&agent);
            assert!(store.register(agent, event, Actor::Operator).await.unwrap());
        }
        let links =
            ConnectLinks::new("https://mail.example", "a sample key of some length".to_owned().into());
        Self { store, links: links.unwrap() }
    }

    /// The part of a link that is checked.
    async fn made(&self, by: &Actor) -> String {
        let invitation = invite(&self.store, &self.links, "gmail", &ana(), by, now()).await.unwrap();
        let link = invitation.link.expose_secret().to_owned();
        link.strip_prefix("https://mail.example/connect/gmail/").unwrap().to_owned()
    }

    async fn let_in(&self, link: &str) -> Result<UserId, UnusableConnectLink> {
        let invited = invited(&self.store, &self.links, link, now()).await.unwrap();
        invited.map(|invited| invited.agent.id)
    }

    async fn change(&self, id: &str, change: impl FnOnce(&mut Agent)) {
        let mut agent = self.store.agent(&id.parse().unwrap()).await.unwrap().unwrap();
        change(&mut agent);
        assert!(AgentStore::replace(&self.store, agent, None).await.unwrap());
    }

    /// A key of Amy's brokerage.
    async fn key(&self, scopes: &[Scope]) -> Actor {
        let scopes: Scopes = scopes.iter().copied().collect();
        let reach = Reach::Brokerage("north".parse().unwrap());
        let new =
            NewApiKey { name: "CRM".to_owned(), reach, scopes, expires_at: Some(at("2026-03-02T12:00:00Z")) };
        let key = ApiKey::mint(new, &Caller::operator(), &SeededEntropy::new(7), now()).key;
        let by = Actor::ApiKey(key.id.clone());
        assert!(self.store.put_api_key(key).await.unwrap());
        by
    }

    async fn put(&self, account: MailAccount) {
        assert!(self.store.put_mail_account(account, None).await.unwrap());
    }

    async fn account(&self) -> Option<MailAccount> {
        self.store.mail_account(&ana()).await.unwrap()
    }
}

/// Something that becomes of an agent.
type Change = fn(&mut Agent);

#[tokio::test]
async fn a_link_of_an_agent_who_signed_in_ends_when_they_may_not_make_it_any_more() {
    let changes: [(&str, &str, Change); 5] = [
        ("amy", "loses the role", |amy| amy.membership.role = Role::TeamLead),
        ("amy", "goes elsewhere", |amy| amy.membership.brokerage = "south".parse().ok()),
        ("amy", "is banned", |amy| amy.banned = true),
        ("amy", "is removed", |amy| amy.deleted_at = Some(now())),
        ("ana", "goes elsewhere", |ana| ana.membership.brokerage = "south".parse().ok()),
    ];
    for (who, what, change) in changes {
        let scene = Scene::new().await;
        let amys = scene.made(&Actor::User("amy".parse().unwrap())).await;
        let own = scene.made(&Actor::User(ana())).await;
        assert_eq!((scene.let_in(&amys).await, scene.let_in(&own).await), (Ok(ana()), Ok(ana())));
        scene.change(who, change).await;
        assert_eq!(scene.let_in(&amys).await, Err(UnusableConnectLink::Withdrawn), "{who} {what}");
        assert_eq!(scene.let_in(&own).await, Ok(ana()), "{who} {what}: that is nobody's doing but Ana's");
    }
    let scene = Scene::new().await;
    let (own, operators) = (scene.made(&Actor::User(ana())).await, scene.made(&Actor::Operator).await);
    scene.change("ana", |ana| ana.banned = true).await;
    assert_eq!(
        scene.let_in(&own).await,
        Err(UnusableConnectLink::Withdrawn),
        "who is banned signs in no more"
    );
    assert_eq!(scene.let_in(&operators).await, Ok(ana()));
    scene.change("ana", |ana| ana.deleted_at = Some(now())).await;
    assert_eq!(scene.let_in(&operators).await, Err(UnusableConnectLink::NoAccount));
}

#[tokio::test]
async fn a_link_of_a_key_ends_with_the_key_and_where_it_does_not_reach() {
    let scene = Scene::new().await;
    let key = scene.key(&Scope::ALL).await;
    let link = scene.made(&key).await;
    assert_eq!(scene.let_in(&link).await, Ok(ana()));
    let over = at("2026-03-02T12:00:00Z");
    let late = invited(&scene.store, &scene.links, &link, over).await.unwrap();
    assert_eq!(late.err(), Some(UnusableConnectLink::Withdrawn), "the key has ended, and the link has not");
    scene.change("ana", |ana| ana.membership.brokerage = "south".parse().ok()).await;
    assert_eq!(scene.let_in(&link).await, Err(UnusableConnectLink::Withdrawn), "Ana is out of reach");
    scene.change("ana", |ana| ana.membership.brokerage = "north".parse().ok()).await;
    assert_eq!(scene.let_in(&link).await, Ok(ana()));
    let Actor::ApiKey(id) = &key else { unreachable!("it is a key") };
    assert!(scene.store.revoke_api_key(id, Actor::Operator, now()).await.unwrap());
    assert_eq!(scene.let_in(&link).await, Err(UnusableConnectLink::Withdrawn), "it was taken back");

    let scene = Scene::new().await;
    let writing = scene.key(&[Scope::Read, Scope::Write, Scope::Approve]).await;
    let link = scene.made(&writing).await;
    assert_eq!(scene.let_in(&link).await, Err(UnusableConnectLink::Withdrawn), "it never might");
}

#[tokio::test]
async fn a_link_ends_when_an_account_is_connected_or_forgotten_and_not_when_it_changes_otherwise() {
    let scene = Scene::new().await;
    let agent = scene.store.agent(&ana()).await.unwrap().unwrap();
    let first = scene.made(&Actor::Operator).await;
    scene.put(samples::mail_account(&agent, now())).await;
    assert_eq!(scene.let_in(&first).await, Err(UnusableConnectLink::Spent), "it was used");

    let second = scene.made(&Actor::Operator).await;
    let account = scene.account().await.unwrap();
    let lost = Grant::Revoked { since: now(), reason: "taken back".to_owned() };
    scene.put(MailAccount { may_fall_back: true, grant: lost, ..account }).await;
    assert_eq!(scene.let_in(&second).await, Ok(ana()), "whoever lost the consent gives it again");
    assert!(forget(&scene.store, &ana(), &Actor::Operator, now()).await.unwrap());
    assert_eq!(scene.let_in(&second).await, Err(UnusableConnectLink::Spent), "it is for what was forgotten");

    let third = scene.made(&Actor::Operator).await;
    assert_eq!(scene.let_in(&third).await, Ok(ana()));
    assert!(scene.store.remove_mail_account(&ana()).await.unwrap());
    assert_eq!(scene.let_in(&third).await, Err(UnusableConnectLink::Spent));
    assert_eq!(scene.let_in(&first).await, Ok(ana()), "there is none, as when it was made");
}

proptest! {
    #[test]
    fn what_a_link_says_is_read_as_it_was_and_nothing_else_is_taken(
        micros in any::<i64>(), kind in 0..4_usize, maker in 0..6_usize, cut in any::<prop::sample::Index>(),
    ) {
        let marks = [AccountMark::Nothing, AccountMark::Connected(micros), AccountMark::Forgotten(micros), AccountMark::Lost(micros)];
        let makers = [
            Actor::System, Actor::Recipient, Actor::Provider, Actor::Operator,
            Actor::User("a:b".parse().unwrap()), Actor::ApiKey("k:1".parse().unwrap()),
        ];
        let links = ConnectLinks::new("https://mail.example", "a sample key of some length".to_owned().into()).unwrap();
        let claim = ConnectClaim { user_id: ana(), by: makers[maker].clone(), mark: marks[kind] };
        let link = links.link("gmail", &claim, at("2026-03-08T12:00:00Z"));
        let path = link.strip_prefix("https://mail.example/connect/gmail/").unwrap();
        prop_assert_eq!(links.check(path, now()), Ok(claim));
        let place = cut.index(path.len());
        prop_assert_eq!(links.check(&path[..place], now()), Err(UnusableConnectLink::Forged));
        let mut other = path.as_bytes().to_vec();
        other[place] = if other[place] == b'1' { b'2' } else { b'1' };
        let other = String::from_utf8(other).unwrap();
        prop_assert_eq!(links.check(&other, now()), Err(UnusableConnectLink::Forged));
    }
}
