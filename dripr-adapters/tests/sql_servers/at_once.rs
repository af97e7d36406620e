//! What several do at the same time in one database.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use dripr_adapters::sql::{ServerOptions, SqlStore};
use dripr_core::{
    access::{Caller, Reach},
    agent::Agent,
    campaign::{Actor, AuditEntry},
    errors::Fault,
    events::Queue,
    ports::{
        AgentStore, CampaignStore, ContactAddition, ContactStore, Enrolment, EventQueue, NewCampaign,
        PersonStore, WebhookStore,
    },
    schedule::Instant,
    testkit::samples,
    webhooks::{Endpoint, KeptSecret, Kind, Kinds, NewEndpoint},
};
use tokio::time::timeout;

use crate::place::{Place, Server};

/// In which whatever waits for nobody is done.
const A_WHILE: Duration = Duration::from_secs(2);

/// In which all must have ended, if it ends at all.
const BOUND: Duration = Duration::from_secs(60);

fn now() -> Instant {
    "2026-03-12T15:00:00Z".parse().unwrap()
}

async fn registered(store: &SqlStore, id: &str) -> Agent {
    let agent = samples::agent(id, now()).unwrap();
    let event = samples::user_created(&agent);
    assert!(store.register(agent.clone(), event, Actor::Operator).await.unwrap());
    agent
}

fn new_campaign(agent: &Agent) -> NewCampaign {
    samples::campaign(agent, 1, "98103", 12, now()).unwrap()
}

fn audit(what: &str) -> AuditEntry {
    AuditEntry::of(what, Actor::Operator, now(), None)
}

/// Else what an opt-out knew of another address would be stored over what was erased.
async fn an_erasure_comes_after_an_opt_out_that_is_under_way(server: Server) {
    let place = Place::new(server).await;
    let store = place.open(ServerOptions::default()).await;
    let agent = registered(&store, "ana").await;
    let address = new_campaign(&agent).contact.email;
    let opting_out = place.begin("SELECT id FROM users WHERE id = 'ana' FOR UPDATE").await;
    let mut erasing = store.erase_contacts(&agent.id, &address, now());
    assert!(timeout(A_WHILE, &mut erasing).await.is_err(), "it waits for its turn");
    opting_out.commit().await;
    assert_eq!(timeout(BOUND, erasing).await.expect("it ends").unwrap(), 0);
}

#[tokio::test]
async fn an_erasure_comes_after_an_opt_out_that_is_under_way_on_postgres() {
    an_erasure_comes_after_an_opt_out_that_is_under_way(Server::Postgres).await;
}

#[tokio::test]
async fn an_erasure_comes_after_an_opt_out_that_is_under_way_on_mysql() {
    an_erasure_comes_after_an_opt_out_that_is_under_way(Server::MySql).await;
}

async fn a_new_campaign_names_the_external_id_that_its_contact_has(server: Server) {
    let place = Place::new(server).await;
    let store = place.open(ServerOptions::default()).await;
    let agent = registered(&store, "ana").await;
    let mut new = new_campaign(&agent);
    let added = store.add_contact(new.contact.clone(), audit("contact_made")).await.unwrap();
    assert_eq!(added, ContactAddition::Added);
    let endpoint = NewEndpoint {
        id: "endpoint".parse().unwrap(),
        reach: Reach::Deployment,
        description: String::new(),
        url: "https://crm.example".to_owned(),
        kinds: Kinds::from_iter([Kind::CampaignCreated]),
        secret: KeptSecret::Plain("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
    };
    let endpoint = Endpoint::new(endpoint, &Caller::operator(), now());
    let deed = endpoint.deed("webhook_made", Actor::Operator, now(), None);
    assert!(store.put_webhook(endpoint.clone(), deed).await.unwrap());
    // Somebody changes the contact while the campaign is enrolled, which knows it as it was.
    let changing = "SELECT id FROM users WHERE id = 'ana' FOR UPDATE; \
                    UPDATE contacts SET external_id = 'crm 1' WHERE user_id = 'ana'";
    let changing = place.begin(changing).await;
    new.contact.external_id = Some("crm 2".parse().unwrap());
    let mut enrolling = store.enrol(vec![new]);
    assert!(timeout(A_WHILE, &mut enrolling).await.is_err(), "it waits for its turn");
    changing.commit().await;
    let enrolled = timeout(BOUND, enrolling).await.expect("it ends").unwrap();
    assert!(matches!(enrolled[..], [Enrolment::Enrolled(_)]), "{enrolled:?}");
    let later = "2026-03-13T15:00:00Z".parse().unwrap();
    let told = store.due_messages(&endpoint.id, later, 10).await.unwrap();
    let told: Vec<String> = told.iter().map(|due| due.message.data.to_string()).collect();
    assert!(told.len() == 1 && told[0].contains("crm 1") && !told[0].contains("crm 2"), "{told:?}");
}

#[tokio::test]
async fn a_new_campaign_names_the_external_id_that_its_contact_has_on_postgres() {
    a_new_campaign_names_the_external_id_that_its_contact_has(Server::Postgres).await;
}

#[tokio::test]
async fn a_new_campaign_names_the_external_id_that_its_contact_has_on_mysql() {
    a_new_campaign_names_the_external_id_that_its_contact_has(Server::MySql).await;
}

async fn what_is_said_of_a_taken_key_names_nobody(server: Server) {
    let place = Place::new(server).await;
    let store = place.open(ServerOptions::default()).await;
    // A rule that the store does not look at itself.
    place.say("CREATE UNIQUE INDEX one_of_an_address ON contacts (address_key)".to_owned()).await;
    let contacts = [registered(&store, "ana").await, registered(&store, "bo").await]
        .map(|agent| new_campaign(&agent).contact);
    let [first, second] = contacts;
    assert_eq!(first.email, second.email);
    let added = store.add_contact(first, audit("contact_made")).await.unwrap();
    assert_eq!(added, ContactAddition::Added);
    let refused = store.add_contact(second, audit("contact_made")).await.unwrap_err();
    assert_eq!(refused.fault(), Fault::Invalid);
    let said = format!("{refused} {refused:?}");
    assert!(said.contains("one_of_an_address") && !said.contains("owner1"), "{said}");
}

#[tokio::test]
async fn what_is_said_of_a_taken_key_names_nobody_on_postgres() {
    what_is_said_of_a_taken_key_names_nobody(Server::Postgres).await;
}

#[tokio::test]
async fn what_is_said_of_a_taken_key_names_nobody_on_mysql() {
    what_is_said_of_a_taken_key_names_nobody(Server::MySql).await;
}

/// MySQL tells nobody: who waits looks at the ends of several indexes.
#[tokio::test]
async fn what_comes_while_something_else_goes_is_heard_of_on_mysql() {
    let place = Place::new(Server::MySql).await;
    let store = place.open(ServerOptions::default()).await;
    registered(&place.open(ServerOptions::default()).await, "ana").await;
    let queues = [Queue::WelcomeEmails];
    timeout(BOUND, store.arrived(&queues)).await.expect("the first look has nothing to compare with");
    let both = "START TRANSACTION; SET @newest = (SELECT max(id) FROM queue_deliveries); \
                DELETE FROM queue_deliveries; \
                INSERT INTO webhook_messages (id, at, state) VALUES ('message', @newest, '{}'); COMMIT";
    let (arrived, ()) = tokio::join!(timeout(BOUND, store.arrived(&queues)), place.say(both.to_owned()));
    arrived.expect("it is heard of");
}
