//! How an agent agrees.

use std::{collections::HashMap, sync::Arc};

use chrono::TimeDelta;
use dripr_adapters::gmail::{
    ConsentError, GmailConsent, GmailMailer, GmailOptions, READ, SEND, UnusableConsent,
};
use dripr_core::{
    campaign::Actor,
    email::EmailAddress,
    mail_account::{AccountMark, Grant, MailAccount, forget},
    ports::{AgentStore, MailAccountStore, Mailer},
    schedule::Instant,
    testkit::{MemoryStore, SeededEntropy},
};
use secrecy::ExposeSecret;

use crate::{
    CLIENT, REDIRECT, REFRESH, TOKEN_PATH, both,
    google::{Google, GrantOf},
    is_accepted,
    loopback::Reply,
    now, options, outgoing, register, user, vault,
};

const STATE_KEY: &str = "s3cret-of-the-states";

struct Desk {
    google: Google,
    store: MemoryStore,
    consent: GmailConsent,
}

fn own() -> EmailAddress {
    "ana@brokerage.example".parse().unwrap()
}

fn consent(options: &GmailOptions, store: &MemoryStore) -> GmailConsent {
    let (accounts, entropy) = (Arc::new(store.clone()), Arc::new(SeededEntropy::new(9)));
    GmailConsent::new(options, REDIRECT, &STATE_KEY.into(), accounts, vault(), entropy).unwrap()
}

impl Desk {
    async fn new(look_ups: bool) -> Self {
        let google = Google::start().await;
        let store = MemoryStore::new();
        register(&store, "ana").await;
        let options = GmailOptions { look_ups, ..options(&google) };
        let consent = consent(&options, &store);
        Self { google, store, consent }
    }

    /// What stands in the query of the page to which the agent is sent who has connected nothing.
    fn page(&self, now: Instant) -> HashMap<String, String> {
        self.page_of(AccountMark::Nothing, now)
    }

    /// The same, as their account stands now.
    async fn page_as_it_is(&self, now: Instant) -> HashMap<String, String> {
        self.page_of(AccountMark::of(self.stored().await.as_ref()), now)
    }

    fn page_of(&self, mark: AccountMark, now: Instant) -> HashMap<String, String> {
        let url = reqwest::Url::parse(&self.consent.url(&user("ana"), &own(), mark, now)).unwrap();
        assert_eq!(url.as_str().split('?').next(), Some("https://accounts.google.com/o/oauth2/v2/auth"));
        url.query_pairs().into_owned().collect()
    }

    /// The agent agrees: Google makes a code for a page.
    fn agree(
        &self,
        page: &HashMap<String, String>,
        code: &str,
        account: &str,
        scope: &str,
        refresh: Option<&str>,
    ) {
        let mut world = self.google.world();
        let challenge = page["code_challenge"].clone();
        world.codes.insert(code.to_owned(), (challenge, refresh.map(str::to_owned), scope.to_owned()));
        if let Some(refresh) = refresh {
            let (account, scope) = (account.to_owned(), scope.to_owned());
            let grant = GrantOf { account, scope, revoked: false, rotates: false };
            world.grants.insert(refresh.to_owned(), grant);
        }
    }

    async fn accept(&self, code: &str, state: &str, now: Instant) -> Result<MailAccount, ConsentError> {
        self.consent.accept(&code.into(), state, &own(), now).await
    }

    async fn stored(&self) -> Option<MailAccount> {
        self.store.mail_account(&user("ana")).await.unwrap()
    }
}

fn minutes(minutes: i64) -> Instant {
    now() + TimeDelta::minutes(minutes)
}

#[tokio::test]
async fn an_agent_is_sent_to_google_with_what_it_needs() {
    for (look_ups, scope) in [(false, SEND.to_owned()), (true, both())] {
        let desk = Desk::new(look_ups).await;
        let page = desk.page(now());
        for (name, value) in [
            ("client_id", CLIENT),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("scope", &scope),
            ("access_type", "offline"),
            ("prompt", "consent"),
            ("include_granted_scopes", "true"),
            ("login_hint", "ana@brokerage.example"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(page[name], value, "{name}");
        }
        assert_eq!(page["code_challenge"].len(), 43);
        assert_eq!(page.len(), 11, "{page:?}");
        assert_eq!(desk.consent.user(&page["state"], minutes(1)).unwrap(), user("ana"));
        assert_ne!(desk.page(now())["state"], page["state"], "no state is like another");
    }
}

#[tokio::test]
async fn an_agent_who_agrees_can_send() {
    let desk = Desk::new(false).await;
    let page = desk.page(now());
    desk.agree(&page, "code", "ana@brokerage.example", SEND, Some(&format!("{REFRESH}ana")));
    let account = desk.accept("code", &page["state"], minutes(2)).await.unwrap();
    assert_eq!(desk.stored().await.as_ref(), Some(&account));
    assert_eq!((account.address.clone(), account.grant.clone(), account.version), (own(), Grant::Given, 1));
    assert_eq!((account.scopes.as_slice(), account.connected_at), (&[SEND.to_owned()][..], minutes(2)));
    let token = vault().open(&user("ana"), &account.refresh_token).unwrap();
    assert_eq!(token.expose_secret(), format!("{REFRESH}ana"));
    assert_eq!(desk.google.asked("/profile"), 0, "with the scope for sending alone it would be refused");
    let store = Arc::new(desk.store.clone());
    let mailer = GmailMailer::new(&options(&desk.google), store, vault(), desk.google.clock.clone()).unwrap();
    assert!(is_accepted(&mailer.send(&[outgoing("ana", "c.1")]).await[0]));
}

#[tokio::test]
async fn the_account_has_the_address_that_gmail_tells() {
    let desk = Desk::new(true).await;
    let page = desk.page(now());
    desk.agree(&page, "code", "ana.ruiz@gmail.example", &both(), Some("refresh"));
    let account = desk.accept("code", &page["state"], minutes(1)).await.unwrap();
    assert_eq!(account.address.as_str(), "ana.ruiz@gmail.example");
    assert_eq!(account.scopes, [SEND, READ]);
}

#[tokio::test]
async fn connecting_again_takes_the_place_of_what_was_revoked() {
    let desk = Desk::new(false).await;
    let page = desk.page(now());
    desk.agree(&page, "code", "ana@brokerage.example", SEND, Some("refresh"));
    let account = desk.accept("code", &page["state"], minutes(1)).await.unwrap();
    let grant = Grant::Revoked { since: minutes(2), reason: "revoked".to_owned() };
    assert!(
        desk.store
            .put_mail_account(MailAccount { grant, may_fall_back: true, ..account }, None)
            .await
            .unwrap()
    );
    let page = desk.page_as_it_is(minutes(3)).await;
    desk.agree(&page, "code", "ana@brokerage.example", SEND, Some("refresh-2"));
    let account = desk.accept("code", &page["state"], minutes(4)).await.unwrap();
    assert_eq!((account.version, account.grant.clone(), account.may_fall_back), (3, Grant::Given, true));
    assert_eq!(desk.stored().await, Some(account));
}

#[tokio::test]
async fn a_state_that_is_forged_or_too_old_is_refused_without_asking_anybody() {
    let desk = Desk::new(false).await;
    let page = desk.page(now());
    desk.agree(&page, "code", "ana@brokerage.example", SEND, Some("refresh"));
    let state = &page["state"];
    let forged = state.replace("ana~", "ben~");
    let other = GmailConsent::new(
        &options(&desk.google),
        REDIRECT,
        &"another key of states".into(),
        Arc::new(desk.store.clone()),
        vault(),
        Arc::new(SeededEntropy::new(9)),
    );
    let theirs = other.unwrap().url(&user("ana"), &own(), AccountMark::Nothing, now());
    let theirs = theirs.rsplit_once("state=").unwrap().1;
    for state in ["", "x", &forged, theirs, &state[1..], &format!("{state}x")] {
        let refused = desk.accept("code", state, minutes(1)).await;
        assert!(matches!(refused, Err(ConsentError::Forged)), "{state}: {refused:?}");
        assert!(matches!(desk.consent.user(state, minutes(1)), Err(ConsentError::Forged)));
    }
    let late = desk.accept("code", state, minutes(11)).await;
    assert!(matches!(late, Err(ConsentError::Expired)), "{late:?}");
    assert!(desk.google.loopback.asked().is_empty());
    assert!(desk.accept("code", state, minutes(10)).await.is_ok());
}

#[tokio::test]
async fn a_state_works_once() {
    let desk = Desk::new(false).await;
    let page = desk.page(now());
    for code in ["code", "code-2"] {
        desk.agree(&page, code, "ana@brokerage.example", SEND, Some(&format!("{code}-refresh")));
    }
    let first = desk.accept("code", &page["state"], minutes(1)).await.unwrap();
    for code in ["code", "code-2"] {
        let again = desk.accept(code, &page["state"], minutes(2)).await;
        assert!(matches!(again, Err(ConsentError::Used)), "{again:?}");
    }
    assert_eq!(desk.google.asked(TOKEN_PATH), 1);
    assert_eq!(desk.stored().await, Some(first));
    let history = desk.store.agent_history(&user("ana"), None, None, 100).await.unwrap();
    let told = history.iter().filter(|line| line.entry.what == "gmail_connected");
    let told: Vec<_> = told.map(|line| (line.entry.actor.clone(), line.entry.at)).collect();
    assert_eq!(told, [(Actor::User(user("ana")), minutes(1))], "history tells of it once");
}

#[tokio::test]
async fn a_consent_that_was_begun_before_the_account_was_forgotten_is_not_taken() {
    let desk = Desk::new(false).await;
    let page = desk.page(now());
    desk.agree(&page, "code", "ana@brokerage.example", SEND, Some("refresh"));
    desk.accept("code", &page["state"], minutes(1)).await.unwrap();
    let again = desk.page_as_it_is(minutes(2)).await;
    desk.agree(&again, "code-2", "ana@brokerage.example", SEND, Some("refresh-2"));
    assert!(forget(&desk.store, &user("ana"), &Actor::Operator, minutes(3)).await.unwrap());
    let refused = desk.accept("code-2", &again["state"], minutes(4)).await;
    assert!(matches!(refused, Err(ConsentError::Used)), "{refused:?}");
    assert_eq!(desk.google.asked(TOKEN_PATH), 1, "nor is anything asked for");
    assert!(desk.stored().await.is_some_and(|account| !account.is_connected()));
    let anew = desk.page_as_it_is(minutes(5)).await;
    desk.agree(&anew, "code-3", "ana@brokerage.example", SEND, Some("refresh-3"));
    let account = desk.accept("code-3", &anew["state"], minutes(6)).await.unwrap();
    assert!(account.is_connected(), "whoever begins since can");
}

#[tokio::test]
async fn a_code_that_belongs_to_another_state_is_refused() {
    let desk = Desk::new(false).await;
    let (mine, theirs) = (desk.page(now()), desk.page(now()));
    desk.agree(&theirs, "code", "eve@elsewhere.example", SEND, Some("refresh"));
    let refused = desk.accept("code", &mine["state"], minutes(1)).await;
    assert!(matches!(refused, Err(ConsentError::CodeRefused(_))), "{refused:?}");
    assert_eq!(desk.stored().await, None);
}

#[tokio::test]
async fn what_is_not_enough_is_refused_with_what_to_do() {
    let openid = "openid https://www.googleapis.com/auth/userinfo.email";
    for (scope, refresh, expected) in [
        (READ, Some("refresh"), "leave the box for sending ticked"),
        (openid, None, "sending"),
        (SEND, None, "hour only"),
    ] {
        let desk = Desk::new(false).await;
        let page = desk.page(now());
        desk.agree(&page, "code", "ana@brokerage.example", scope, refresh);
        let refused = desk.accept("code", &page["state"], minutes(1)).await.unwrap_err();
        assert!(refused.to_string().contains(expected), "{refused}");
        assert_eq!(desk.stored().await, None);
    }
    assert!(matches!(GmailConsent::refusal("access_denied"), ConsentError::Denied));
    let other = GmailConsent::refusal("server_error<script>").to_string();
    assert_eq!(other, "Gmail was not connected: Google reports the error \"server_errorscript\".");
}

#[tokio::test]
async fn nothing_is_stored_when_google_fails_or_there_is_no_such_agent() {
    let desk = Desk::new(true).await;
    let page = desk.page(now());
    desk.agree(&page, "code", "ana@brokerage.example", &both(), Some("refresh"));
    desk.google.world().token_troubles.push_back(Reply::json(503, "{}"));
    let failed = desk.accept("code", &page["state"], minutes(1)).await;
    assert!(matches!(failed, Err(ConsentError::Failed(_))), "{failed:?}");
    desk.google.world().search_troubles.push_back(Reply::json(500, "{}"));
    let failed = desk.accept("code", &page["state"], minutes(1)).await;
    assert!(matches!(failed, Err(ConsentError::Failed(_))), "{failed:?}");
    assert_eq!(desk.stored().await, None);

    let url = desk.consent.url(&user("nobody"), &own(), AccountMark::Nothing, now());
    let page: HashMap<_, _> = reqwest::Url::parse(&url).unwrap().query_pairs().into_owned().collect();
    desk.agree(&page, "code", "ana@brokerage.example", SEND, Some("refresh"));
    let failed = desk.accept("code", &page["state"], minutes(1)).await;
    assert!(matches!(failed, Err(ConsentError::NotStored)), "{failed:?}");
}

#[tokio::test]
async fn what_cannot_be_used_is_named() {
    let google = Google::start().await;
    let new = |options: &GmailOptions, redirect: &str, key: &str| {
        let (store, entropy) = (Arc::new(MemoryStore::new()), Arc::new(SeededEntropy::new(1)));
        GmailConsent::new(options, redirect, &key.into(), store, vault(), entropy).map(drop)
    };
    let good = options(&google);
    assert!(matches!(new(&good, "dripr.example", STATE_KEY), Err(UnusableConsent::Redirect(_))));
    assert!(matches!(new(&good, REDIRECT, "short"), Err(UnusableConsent::StateKey)));
    let page = GmailOptions { consent_url: Some("accounts".to_owned()), ..good.clone() };
    assert!(matches!(new(&page, REDIRECT, STATE_KEY), Err(UnusableConsent::Page(_))));
    let api = GmailOptions { gmail_url: Some("gmail".to_owned()), ..good };
    assert!(matches!(new(&api, REDIRECT, STATE_KEY), Err(UnusableConsent::Api(_))));
}
