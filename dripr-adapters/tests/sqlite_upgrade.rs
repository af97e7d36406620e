//! A file of an earlier version, brought up to date.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{path::Path, sync::Arc};

use dripr_adapters::sql::{SqlStore, SqliteOptions};
use dripr_core::{
    campaign::{Action, Actor, CampaignStatus, Command, Operation, Provision, command::Bench},
    policy::Policy,
    ports::{AgentStore, CampaignFilter, CampaignStore, ChannelStore, NoticeStore},
    schedule::Instant,
    testkit::{ManualClock, samples},
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
    let filter = CampaignFilter { needs_agent: true, ..CampaignFilter::default() };
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
