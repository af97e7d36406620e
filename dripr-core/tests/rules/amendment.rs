//! What is to be written with a campaign.

use std::sync::Arc;

use dripr_core::{
    campaign::{Action, Actor, Amendment, Operation, Provision},
    content::{Author, CycleContent, Words},
    email::{DeliveryStatus, Suppression, SuppressionCause},
    testkit::samples,
};

use crate::scene::{Scene, message};

#[test]
fn an_amendment_is_empty_when_no_part_of_it_has_anything() {
    let mut scene = Scene::creating();
    scene.make_email();
    let full = scene.written.clone();
    let (contact, email) = (scene.dossier.contact.clone(), scene.email());
    let words = CycleContent::HomeReport(Words::new("Hi".to_owned(), Author::Composed));
    let suppression = Suppression {
        user_id: contact.user_id,
        address: contact.email.clone(),
        cause: SuppressionCause::OptOut,
        since: scene.now,
        carried_from: None,
    };
    scene.tick_at(crate::scene::SLOT);
    let none = Amendment::default;
    assert!(none().is_empty());
    for (part, amendment) in [
        ("campaign", Amendment { campaign: true, ..none() }),
        ("emails", Amendment { emails: vec![email.clone()], ..none() }),
        ("messages", Amendment { messages: vec![(email.id, Arc::new(message(&contact.email)))], ..none() }),
        ("content", Amendment { content: vec![(email.cycle, Operation::HomeReport, words)], ..none() }),
        ("events", Amendment { events: scene.written.events.clone(), ..none() }),
        ("suppressions", Amendment { suppressions: vec![suppression], ..none() }),
        ("audit", Amendment { audit: full.audit.clone(), ..none() }),
        ("news", Amendment { news: scene.written.news.clone(), ..none() }),
    ] {
        assert_ne!(amendment, none(), "{part}");
        assert!(!amendment.is_empty(), "{part}");
    }
}

#[test]
fn several_commands_of_one_transaction_write_each_email_once_as_it_stands_at_the_end() {
    let mut scene = Scene::creating();
    let mut all = Amendment::default();
    let cycle = scene.cycle();
    let message = samples::commercial(message(&scene.dossier.contact.email), &scene.dossier.agent);
    let words = CycleContent::HomeReport(Words::new("Hi".to_owned(), Author::Composed));
    for action in [
        Action::CreateEmail { cycle, message },
        Action::EditIntro { of: None, text: Some("Hello".to_owned()) },
        Action::Finish {
            operation: Operation::EmailCreation,
            cycle,
            fence: None,
            provision: Provision::Own,
            content: Some(Box::new(words)),
        },
        Action::Suppress { cause: SuppressionCause::OptOut },
        // Nothing is left to do: this adds nothing and takes nothing away.
        Action::Tick,
    ] {
        let command = scene.command(action);
        scene.dossier.execute(&command, &mut all).unwrap();
    }
    assert!(all.campaign);
    let emails: Vec<_> = all.emails.iter().map(|email| email.delivery_status).collect();
    assert_eq!(emails, [DeliveryStatus::Superseded]);
    assert_eq!((all.messages.len(), all.content.len(), all.suppressions.len()), (1, 1, 1));
    assert!(!all.events.is_empty());
    let what: Vec<_> = all.audit.iter().map(|entry| entry.what.as_str()).collect();
    assert_eq!(what, ["email_created", "approved", "intro_edited", "suppressed", "unsubscribed"]);
}

#[test]
fn two_emails_of_one_transaction_are_both_written() {
    let mut scene = Scene::ready();
    let mut all = Amendment::default();
    let cycle = scene.cycle();
    let message = samples::commercial(message(&scene.dossier.contact.email), &scene.dossier.agent);
    for action in [Action::EditIntro { of: None, text: None }, Action::CreateEmail { cycle, message }] {
        let command = scene.command(action);
        scene.dossier.execute(&command, &mut all).unwrap();
    }
    let emails: Vec<_> = all.emails.iter().map(|e| (e.id.as_str(), e.delivery_status)).collect();
    assert_eq!(emails, [("agent-1.1", DeliveryStatus::Superseded), ("agent-1.2", DeliveryStatus::Approved)]);
}

#[test]
fn an_audit_row_says_who_did_it() {
    for (actor, stored) in [
        (Actor::System, r#""system""#),
        (Actor::User("agent".parse().unwrap()), r#"{"user":"agent"}"#),
        (Actor::Recipient, r#""recipient""#),
        (Actor::Provider, r#""provider""#),
        (Actor::Operator, r#""operator""#),
    ] {
        let mut scene = Scene::ready();
        scene.actor = actor.clone();
        scene.did(Action::Disable);
        assert!(scene.written.audit.iter().all(|entry| entry.actor == actor && entry.at == scene.now));
        assert_eq!(scene.audited(), ["disabled", "stood_down"]);
        assert_eq!(serde_json::to_string(&actor).unwrap(), stored);
    }
}
