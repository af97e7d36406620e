//! Nothing that gives access is told to anybody: not in outcomes, not in errors, not in what prints, not in logs.

use std::{
    fmt::{self, Write},
    sync::{Arc, Mutex},
};

use dripr_adapters::gmail::GmailConsent;
use dripr_core::{
    mail_account::AccountMark,
    ports::{Mailer, Probe},
    testkit::{SeededEntropy, samples},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::{
    CLIENT_SECRET, REDIRECT, Scene, VAULT_KEY, both,
    google::Trouble,
    loopback::{Reply, faults, nowhere},
    options, outgoing, user, vault,
};

/// Everything that is logged, fields and all.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        writeln!(self.0, "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        attributes.record(&mut Fields(&mut self.0.lock().unwrap()));
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Fields(&mut self.0.lock().unwrap()));
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut Fields(&mut self.0.lock().unwrap()));
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn nothing_secret_is_told_whatever_happens() {
    let log = Log::default();
    let _listening = tracing::subscriber::set_default(log.clone());
    let mut told = String::new();
    let email = outgoing("ana", "c.1");
    let mut replies: Vec<Reply> = faults::cases().into_iter().map(|(_, reply, _)| reply).collect();
    replies.retain(|reply| !matches!(reply, Reply::Silence | Reply::Endless(_)));
    for reply in replies {
        let scene = Scene::new(&["ana"], &both()).await;
        scene.google.trouble(Trouble::Instead(reply.clone()));
        writeln!(told, "{:?}", scene.send(&email).await).unwrap();
        scene.google.world().search_troubles.push_back(reply.clone());
        writeln!(told, "{:?}", scene.mailer.look_up(&samples::inquiry(&email)).await).unwrap();
        scene.google.world().token_troubles.push_back(reply.clone());
        writeln!(told, "{:?}", scene.mailer.probe_account(&user("ana")).await).unwrap();
        scene.google.world().token_troubles.push_back(reply.clone());
        writeln!(told, "{:?}", scene.mailer.probe().await).unwrap();
        let (store, entropy) = (Arc::new(scene.store.clone()), Arc::new(SeededEntropy::new(1)));
        let key = "s3cret-of-the-states".into();
        let consent =
            GmailConsent::new(&options(&scene.google), REDIRECT, &key, store, vault(), entropy).unwrap();
        let mark = AccountMark::of(Some(&scene.account("ana").await));
        let url = consent.url(&user("ana"), &"ana@brokerage.example".parse().unwrap(), mark, crate::now());
        let state = url.rsplit_once("state=").unwrap().1.to_owned();
        scene.google.world().token_troubles.push_back(reply);
        let own = "ana@brokerage.example".parse().unwrap();
        let accepted = consent.accept(&"s3cret-code".into(), &state, &own, crate::now()).await;
        writeln!(told, "{accepted:?} {consent:?} {:?} {:?}", scene.mailer, options(&scene.google)).unwrap();
        writeln!(told, "{:?} {:?}", vault(), scene.account("ana").await).unwrap();
    }
    let echo = r#"{"error":"invalid_grant","error_description":"Bad token for ana@brokerage.example at https://x.example/"}"#;
    let scene = Scene::new(&["ana"], &both()).await;
    scene.google.world().token_troubles.push_back(Reply::json(400, echo));
    writeln!(told, "{:?} {:?}", scene.send(&email).await, scene.account("ana").await.grant).unwrap();
    let scene = Scene::with(&["ana"], &both(), |options| options.gmail_url = Some(nowhere())).await;
    writeln!(told, "{:?}", scene.send(&email).await).unwrap();

    let logged = log.0.lock().unwrap().clone();
    assert!(logged.contains("it must be connected again"), "something is logged: {logged}");
    for text in [&told, &logged] {
        for secret in
            ["s3cret", CLIENT_SECRET, VAULT_KEY, "Bearer ", "ana@brokerage.example", "http://127.0.0.1"]
        {
            // The HTTP client logs where it connects to, and nothing of what it says there.
            assert!(
                !text.contains(secret) || secret == "http://127.0.0.1" && text == &logged,
                "{secret} in {text}"
            );
        }
    }
}
