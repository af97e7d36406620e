//! They do what every store, queue and outbox must do.

macro_rules! on_every_server {
    ($server:ident: $variant:ident) => {
        mod $server {
            use std::time::Duration;

            use dripr_adapters::{
                sql::{Queues, ServerOptions, SqlRateLimiter, SqlStore},
                token_bucket::Rate,
            };
            use dripr_core::testkit::contract;

            use crate::place::{Place, Server};

            async fn empty() -> (Place, SqlStore) {
                let place = Place::new(Server::$variant).await;
                let store = place.open(ServerOptions::default()).await;
                (place, store)
            }

            #[tokio::test]
            async fn it_stores_campaigns_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::campaign_store(&store).await;
            }

            #[tokio::test]
            async fn it_stores_emails_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::email_store(&store).await;
            }

            #[tokio::test]
            async fn it_stores_agents_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::agent_store(&store).await;
            }

            #[tokio::test]
            async fn nobody_who_is_removed_while_they_are_registered_is_left() {
                let (place, store) = empty().await;
                let other = place.open(ServerOptions::default()).await;
                crate::removals::race(&store, &other).await;
            }

            #[tokio::test]
            async fn it_keeps_answers_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::reply_store(&store).await;
            }

            #[tokio::test]
            async fn it_keeps_imports_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::import_store(&store).await;
            }

            #[tokio::test]
            async fn it_counts_what_agents_achieved_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::statistics_store(&store).await;
            }

            #[tokio::test]
            async fn it_keeps_keys_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::api_key_store(&store).await;
            }

            #[tokio::test]
            async fn it_keeps_what_was_done_about_keys_and_webhooks_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::deed_store(&store).await;
            }

            #[tokio::test]
            async fn it_stores_contacts_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::contact_store(&store).await;
            }

            #[tokio::test]
            async fn it_blocks_addresses_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::block_store(&store).await;
            }

            #[tokio::test]
            async fn it_stores_mail_accounts_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::mail_account_store(&store).await;
            }

            #[tokio::test]
            async fn it_stores_alarms_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::alert_store(&store).await;
            }

            #[tokio::test]
            async fn it_keeps_webhooks_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::webhook_store(&store).await;
            }

            #[tokio::test]
            async fn it_can_be_checked_as_every_store_can() {
                let (_place, store) = empty().await;
                contract::store_check(&store).await;
            }

            #[tokio::test]
            async fn it_counts_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::tally_store(&store).await;
            }

            #[tokio::test]
            async fn it_stores_channels_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::channel_store(&store).await;
            }

            #[tokio::test]
            async fn it_stores_what_agents_were_told_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::notice_store(&store).await;
            }

            #[tokio::test]
            async fn it_finds_and_erases_persons_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::person_store(&store).await;
            }

            #[tokio::test]
            async fn it_stores_shared_content_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::area_store(&store).await;
            }

            #[tokio::test]
            async fn it_delivers_as_every_queue_does() {
                let (_place, store) = empty().await;
                contract::event_queue(&store).await;
            }

            #[tokio::test]
            async fn it_keeps_what_came_back_as_every_store_does() {
                let (_place, store) = empty().await;
                contract::feedback_store(&store).await;
            }

            #[tokio::test]
            async fn it_counts_calls_as_every_limiter_does() {
                let (_place, store) = empty().await;
                let rate = Rate { calls: 7, period: Duration::from_secs(3600) };
                let limiter = SqlRateLimiter::new(store, [("api".to_owned(), rate)]);
                let now = "2026-03-12T15:00:00Z".parse().unwrap();
                contract::rate_limiter(&limiter, "api", 7, now).await;
            }

            #[tokio::test]
            async fn it_publishes_as_every_bus_does() {
                let (_place, store) = empty().await;
                contract::event_bus(&store, &store).await;
            }

            #[tokio::test]
            async fn its_queues_are_shown_as_all_queues_are() {
                let (_place, store) = empty().await;
                contract::queue_desk(&store, &store, &store).await;
            }

            #[tokio::test]
            async fn it_hands_events_to_relays_as_every_outbox_does() {
                let place = Place::new(Server::$variant).await;
                let mut options = ServerOptions::default();
                options.queues = Queues::Elsewhere;
                let store = place.open(options).await;
                contract::outbox(&store, &store).await;
            }
        }
    };
}

on_every_server!(postgres: Postgres);
on_every_server!(mysql: MySql);
