//! `dripr import-tables`: from an older deployment's tables to campaigns that send nothing twice.

mod command;
mod older;
mod rules;
#[cfg(feature = "service-tests")]
mod servers;

use std::{collections::BTreeSet, path::Path, sync::Arc};

use chrono::Datelike;
use dripr_adapters::sql::{
    SqlStore, SqliteOptions,
    legacy_tables::{LegacyTables, Mapping, RowProblem},
};
use dripr_core::{
    Dripr,
    access::Reach,
    campaign::{CampaignStatus, Dossier, command::Bench},
    email::OptOutLinks,
    ids::CampaignId,
    policy::Policy,
    ports::{AgentStore, CampaignFilter, CampaignStore, Clock},
    schedule::Instant,
    testkit::{Mailbox, ManualClock, SeededEntropy, samples},
};
use dripr_server::{
    compose,
    legacy_import::{LegacyImport, Tally},
};
use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection};

use older::Older;

const NOW: &str = "2026-03-20T12:00:00Z";

type Refused = BTreeSet<(String, String, String)>;

/// Makes a file with the older deployment's tables; its URL.
async fn sqlite_file(folder: &Path, sql: &str) -> String {
    let url = format!("sqlite://{}", folder.join("older.db").display());
    let mut connection = sqlx::SqliteConnection::connect(&format!("{url}?mode=rwc")).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    url
}

async fn run(url: &str, store: &SqlStore, clock: &Arc<ManualClock>, dry: bool) -> (Tally, Refused) {
    let url: SecretString = url.to_owned().into();
    let mut tables = LegacyTables::open(&url, Mapping::default()).await.unwrap();
    let mut import = LegacyImport {
        tables: &mut tables,
        agents: store,
        contacts: store,
        campaigns: store,
        desk: Arc::new(Bench { clock: clock.clone(), policy: Policy::default() }),
        now: clock.now(),
        knows_zip: &compose::knows_zip,
    };
    let mut refused = Refused::new();
    let mut told = |problem: &RowProblem| {
        let RowProblem { table, key, column, .. } = problem.clone();
        assert!(refused.insert((table, key, column)), "told of twice: {problem}");
        Ok(())
    };
    let mut tally = import.check(&mut told).await.unwrap();
    if !dry {
        tally = import.import(&mut told).await.unwrap();
    }
    tables.close().await;
    (tally, refused)
}

async fn all(store: &SqlStore) -> Vec<Dossier> {
    store.list(&CampaignFilter::default(), None, 10_000).await.unwrap()
}

/// Imports the older deployment from where it is, twice, then lets the engine run.
async fn moves_over(url: &str, say: impl AsyncFn(&str)) {
    let older = Older::new();
    let clock = Arc::new(ManualClock::at(NOW.parse().unwrap()));
    let folder = tempfile::tempdir().unwrap();
    let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();

    let (looked_at, refused) = run(url, &store, &clock, true).await;
    let twin = ("campaigns".to_owned(), "907".to_owned(), "contact_id".to_owned());
    let mut expected = older.refused.clone();
    assert!(expected.remove(&twin));
    assert_eq!(refused, expected, "every row that cannot be used is named, by table, key and column");
    assert!(store.agents(&Reach::Deployment, None, 10).await.unwrap().is_empty(), "looking stores nothing");
    assert!(all(&store).await.is_empty(), "looking stores nothing");

    let (first, refused) = run(url, &store, &clock, false).await;
    assert_eq!(refused, older.refused);
    assert_eq!((first.agents.imported, first.agents.refused), (3, 3));
    assert_eq!(first.campaigns.imported, older.campaigns);
    assert_eq!(
        looked_at.campaigns.imported,
        older.campaigns + 1,
        "the second for one home is met when it is stored"
    );
    assert_eq!(first.emails_of_no_campaign, 1);
    assert_eq!(first.brought_up_to_date, 1, "the first for that home learns what the second has sent");
    let stored = all(&store).await;

    let (second, refused) = run(url, &store, &clock, false).await;
    assert_eq!(refused, older.refused);
    assert_eq!((second.agents.imported, second.campaigns.imported, second.opted_out), (0, 0, 0));
    assert_eq!((second.campaigns.existing, second.brought_up_to_date), (older.campaigns, 0));
    assert_eq!(all(&store).await, stored, "a second import changes nothing");

    // The older deployment has sent once more meanwhile: to somebody whose email of March is still to come.
    let waiting = stored.iter().find(|dossier| {
        let to = dossier.contact.email.as_str();
        !older.mailed.contains(to) && !older.opted_out.contains(to)
    });
    let waiting = waiting.unwrap().clone();
    let id = waiting.campaign.id.as_str();
    say(&format!("UPDATE campaigns SET last_sent_email_datetime = '2026-03-20 11:00:00' WHERE id = {id}"))
        .await;
    let (third, _) = run(url, &store, &clock, false).await;
    assert_eq!(third.brought_up_to_date, 1);
    let mut mailed = older.mailed.clone();
    mailed.insert(waiting.contact.email.as_str().to_owned());
    nobody_gets_a_second_email(&store, &clock, &mailed, &older.opted_out).await;
    store.close().await;
}

async fn nobody_gets_a_second_email(
    store: &SqlStore,
    clock: &Arc<ManualClock>,
    mailed: &BTreeSet<String>,
    opted_out: &BTreeSet<String>,
) {
    let mailbox = Arc::new(Mailbox::new());
    let links =
        OptOutLinks::new("https://reports.example", "a key that is long enough".to_owned().into()).unwrap();
    let agent_mailbox = Arc::new(Mailbox::new());
    let dripr = Dripr::builder()
        .clock(clock.clone())
        .entropy(Arc::new(SeededEntropy::new(7)))
        .store(Arc::new(store.clone()))
        .source(Arc::new(samples::Source))
        .writer(Arc::new(samples::Writer))
        .renderer(Arc::new(samples::Renderer))
        .mailer(mailbox.clone())
        .agent_mailer(agent_mailbox.clone())
        .opt_out_links(links)
        .build()
        .unwrap();
    let end: Instant = "2026-05-01T00:00:00Z".parse().unwrap();
    while let Some(next) = dripr.step().await.unwrap().next.filter(|next| *next <= end) {
        clock.set(next);
    }
    let accepted = mailbox.accepted();
    let mut months = BTreeSet::new();
    let (mut in_march, mut of_the_mailed) = (0, 0);
    for email in &accepted {
        let to = email.message.to.address.key();
        let month = email.date.month();
        assert!(months.insert((to.clone(), month)), "{to} got two emails in month {month}");
        assert!(!opted_out.contains(&to), "{to} wants no mail");
        assert!(!(month == 3 && mailed.contains(&to)), "{to} had an email in March already");
        in_march += usize::from(month == 3);
        of_the_mailed += usize::from(mailed.contains(&to));
    }
    assert!(in_march > 20, "those whose cycle was in the middle get their email: {in_march}");
    assert!(of_the_mailed > 50, "those who had one get their next in April: {of_the_mailed}");
    assert_eq!(
        agent_mailbox.accepted().iter().filter(|mail| mail.message.subject.contains("elcome")).count(),
        0
    );
    let unsubscribed =
        CampaignFilter { status: Some(CampaignStatus::Unsubscribed), ..CampaignFilter::default() };
    assert!(store.list(&unsubscribed, None::<CampaignId>, 1000).await.unwrap().len() >= 24);
}

#[tokio::test]
async fn an_older_deployment_in_sqlite_moves_over_and_nobody_is_mailed_twice() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_file(folder.path(), &Older::new().sql).await;
    let say = async |sql: &str| {
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    };
    moves_over(&url, say).await;
}
