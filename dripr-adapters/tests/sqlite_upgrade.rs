//! A file of an earlier version, brought up to date.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{path::Path, sync::Arc};

use dripr_adapters::sql::{SqlStore, SqliteOptions};
use dripr_core::{
    access::{ApiKey, Caller, Membership, NewApiKey, Reach, RevokedBecause, Role, Scopes},
    campaign::{Action, Actor, AuditEntry, CampaignStatus, Command, Operation, Provision, command::Bench},
    contact::ExternalId,
    ids::CampaignId,
    person,
    policy::Policy,
    ports::{
        AgentStore, ApiKeyStore, CampaignFilter, CampaignStore, ChannelStore, ContactStore, DeedStore,
        Enrolment, ImportStore, NoticeStore, WebhookStore,
    },
    schedule::Instant,
    testkit::{ManualClock, SeededEntropy, samples},
    webhooks::{Endpoint, KeptSecret, Kinds, NewEndpoint, OffBecause},
};
use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

async fn open(path: &Path) -> SqlStore {
    SqlStore::sqlite(path, SqliteOptions::default()).await.unwrap()
}

async fn connection(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.unwrap()
}

/// Takes back what the migration of notices did, and what later ones built on it.
const BEFORE_NOTICES: &str = "
    DROP INDEX feedback_by_agent;
    DELETE FROM _sqlx_migrations WHERE version = 20261130000402;
    DROP TABLE store_checks;
    DROP INDEX dead_letters_by_queue;
    DROP INDEX feedback_bounced;
    DROP INDEX feedback_complained;
    DROP INDEX emails_complete;
    DROP INDEX suppressions_by_cause;
    DELETE FROM _sqlx_migrations WHERE version = 20261130000201;
    DROP TRIGGER users_have_notices;
    DROP TABLE agent_notices;
    DROP TABLE feedback_channels;
    DROP INDEX emails_waiting;
    DROP INDEX emails_sent;
    DROP INDEX campaigns_in_need;
    DROP INDEX feedback_complaints;
    ALTER TABLE campaigns DROP COLUMN needs_agent;
    ALTER TABLE feedback DROP COLUMN user_id;
    ALTER TABLE feedback DROP COLUMN what;
    DELETE FROM _sqlx_migrations WHERE version = 20261128000002;
";

#[tokio::test]
async fn agents_and_failed_campaigns_of_before_are_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dripr.db");
    let start = at("2026-03-01T12:00:00Z");
    let agent = samples::agent("agent", start).unwrap();
    let new: Vec<_> = (1..=2).map(|n| samples::campaign(&agent, n, "98103", 12, start).unwrap()).collect();
    let failing = new[0].campaign.id.clone();
    {
        let store = open(&path).await;
        store.register(agent.clone(), samples::user_created(&agent), Actor::Operator).await.unwrap();
        store.enrol(new).await.unwrap();
        let clock = Arc::new(ManualClock::at(start));
        let desk = Arc::new(Bench { clock: clock.clone(), policy: Policy::default() });
        let did = async |action: Action| {
            let (campaign_id, actor, desk) = (failing.clone(), Actor::System, desk.clone());
            let command = Command { campaign_id, actor, action, desk };
            store.execute(vec![command]).await.unwrap().remove(0).result.unwrap();
        };
        did(Action::Tick).await;
        clock.set(at("2026-03-11T15:00:00Z"));
        did(Action::Tick).await;
        let dossier = store.load(std::slice::from_ref(&failing)).await.unwrap().remove(0).unwrap();
        let cycle = dossier.campaign.slot.unwrap().cycle();
        for operation in Operation::ALL.into_iter().filter(|o| *o != Operation::EmailCreation) {
            let provision = Provision::Own;
            did(Action::Finish { operation, cycle, fence: None, provision, content: None }).await;
        }
        let (operation, reason) = (Operation::EmailCreation, "no words".to_owned());
        did(Action::GiveUp { operation, cycle, reason, fetch_again: false }).await;
        store.close().await;
        sqlx::raw_sql(BEFORE_NOTICES).execute(&mut connection(&path).await).await.unwrap();
    }

    let store = open(&path).await;
    let due = store.due_notices(at("2026-03-12T15:00:00Z"), 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert!(due[0].in_need && !due[0].waiting && due[0].notices.told.is_empty(), "{due:?}");
    let filter = CampaignFilter { needs_agent: Some(true), ..CampaignFilter::default() };
    let in_need = store.list(&filter, None, 10).await.unwrap();
    assert_eq!(in_need.iter().map(|dossier| &dossier.campaign.id).collect::<Vec<_>>(), [&failing]);
    assert_eq!(in_need[0].campaign.status, CampaignStatus::Error);
    assert_eq!(store.channel("any").await.unwrap(), None);

    // A program of before that still runs makes an agent without knowing of notices.
    let sql = "INSERT INTO users SELECT 'later', subscription_status, NULL, created_at, NULL, 0, \
               json_set(state, '$.id', 'later') FROM users";
    sqlx::query(sql).execute(&mut connection(&path).await).await.unwrap();
    let due = store.due_notices(at("2026-03-12T15:00:00Z"), 10).await.unwrap();
    assert_eq!(due.len(), 2);
}

#[tokio::test]
async fn homes_of_before_streets_were_shortened_are_known_and_can_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dripr.db");
    let start = at("2026-03-01T12:00:00Z");
    let agent = samples::agent("agent", start).unwrap();
    let new: Vec<_> = (1..=2).map(|n| samples::campaign(&agent, n, "98103", 12, start).unwrap()).collect();
    let store = open(&path).await;
    store.register(agent.clone(), samples::user_created(&agent), Actor::Operator).await.unwrap();
    store.enrol(new.clone()).await.unwrap();
    let (first, second) = (&new[0].campaign.id, &new[1].campaign.id);
    // Two spellings of one home of one person.
    let sql = "UPDATE campaigns SET home_key = '98103 1 elm street', home = json_set(home, '$.street', '1 Elm Street'), \
               contact_id = (SELECT contact_id FROM campaigns WHERE id = ?1), \
               address_key = (SELECT address_key FROM campaigns WHERE id = ?1) WHERE id = ?2";
    let update = sqlx::query(sql).bind(first.as_str()).bind(second.as_str());
    assert_eq!(update.execute(&mut connection(&path).await).await.unwrap().rows_affected(), 1);

    let again = async || {
        let mut again = new[0].clone();
        again.campaign.id = "third".parse().unwrap();
        again.campaign.home.as_mut().unwrap().street = "1 Elm Str.".to_owned();
        let key = (again.contact.email.key(), again.campaign.home_key());
        let like = store.campaigns_like(&agent.id, &[key]).await.unwrap().remove(0);
        (store.enrol(vec![again]).await.unwrap().remove(0), like)
    };
    assert_eq!(again().await, (Enrolment::Exists(first.clone()), Some(first.clone())));
    let clock = Arc::new(ManualClock::at(start));
    let desk = Arc::new(Bench { clock, policy: Policy::default() });
    let did = async |id: &CampaignId, action: Action| {
        let command = Command { campaign_id: id.clone(), actor: Actor::System, action, desk: desk.clone() };
        store.execute(vec![command]).await.unwrap().remove(0).result.unwrap();
    };
    did(second, Action::Disable).await;
    let dossier = store.load(std::slice::from_ref(second)).await.unwrap().remove(0).unwrap();
    assert!(!dossier.campaign.enabled, "each of two can be changed");
    did(first, Action::Delete).await;
    assert_eq!(again().await, (Enrolment::Exists(second.clone()), Some(second.clone())));
}

/// While processes are replaced one by one, one of before writes contacts without external ids, and leaves the column alone.
#[tokio::test]
async fn external_ids_stay_with_the_living_whatever_a_program_of_before_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dripr.db");
    let start = at("2026-03-01T12:00:00Z");
    let agent = samples::agent("agent", start).unwrap();
    let new: Vec<_> = (1..=2).map(|n| samples::campaign(&agent, n, "98103", 12, start).unwrap()).collect();
    let [stays, goes] = [&new[0].contact, &new[1].contact];
    let external_id: ExternalId = "crm 1".parse().unwrap();
    {
        let store = open(&path).await;
        store.register(agent.clone(), samples::user_created(&agent), Actor::Operator).await.unwrap();
        store.enrol(new.clone()).await.unwrap();
        let ids =
            vec![(stays.email.clone(), external_id.clone()), (goes.email.clone(), "crm 2".parse().unwrap())];
        let audit = AuditEntry::of("contact_changed", Actor::Operator, start, None);
        store.give_external_ids(&agent.id, ids, audit).await.unwrap();
        store.close().await;
    }
    let mut raw = connection(&path).await;
    let sql = "UPDATE contacts SET state = json_remove(json_set(state, '$.first_name', 'Kimberly'), '$.external_id')";
    sqlx::query(sql).execute(&mut raw).await.unwrap();
    let sql = "UPDATE contacts SET deleted_at = created_at, \
               state = json_set(state, '$.deleted_at', json_extract(state, '$.created_at')) WHERE id = ?1";
    sqlx::query(sql).bind(goes.id.as_str()).execute(&mut raw).await.unwrap();

    let store = open(&path).await;
    let read = store.contact(&stays.id).await.unwrap().unwrap();
    assert_eq!((read.first_name.as_str(), &read.external_id), ("Kimberly", &Some(external_id.clone())));
    assert_eq!(store.contact_with(&agent.id, &external_id).await.unwrap(), Some(read.clone()));
    assert_eq!(store.contact_at(&agent.id, &stays.email).await.unwrap(), Some(read.clone()));
    assert_eq!(store.contacts(&agent.id, None, 10).await.unwrap(), std::slice::from_ref(&read));
    let dossier = store.load(std::slice::from_ref(&new[0].campaign.id)).await.unwrap().remove(0).unwrap();
    assert_eq!(dossier.contact, read);
    assert_eq!(store.contact(&goes.id).await.unwrap().unwrap().external_id, None);
    let left: Vec<String> =
        sqlx::query_scalar("SELECT external_id FROM contacts WHERE external_id IS NOT NULL")
            .fetch_all(&mut raw)
            .await
            .unwrap();
    assert_eq!(left, ["crm 1"], "nothing is left of whom it erased");
}

/// External ids that a spreadsheet rounded are refused since, and stay where they are stored.
#[tokio::test]
async fn a_contact_with_an_external_id_of_before_rounded_ones_were_refused_is_read_and_erased() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dripr.db");
    let start = at("2026-03-01T12:00:00Z");
    let agent = samples::agent("agent", start).unwrap();
    let new = samples::campaign(&agent, 1, "98103", 12, start).unwrap();
    let store = open(&path).await;
    store.register(agent.clone(), samples::user_created(&agent), Actor::Operator).await.unwrap();
    store.enrol(vec![new.clone()]).await.unwrap();
    let mut raw = connection(&path).await;
    let sql = "UPDATE contacts SET external_id = '1,23457E+11', state = json_set(state, '$.external_id', '1,23457E+11')";
    assert_eq!(sqlx::query(sql).execute(&mut raw).await.unwrap().rows_affected(), 1);

    let read = store.contact(&new.contact.id).await.unwrap().unwrap();
    assert_eq!(read.external_id.as_ref().map(ExternalId::as_str), Some("1,23457E+11"));
    let dossier = store.load(std::slice::from_ref(&new.campaign.id)).await.unwrap().remove(0).unwrap();
    assert_eq!(dossier.contact, read);
    assert_eq!(store.contacts(&agent.id, None, 10).await.unwrap(), std::slice::from_ref(&read));
    let desk = Arc::new(Bench { clock: Arc::new(ManualClock::at(start)), policy: Policy::default() });
    let erased = person::erase(&store, &[], &desk, &agent.id, &new.contact.email).await.unwrap();
    assert_eq!((erased.campaigns, erased.contacts), (1, 1));
    let left: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM contacts WHERE external_id IS NOT NULL OR state LIKE '%E+11%'",
    )
    .fetch_one(&mut raw)
    .await
    .unwrap();
    assert_eq!(left, 0, "nothing is left of it");
}

#[tokio::test]
async fn what_was_made_before_makers_had_a_column_ends_with_its_maker() {
    let before = "DROP INDEX api_keys_by_maker; DROP INDEX webhook_endpoints_by_maker; \
                  ALTER TABLE api_keys DROP COLUMN made_by; ALTER TABLE webhook_endpoints DROP COLUMN made_by; \
                  DELETE FROM _sqlx_migrations WHERE version = 20261130000701;";
    ends_with_its_maker(before).await;
}

/// While processes are replaced one by one, one of before goes on making them.
#[tokio::test]
async fn what_a_program_of_before_makes_after_the_migration_ends_with_its_maker() {
    let meanwhile = "UPDATE api_keys SET made_by = NULL; \
                     INSERT INTO api_keys (id, reach, created_at, state) VALUES ('damaged', 'any', 0, '{');";
    ends_with_its_maker(meanwhile).await;
}

/// Of keys that an admin made, after the file was left as these statements leave it.
async fn ends_with_its_maker(left: &'static str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dripr.db");
    let start = at("2026-03-01T12:00:00Z");
    let mut admin = samples::agent("admin", start).unwrap();
    admin.membership =
        Membership { brokerage: Some("north".parse().unwrap()), team: None, role: Role::Admin };
    let entropy = SeededEntropy::new(1);
    let minted = |by: &Caller| {
        let (name, scopes) = ("a key".to_owned(), Scopes::all());
        ApiKey::mint(
            NewApiKey { name, reach: by.reach.clone(), scopes, expires_at: None },
            by,
            &entropy,
            start,
        )
        .key
    };
    let key = minted(&Caller::signed_in(&admin));
    let by_key = Caller { actor: Actor::ApiKey(key.id.clone()), ..Caller::signed_in(&admin) };
    let keys = [minted(&by_key), minted(&Caller::operator()), key];
    {
        let store = open(&path).await;
        store.register(admin.clone(), samples::user_created(&admin), Actor::Operator).await.unwrap();
        for key in &keys {
            assert!(store.put_api_key(key.clone()).await.unwrap());
        }
        store.close().await;
        sqlx::raw_sql(left).execute(&mut connection(&path).await).await.unwrap();
    }
    let store = open(&path).await;
    let mut agent = store.agent(&admin.id).await.unwrap().unwrap();
    agent.membership.role = Role::Agent;
    assert!(AgentStore::replace(&store, agent, None).await.unwrap());
    let mut revoked = Vec::new();
    for key in &keys {
        revoked.push(store.api_key(&key.id).await.unwrap().unwrap().revoked_at.is_some());
    }
    assert_eq!(revoked, [true, false, true], "the admin's, and what it made");
}

/// A program of before stored a ban, and ended nothing with it.
#[tokio::test]
async fn what_an_agent_made_who_was_banned_before_bans_ended_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dripr.db");
    let start = at("2026-03-01T12:00:00Z");
    let (agent, other) = (samples::agent("agent", start).unwrap(), samples::agent("other", start).unwrap());
    let entropy = SeededEntropy::new(1);
    let key_of = |by: &Caller| {
        let (name, reach) = ("a key".to_owned(), by.reach.clone());
        let new = NewApiKey { name, reach, scopes: Scopes::all(), expires_at: None };
        ApiKey::mint(new, by, &entropy, start).key
    };
    let by = Caller::signed_in(&agent);
    let (key, others) = (key_of(&by), key_of(&Caller::signed_in(&other)));
    let new = NewEndpoint {
        id: "its".parse().unwrap(),
        reach: by.reach.clone(),
        description: String::new(),
        url: "https://crm.example".to_owned(),
        kinds: Kinds::default(),
        secret: KeptSecret::Plain("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
    };
    let endpoint = Endpoint::new(new, &by, start);
    let webhook = endpoint.id.clone();
    {
        let store = open(&path).await;
        for agent in [&agent, &other] {
            store.register(agent.clone(), samples::user_created(agent), Actor::Operator).await.unwrap();
        }
        for key in [&key, &others] {
            assert!(store.put_api_key(key.clone()).await.unwrap());
        }
        let deed = endpoint.deed("webhook_made", by.actor.clone(), start, None);
        assert!(store.put_webhook(endpoint, deed).await.unwrap());
        store.close().await;
    }
    let sql = "UPDATE users SET state = json_set(state, '$.banned', json('true'), \
               '$.account_changed_at', '2026-03-02T12:00:00Z') WHERE id = 'agent'";
    sqlx::query(sql).execute(&mut connection(&path).await).await.unwrap();

    let store = open(&path).await;
    let known = store.api_key(&key.id).await.unwrap().unwrap();
    assert_eq!(known.revoked_because, Some(RevokedBecause::Banned));
    assert_eq!(known.revoked_at, Some(at("2026-03-02T12:00:00Z")), "when the ban was told of");
    assert_eq!(store.api_key(&others.id).await.unwrap().unwrap().revoked_at, None);
    let mut off = store.webhook(&webhook).await.unwrap().unwrap();
    assert_eq!(off.off.as_ref().map(|off| off.because), Some(OffBecause::Banned));
    let deeds = store.deeds(&Reach::Deployment, None, 10).await.unwrap();
    off.switch(true, start);
    let deed = off.deed("webhook_changed", Actor::Operator, start, None);
    assert!(store.put_webhook(off, deed).await.unwrap());
    store.close().await;

    let store = open(&path).await;
    assert_eq!(store.webhook(&webhook).await.unwrap().unwrap().off, None, "somebody wanted it on again");
    let later = store.deeds(&Reach::Deployment, None, 10).await.unwrap();
    assert_eq!(later.len(), deeds.len() + 1, "nothing ends twice: {later:?}");
}
