use futures_util::future::join_all;

use super::{START, at};
use crate::{
    campaign::{Actor, AuditEntry},
    ids::UserId,
    mail_account::{Grant, MailAccount, SealedToken},
    ports::{AgentStore, MailAccountStore},
    testkit::samples,
};

/// What every [`MailAccountStore`] must do: one account for each agent, and no change that somebody else's change was made
/// without knowing of.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn mail_account_store<S: MailAccountStore + AgentStore + ?Sized>(store: &S) {
    for id in ["agent", "other"] {
        let agent = samples::agent(id, at(START)).expect("a sample agent");
        let event = samples::user_created(&agent);
        assert!(
            store.register(agent, event, Actor::Operator).await.expect("registering"),
            "a new agent is registered"
        );
    }
    let read = async |user: &UserId| store.mail_account(user).await.expect("reading an account");
    let put = async |account: &MailAccount| {
        store.put_mail_account(account.clone(), None).await.expect("storing an account")
    };
    let (given, other) = (account("agent"), account("other"));
    assert_eq!(read(&given.user_id).await, None, "an agent who connected nothing has no account");
    assert!(!put(&account("nobody")).await, "nobody else than an agent has an account");
    let later = MailAccount { version: 1, ..given.clone() };
    assert!(!put(&later).await, "a later version of an account that is not there is not stored");
    assert_eq!(read(&given.user_id).await, None, "what was not stored is not there");

    assert!(put(&given).await, "a new account is stored");
    let first = MailAccount { version: 1, ..given.clone() };
    let stored = read(&given.user_id).await;
    assert_eq!(stored.as_ref(), Some(&first), "an account comes back as it was given, as version 1");
    assert!(!put(&given).await, "an account that is there is not stored as new");
    assert_eq!(read(&other.user_id).await, None, "an account is one agent's and nobody else's");

    let revoked = MailAccount {
        refresh_token: SealedToken((0..=255).collect()),
        grant: Grant::Revoked { since: at("2026-03-02T00:00:00.000001Z"), reason: "\"é\u{0}\n".to_owned() },
        may_fall_back: true,
        ..first.clone()
    };
    let together = join_all((0..3).map(|_| put(&revoked))).await;
    let stored = together.iter().filter(|stored| **stored).count();
    assert_eq!(stored, 1, "of several who change the same version at once, one is the first");
    let second = MailAccount { version: 2, ..revoked };
    assert_eq!(read(&given.user_id).await.as_ref(), Some(&second), "a changed account has the next version");
    assert!(!put(&first).await, "an older version may not replace a newer one");
    let ahead = MailAccount { version: 3, ..second.clone() };
    assert!(!put(&ahead).await, "nor may one that is not there yet");
    assert_eq!(read(&given.user_id).await.as_ref(), Some(&second), "what was refused changes nothing");

    let entry = |what: &str| AuditEntry::of(what, Actor::Operator, at(START), Some("because".to_owned()));
    let told = async |account: &MailAccount, what: &str| {
        store.put_mail_account(account.clone(), Some(entry(what))).await.expect("storing an account")
    };
    let lines = async |user: &UserId| {
        let history = store.agent_history(user, None, None, 100).await.expect("reading a history");
        history.into_iter().filter(|line| line.entry.what.starts_with("mailbox_")).collect::<Vec<_>>()
    };
    assert!(told(&second, "mailbox_changed").await, "a change may say why");
    let noted = lines(&given.user_id).await;
    let noted: Vec<_> = noted.iter().map(|line| (&line.campaign_id, &line.entry)).collect();
    assert_eq!(
        noted,
        [(&None, &entry("mailbox_changed"))],
        "a change that says why leaves a line in the agent's history"
    );
    assert!(!told(&second, "mailbox_refused").await, "a change of what was changed since is refused");
    assert!(!told(&account("nobody"), "mailbox_refused").await, "whoever says why");
    assert_eq!(lines(&given.user_id).await.len(), 1, "what was refused leaves no line");
    assert!(lines(&other.user_id).await.is_empty(), "nor is there one in another agent's history");

    assert!(put(&other).await, "each agent has an account");
    let remove = async |user: &UserId| store.remove_mail_account(user).await.expect("removing an account");
    assert!(remove(&given.user_id).await, "an account can be forgotten");
    assert!(!remove(&given.user_id).await, "once");
    assert_eq!(read(&given.user_id).await, None, "a forgotten account is not there");
    assert!(!put(&second).await, "a forgotten account does not come back by a change");
    let kept = read(&other.user_id).await;
    assert_eq!(
        kept,
        Some(MailAccount { version: 1, ..other }),
        "forgetting an account leaves the others as they are"
    );
    assert!(put(&given).await, "an agent who disconnected may connect again");
}

fn account(user: &str) -> MailAccount {
    MailAccount {
        user_id: UserId::new(user).expect("an id"),
        address: format!("{user}@mail.example").parse().expect("an address"),
        scopes: vec!["send".to_owned(), "https://mail.example/auth/read".to_owned()],
        refresh_token: SealedToken(vec![0, 1, 127, 128, 255]),
        grant: Grant::Given,
        connected_at: at(START),
        may_fall_back: false,
        fell_back_until: None,
        version: 0,
    }
}
