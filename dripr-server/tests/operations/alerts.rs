//! Alerts and CloudWatch, by the worker that looks once a minute.

use chrono::TimeDelta;
use dripr_core::{
    campaign::{Action, Actor, Command},
    ports::{CampaignStore, Clock},
};
use dripr_server::{
    operations::watch::{Looked, Watch},
    role::{Role, Roles},
};
use serde_json::Value;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::stage::Stage;

/// The alerts that came by mail, by subject.
fn mails(stage: &Stage) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![stage.folder.path().join("outbox")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "eml") {
                let raw = std::fs::read(&path).unwrap();
                let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
                assert_eq!(mail.to().unwrap().first().unwrap().address(), Some("ops@brokerage.example"));
                found.push(mail.subject().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// What a process with some roles, or with all if none is named, does for whoever watches.
fn watch(stage: &Stage, roles: &[Role]) -> Option<Watch> {
    Watch::of(&stage.deployment, &stage.operations, &Roles::of(roles)).unwrap()
}

/// What CloudWatch is told by a look that goes well.
async fn line(watch: &Watch) -> Option<String> {
    let Looked { line, alerts } = watch.look().await;
    alerts.unwrap();
    line
}

/// Work was announced that nobody takes up, and its lease is over.
async fn stuck(stage: &Stage) {
    stage.until("2026-03-11T14:00:00Z").await;
    stage.clock.set("2026-03-11T15:00:00Z".parse().unwrap());
    let store = &stage.deployment.store;
    let desk = stage.deployment.desk();
    let tick =
        |id| Command { campaign_id: id, actor: Actor::System, action: Action::Tick, desk: desk.clone() };
    let ids = store.due(stage.clock.now(), 10).await.unwrap();
    store.execute(ids.into_iter().map(tick).collect()).await.unwrap();
    let deadline = store.next_due().await.unwrap().unwrap();
    stage.clock.set(deadline + TimeDelta::seconds(421));
}

#[tokio::test]
async fn an_operator_gets_one_mail_when_campaigns_are_stuck_and_one_when_they_move_again() {
    let stage = Stage::new(2, "[alerts]\nmail_to = \"ops@brokerage.example\"\n").await;
    let watch = watch(&stage, &[]).unwrap();
    assert_eq!(line(&watch).await, None, "CloudWatch was not asked for");
    assert_eq!(watch.last_line(), None);
    stuck(&stage).await;
    for _ in 0..3 {
        line(&watch).await;
        stage.clock.set(stage.clock.now() + TimeDelta::seconds(60));
    }
    assert_eq!(mails(&stage), ["dripr: campaigns are stuck"]);
    stage.until("2026-03-13T12:00:00Z").await;
    for _ in 0..12 {
        line(&watch).await;
        stage.clock.set(stage.clock.now() + TimeDelta::seconds(60));
    }
    assert_eq!(mails(&stage), ["dripr: campaigns are stuck", "dripr: resolved: campaigns are stuck"]);
}

#[tokio::test]
async fn a_process_without_cron_tells_that_cron_is_gone_and_nothing_twice() {
    let lines =
        "[alerts]\nmail_to = \"ops@brokerage.example\"\n[operations]\ncloudwatch_namespace = \"Dripr\"\n";
    let stage = Stage::new(2, lines).await;
    let (api, cron) = (watch(&stage, &[Role::Api]).unwrap(), watch(&stage, &[Role::Cron]).unwrap());
    // New campaigns that nobody has ever looked at.
    for _ in 0..9 {
        let line: Value = serde_json::from_str(&line(&api).await.unwrap()).unwrap();
        assert_eq!(line.get("StuckCampaigns"), None, "what all share is told by one role");
        assert_eq!(line["WebhooksRejected.clerk"], 0, "and each process tells what it counted");
        stage.clock.set(stage.clock.now() + TimeDelta::seconds(60));
    }
    let line: Value = serde_json::from_str(&line(&cron).await.unwrap()).unwrap();
    assert_eq!(line["StuckCampaigns"], 2);
    assert_eq!(mails(&stage), ["dripr: campaigns are stuck"]);
}

#[tokio::test]
async fn webhooks_that_cannot_be_verified_are_told_by_the_process_at_which_they_come_in() {
    let stage = Stage::new(0, "[alerts]\nmail_to = \"ops@brokerage.example\"\n").await;
    let (api, cron) = (watch(&stage, &[Role::Api]).unwrap(), watch(&stage, &[Role::Cron]).unwrap());
    let incoming = stage.deployment.metrics.incoming();
    let minute = async |from: Option<&'static str>| {
        from.into_iter().for_each(|from| incoming.rejected(from, stage.clock.now()));
        line(&api).await;
        line(&cron).await;
        stage.clock.set(stage.clock.now() + TimeDelta::seconds(60));
    };
    for from in ["clerk", "stripe", "clerk"] {
        minute(Some(from)).await;
    }
    assert!(mails(&stage).is_empty(), "one or two say nothing");
    minute(Some("clerk")).await;
    for _ in 0..20 {
        minute(None).await;
    }
    assert_eq!(mails(&stage), ["dripr: webhooks cannot be verified"]);
    incoming.genuine("clerk");
    for _ in 0..12 {
        minute(None).await;
    }
    let told = ["dripr: resolved: webhooks cannot be verified", "dripr: webhooks cannot be verified"];
    assert_eq!(mails(&stage), told);
}

#[tokio::test]
async fn cloudwatch_is_told_in_a_line_that_it_can_read() {
    let stage = Stage::new(2, "[operations]\ncloudwatch_namespace = \"Dripr\"\n").await;
    stuck(&stage).await;
    let watch = watch(&stage, &[]).unwrap();
    let line = line(&watch).await.unwrap();
    assert!(!line.contains('\n'));
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["_aws"]["Timestamp"], stage.clock.now().timestamp_millis());
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Namespace"], "Dripr");
    assert_eq!(directive["Dimensions"], serde_json::json!([["Service"]]));
    assert!(line["Service"].is_string(), "a dimension is a text of the line");
    let metrics = directive["Metrics"].as_array().unwrap();
    assert!(metrics.len() <= 100);
    for metric in metrics {
        let name = metric["Name"].as_str().unwrap();
        assert!(line[name].is_number(), "{name} stands in the line");
        assert!(["Count", "Seconds", "None"].contains(&metric["Unit"].as_str().unwrap()));
    }
    assert_eq!((&line["StuckCampaigns"], &line["QueueDepth.intro"]), (&2.into(), &2.into()));
    assert!(line["QueueOldest"].as_f64().unwrap() > 421.0);
    assert_eq!((&line["MailPaused"], &line["WebhooksOff.failing"]), (&0.into(), &0.into()));
}

#[tokio::test]
async fn cloudwatch_is_told_also_where_alerts_cannot_be_looked_at() {
    let lines =
        "[alerts]\nmail_to = \"ops@brokerage.example\"\n[operations]\ncloudwatch_namespace = \"Dripr\"\n";
    let stage = Stage::new(2, lines).await;
    let options = SqliteConnectOptions::new().filename(stage.folder.path().join("dripr.db"));
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql("DROP TABLE alarms").execute(&mut connection).await.unwrap();
    let Looked { line, alerts } = watch(&stage, &[]).unwrap().look().await;
    assert!(alerts.is_err(), "what is kept of alerts is gone");
    let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
    assert_eq!(line["StuckCampaigns"], 0, "and how the deployment stands is told");
}

#[tokio::test]
async fn what_a_process_counted_since_the_last_line_is_told_at_its_end() {
    let stage = Stage::new(2, "[operations]\ncloudwatch_namespace = \"Dripr\"\n").await;
    let watch = watch(&stage, &[]).unwrap();
    let incoming = stage.deployment.metrics.incoming();
    incoming.rejected("stripe", stage.clock.now());
    let told: Value = serde_json::from_str(&line(&watch).await.unwrap()).unwrap();
    assert_eq!(told["WebhooksRejected.stripe"], 1);
    for _ in 0..2 {
        incoming.rejected("stripe", stage.clock.now());
    }
    let last: Value = serde_json::from_str(&watch.last_line().unwrap()).unwrap();
    assert_eq!(last["WebhooksRejected.stripe"], 2, "also what was counted while figures are kept");
    assert_eq!(last.get("StuckCampaigns"), None, "nobody is asked for what all share");
}

#[tokio::test]
async fn nobody_looks_where_nobody_wants_to_be_told() {
    let stage = Stage::new(0, "").await;
    assert!(watch(&stage, &[]).is_none());
}
