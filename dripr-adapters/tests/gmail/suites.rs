//! The contracts that every mailer and every probe keeps.

use dripr_adapters::gmail::SEND;
use dripr_core::testkit::contract;

use crate::{Scene, both};

#[tokio::test]
async fn it_is_a_mailer_that_cannot_tell_with_the_scope_for_sending_alone() {
    let scene = Scene::new(&["agent"], SEND).await;
    contract::mailer(&scene.mailer, false).await;
    assert_eq!(scene.google.sent().len(), 1);
}

#[tokio::test]
async fn it_is_a_mailer_whose_word_counts_with_a_scope_for_searching() {
    let scene = Scene::new(&["agent"], &both()).await;
    contract::mailer(&scene.mailer, true).await;
    assert_eq!(scene.google.sent().len(), 1);
}

#[tokio::test]
async fn it_can_be_probed_for_its_client() {
    let works = Scene::new(&[], SEND).await;
    let fails = Scene::with(&[], SEND, |options| options.client_id = "another".to_owned()).await;
    contract::probe(&works.mailer, &fails.mailer).await;
    assert!(works.google.sent().is_empty());
}
