//! A server that ends all connections, as one does that is started anew, in the middle of the work of a day.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use chrono::TimeDelta;
use dripr_adapters::sql::ServerOptions;
use dripr_core::{
    errors::Fault,
    ports::{CampaignStore, Clock},
    schedule::Instant,
};
use futures_util::future::join;
use secrecy::ExposeSecret;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection, Row};

use crate::{
    place::{Place, Server},
    served::Served,
};

/// Ends all connections of others to a database. Says how many there were.
async fn cut(place: &Place) -> usize {
    match place.server {
        Server::Postgres => {
            let mut connection = PgConnection::connect(place.url().expose_secret()).await.unwrap();
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
            sqlx::query(sql).fetch_all(&mut connection).await.unwrap().len()
        }
        Server::MySql => {
            let mut connection = MySqlConnection::connect(place.url().expose_secret()).await.unwrap();
            let sql = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist \
                       WHERE db = database() AND id <> connection_id()";
            let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
            for row in &rows {
                // One that ended by itself meanwhile is no failure.
                let kill = AssertSqlSafe(format!("KILL {}", row.get::<i64, _>(0)));
                let _ = sqlx::raw_sql(kill).execute(&mut connection).await;
            }
            rows.len()
        }
    }
}

async fn a_day_goes_on_whenever_connections_are_cut(server: Server) {
    let at = |text: &str| -> Instant { text.parse().unwrap() };
    let served = Served::new(server, &[(10, 12)], at("2026-03-01T12:00:00Z")).await;
    let end = at("2026-04-20T00:00:00Z");
    let store = served.place.open(ServerOptions::default()).await;
    let dripr = served.engine(&store);
    let (mut cuts, mut failures, mut polls) = (0, 0, 0);
    while served.clock.now() < end {
        // A little later each time, so that every place is hit in some month.
        polls = (polls + 7) % 61;
        let cutting = async {
            for _ in 0..polls {
                tokio::task::yield_now().await;
            }
            cut(&served.place).await
        };
        let (step, cut) = join(dripr.step(), cutting).await;
        cuts += cut;
        if let Err(error) = step {
            assert_eq!(error.fault(), Fault::Unavailable, "{error:?}");
            failures += 1;
        }
        let next = match dripr.step().await {
            Ok(step) => step.next,
            // A connection that nobody has used since it was cut.
            Err(error) => {
                assert_eq!(error.fault(), Fault::Unavailable, "{error:?}");
                failures += 1;
                None
            }
        };
        // What was in hand comes back when its lease ends.
        let soon = served.clock.now() + TimeDelta::minutes(6);
        let later = served.clock.now() + TimeDelta::hours(8);
        served.clock.set(next.map_or(soon, |next| next.min(later).max(served.clock.now())));
    }
    assert!(cuts > 100, "{cuts} connections cut, {failures} steps failed");
    let mut months = BTreeMap::new();
    for email in served.mailbox.accepted() {
        *months.entry((email.campaign_id.unwrap(), email.date.format("%Y-%m").to_string())).or_insert(0) += 1;
    }
    assert!(months.values().all(|count| *count == 1), "repeated: {months:?}");
    assert_eq!(months.len(), 10 * 2, "March and April");
    store.close().await;
}

/// What only reads is asked of another connection.
async fn reading_goes_on_at_once(server: Server) {
    let place = Place::new(server).await;
    let store = place.open(ServerOptions::default()).await;
    for _ in 0..5 {
        // Several connections lie idle when they are cut.
        let (first, second) = join(store.next_due(), store.next_due()).await;
        assert_eq!((first.unwrap(), second.unwrap()), (None, None));
        assert!(cut(&place).await > 0);
        assert_eq!(store.next_due().await.unwrap(), None);
    }
    store.close().await;
}

#[tokio::test]
async fn reading_goes_on_at_once_when_connections_to_postgres_are_cut() {
    reading_goes_on_at_once(Server::Postgres).await;
}

#[tokio::test]
async fn reading_goes_on_at_once_when_connections_to_mysql_are_cut() {
    reading_goes_on_at_once(Server::MySql).await;
}

#[tokio::test]
async fn a_day_goes_on_whenever_connections_to_postgres_are_cut() {
    a_day_goes_on_whenever_connections_are_cut(Server::Postgres).await;
}

#[tokio::test]
async fn a_day_goes_on_whenever_connections_to_mysql_are_cut() {
    a_day_goes_on_whenever_connections_are_cut(Server::MySql).await;
}
