//! Opting out and in, and approving, as a person and as a program meet them.

use chrono::TimeDelta;
use dripr_core::{
    campaign::{Action, Actor, AuditEntry},
    contact::Contact,
    email::{Block, DeliveryStatus, EmailAddress, Suppression, SuppressionCause},
    ports::{AgentStore, BlockStore, Clock, ContactReplacement, ContactStore, EmailStore},
};

use crate::site::{Site, at, shown};

/// One whose first email was sent, and its opt-out link as it stands in the email.
async fn sent() -> (Site, String) {
    let site = Site::new("", &[]).await;
    site.until("2026-03-13T12:00:00Z").await;
    let link = site.mailbox.accepted()[0].message.opt_out_link.clone().unwrap();
    (site, link)
}

async fn cause(site: &Site) -> Option<SuppressionCause> {
    site.dossier().await.suppression.map(|suppression| suppression.cause)
}

#[tokio::test]
async fn looking_at_an_opt_out_link_unsubscribes_nobody() {
    let (site, link) = sent().await;
    for _ in 0..3 {
        let page = site.get(&link).await;
        assert_eq!(page.status, 200);
        assert!(
            page.text.contains("No more home reports?") && page.text.contains("Ana Ruiz"),
            "{}",
            page.text
        );
    }
    let head = site.client.head(site.url(&link)).send().await.unwrap();
    assert_eq!(head.status(), 200);
    site.get(&format!("{link}/again")).await;
    assert_eq!(cause(&site).await, None);
    site.until("2026-04-13T12:00:00Z").await;
    assert_eq!(site.mailbox.accepted().len(), 2);
}

#[tokio::test]
async fn a_post_opts_out_at_once_and_again_in() {
    let (site, link) = sent().await;
    let page = site.post(&link).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("You get no more reports from Ana Ruiz"), "{}", page.text);
    assert_eq!(cause(&site).await, Some(SuppressionCause::OptOut));
    assert_eq!(site.post(&link).await.status, 200, "twice is once");
    assert!(site.get(&link).await.text.contains("You get no more reports"));
    site.until("2026-04-20T12:00:00Z").await;
    assert_eq!(site.mailbox.accepted().len(), 1);
    let back = site.post(&format!("{link}/again")).await;
    assert!(back.text.contains("Welcome back"), "{}", back.text);
    assert_eq!(cause(&site).await, None);
    // April's is made up for inside the grace, and May's comes at its time.
    site.until("2026-05-20T12:00:00Z").await;
    assert_eq!(site.mailbox.accepted().len(), 3);
}

/// RFC 8058: a POST with this body, without cookies and without a look at the page before.
#[tokio::test]
async fn a_mail_program_opts_out_with_one_click() {
    let (site, link) = sent().await;
    let request = site
        .client
        .post(site.url(&link))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("List-Unsubscribe=One-Click");
    let answer = shown(request).await;
    assert_eq!(answer.status, 200, "no redirect, which mail programs do not follow");
    assert_eq!(cause(&site).await, Some(SuppressionCause::OptOut));
}

#[tokio::test]
async fn a_link_works_long_after_it_was_sent() {
    let (site, link) = sent().await;
    site.clock.set(site.clock.now() + TimeDelta::days(400));
    assert_eq!(site.post(&link).await.status, 200);
    assert_eq!(cause(&site).await, Some(SuppressionCause::OptOut));
}

#[tokio::test]
async fn who_is_blocked_is_offered_nothing_that_would_not_come() {
    let (site, link) = sent().await;
    let (address, since) = (site.dossier().await.contact.email, site.clock.now());
    let block = Block { address, since, by: Actor::Operator, reason: None };
    assert!(site.deployment.store.block(block).await.unwrap());
    let asked = site.get(&link).await;
    assert!(asked.text.contains("No more home reports?"), "they may say so all the same: {}", asked.text);
    let out = site.post(&link).await;
    assert!(out.text.contains("You get no more reports"), "{}", out.text);
    assert!(!out.text.contains("Send me the reports again"), "{}", out.text);
    let again = site.post(&format!("{link}/again")).await;
    assert!(again.text.contains("You get no more reports"), "{}", again.text);
    assert_eq!(cause(&site).await, None, "but what they decided is kept");
}

/// The address of somebody who is written to elsewhere by now.
const NEW: &str = "kim@new.example";

async fn moves(site: &Site) {
    let known = site.dossier().await.contact;
    let moved = Contact { email: NEW.parse().unwrap(), ..known.clone() };
    let audit = AuditEntry::of("contact_changed", Actor::Operator, site.clock.now(), None);
    let replaced = ContactStore::replace(&*site.deployment.store, &known, moved, audit).await.unwrap();
    assert_eq!(replaced, ContactReplacement::Replaced);
}

async fn cause_at(site: &Site, address: &EmailAddress) -> Option<SuppressionCause> {
    let known = site.deployment.store.suppression(&"ana".parse().unwrap(), address).await.unwrap();
    known.map(|known| known.cause)
}

#[tokio::test]
async fn a_link_is_about_the_address_that_it_was_sent_to() {
    let (site, link) = sent().await;
    let (old, new) = (site.dossier().await.contact.email, NEW.parse().unwrap());
    moves(&site).await;
    site.until("2026-04-13T12:00:00Z").await;
    let newest = site.mailbox.accepted()[1].message.opt_out_link.clone().unwrap();
    assert_eq!(site.post(&newest).await.status, 200);
    let out = Some(SuppressionCause::OptOut);
    assert_eq!((cause_at(&site, &old).await, cause_at(&site, &new).await), (None, out));
    let again = site.post(&format!("{link}/again")).await;
    assert!(again.text.contains("has another one of yours by now"), "{}", again.text);
    assert_eq!(cause_at(&site, &new).await, out, "who had the address before lifts nothing");
    assert_eq!(site.post(&link).await.status, 200);
    assert_eq!((cause_at(&site, &old).await, cause_at(&site, &new).await), (out, out));
    assert!(site.post(&format!("{newest}/again")).await.text.contains("You get the monthly home report"));
    assert_eq!((cause_at(&site, &old).await, cause_at(&site, &new).await), (out, None));
    // What they alone decided is carried over to the present address, and taken back there with it.
    assert_eq!(site.post(&link).await.status, 200);
    assert_eq!((cause_at(&site, &old).await, cause_at(&site, &new).await), (out, out));
    assert_eq!(site.post(&format!("{link}/again")).await.status, 200);
    assert_eq!((cause_at(&site, &old).await, cause_at(&site, &new).await), (None, None));
}

#[tokio::test]
async fn who_is_written_to_elsewhere_by_now_can_still_opt_out() {
    let (site, link) = sent().await;
    let (old, new) = (site.dossier().await.contact.email, NEW.parse().unwrap());
    let suppression = Suppression {
        user_id: "ana".parse().unwrap(),
        address: old.clone(),
        cause: SuppressionCause::HardBounce,
        since: site.clock.now(),
        carried_from: None,
    };
    site.deployment.store.suppress(suppression, Actor::Provider).await.unwrap();
    let returned = site.get(&link).await.text;
    assert!(returned.contains("Mail to your address came back"), "{returned}");
    moves(&site).await;
    for page in [site.get(&link).await, site.post(&format!("{link}/again")).await] {
        assert!(page.status == 200 && page.text.contains("Stop the reports"), "{}", page.text);
        assert!(!page.text.contains("You get no more reports"), "{}", page.text);
    }
    let out = site.post(&link).await;
    assert!(out.text.contains("You get no more reports"), "{}", out.text);
    let cause = Some(SuppressionCause::OptOut);
    assert_eq!((cause_at(&site, &old).await, cause_at(&site, &new).await), (cause, cause));
    assert!(site.get(&link).await.text.contains("You get no more reports"));
}

/// One that was made before links named the recipient, by the key of these tests.
#[tokio::test]
async fn a_link_of_years_ago_works() {
    let link =
        "http://reports.example/o/ana/ana-1/a7abdce359cd429a27e302dffb2a4723392d833741a0a8177e5dc736ad2c19ec";
    let (site, _) = sent().await;
    assert!(site.get(link).await.text.contains("No more home reports?"));
    let out = site.post(link).await;
    assert!(out.status == 200 && out.text.contains("Send me the reports again"), "{}", out.text);
    assert_eq!(cause(&site).await, Some(SuppressionCause::OptOut));
    site.post(&format!("{link}/again")).await;
    assert_eq!(cause(&site).await, None);
    // Once there are two whose it may be, it takes nothing back.
    moves(&site).await;
    let out = site.post(link).await;
    assert!(out.status == 200 && !out.text.contains("Send me the reports again"), "{}", out.text);
    assert_eq!(site.post(&format!("{link}/again")).await.status, 200);
    assert_eq!(cause(&site).await, Some(SuppressionCause::OptOut));
}

#[tokio::test]
async fn a_link_that_we_did_not_make_does_nothing() {
    let (site, link) = sent().await;
    let (rest, tag) = link.rsplit_once('/').unwrap();
    for forged in [
        format!("{rest}/{}", tag.chars().rev().collect::<String>()),
        format!("{rest}/0"),
        rest.replace("ana-1", "ana-2") + "/" + tag,
        rest.replace("/ana/", "/bob/") + "/" + tag,
        format!("{rest}/%3Cscript%3E"),
    ] {
        for answer in
            [site.get(&forged).await, site.post(&forged).await, site.post(&format!("{forged}/again")).await]
        {
            assert_eq!(answer.status, 404, "{forged}");
            assert!(!answer.text.contains("<script") && !answer.text.contains("Ana Ruiz"));
        }
    }
    assert_eq!(cause(&site).await, None);
}

#[tokio::test]
async fn pages_run_nothing_and_tell_nobody_where_they_are() {
    let (site, link) = sent().await;
    let page = site.get(&link).await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(page.headers["x-content-type-options"], "nosniff");
}

/// One whose email waits for approval, and the link to it.
async fn waiting(until: &str) -> (Site, String) {
    let site = Site::new("", &[]).await;
    site.command(Action::RequireApproval { check_before_sending: true }).await;
    site.until("2026-03-11T16:00:00Z").await;
    let email = site.deployment.store.email(&site.email()).await.unwrap().unwrap();
    assert_eq!(email.delivery_status, DeliveryStatus::Created);
    let link = site.deployment.config.public.approval.link(&email, at(until));
    (site, link)
}

async fn status(site: &Site) -> DeliveryStatus {
    site.deployment.store.email(&site.email()).await.unwrap().unwrap().delivery_status
}

#[tokio::test]
async fn an_agent_looks_at_an_email_and_approves_it_once() {
    let (site, link) = waiting("2026-03-14T00:00:00Z").await;
    let page = site.get(&link).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("May this email go out?") && page.text.contains("<iframe sandbox"),
        "{}",
        page.text
    );
    assert_eq!(status(&site).await, DeliveryStatus::Created, "looking approves nothing");
    assert_eq!(site.post(&link).await.status, 200);
    assert_eq!(status(&site).await, DeliveryStatus::Approved);
    let approval = site.dossier().await.email.and_then(|email| email.approval).unwrap();
    assert_eq!(approval.approver(), Actor::User("ana".parse().unwrap()), "the link is the agent's own");
    let again = site.post(&link).await;
    assert_eq!(again.status, 409);
    assert!(again.text.contains("approved"), "{}", again.text);
    site.until("2026-03-13T12:00:00Z").await;
    assert_eq!(site.mailbox.accepted().len(), 1);
    assert_eq!(site.post(&link).await.status, 409, "it was sent");
}

#[tokio::test]
async fn an_agent_declines_an_email() {
    let (site, link) = waiting("2026-03-14T00:00:00Z").await;
    assert_eq!(site.post(&format!("{link}/skip")).await.status, 200);
    assert_eq!(status(&site).await, DeliveryStatus::Rejected);
    assert_eq!(site.post(&link).await.status, 409, "what was declined cannot be approved");
    site.until("2026-03-20T12:00:00Z").await;
    assert_eq!(site.mailbox.accepted().len(), 0);
}

#[tokio::test]
async fn looking_at_any_of_an_approval_s_pages_decides_nothing() {
    let (site, link) = waiting("2026-03-14T00:00:00Z").await;
    for (page, says) in
        [("", "May this email go out?"), ("/skip", "Send nothing this month?"), ("/intro", "<textarea")]
    {
        for _ in 0..2 {
            let shown = site.get(&format!("{link}{page}")).await;
            assert_eq!(shown.status, 200);
            assert!(shown.text.contains(says) && shown.text.contains("<iframe sandbox"), "{}", shown.text);
        }
    }
    assert_eq!(status(&site).await, DeliveryStatus::Created);
    site.post(&link).await;
    for page in ["/skip", "/intro"] {
        let shown = site.get(&format!("{link}{page}")).await;
        assert_eq!(shown.status, 409, "there is nothing to decide any more");
        assert_eq!(site.write(&format!("{link}{page}"), "Too late").await.status, 409);
    }
    assert_eq!(status(&site).await, DeliveryStatus::Approved);
}

#[tokio::test]
async fn an_agent_writes_the_opening_words_and_approves_the_report_made_with_them() {
    let (site, link) = waiting("2026-03-14T00:00:00Z").await;
    let words = "Dear Kim,\r\n<script>alert(1)</script> & {{agent}}";
    let answer = site.write(&format!("{link}/intro"), words).await;
    assert_eq!(answer.status, 200);
    let again =
        answer.text.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#x3D;", "=");
    assert!(again.starts_with("http://reports.example/again/ana-1/"), "{again}");
    assert_eq!(site.post(&link).await.status, 409, "the old report is not approved any more");
    let soon = site.get(&again).await;
    assert!(soon.status == 200 && soon.text.contains("http-equiv=\"refresh\""), "{}", soon.text);

    site.until("2026-03-11T16:30:00Z").await;
    let leads = site.get(&again).await;
    assert_eq!(leads.status, 303);
    let new = leads.headers["location"].to_str().unwrap().to_owned();
    assert_ne!(new, link);
    let page = site.get(&new).await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
    assert!(
        site.get(&format!("{new}/intro")).await.text.contains("Dear Kim,"),
        "what was written can be changed"
    );
    assert_eq!(site.post(&new).await.status, 200);
    site.until("2026-03-13T12:00:00Z").await;
    let sent = site.mailbox.accepted();
    assert_eq!(sent.len(), 1);
    assert!(
        sent[0].message.text.contains("Dear Kim,\n<script>alert(1)</script> & {{agent}}"),
        "{}",
        sent[0].message.text
    );
    assert!(site.get(&again).await.text.contains("No report waits for you here"));

    let (rest, _) = again.rsplit_once('/').unwrap();
    for forged in [format!("{rest}/00"), again.replace("ana-1", "ana-2")] {
        assert_eq!(site.get(&forged).await.status, 404);
    }
    site.clock.set(at("2026-03-20T00:00:00Z"));
    assert_eq!(site.get(&again).await.status, 404, "it ends");
}

#[tokio::test]
async fn words_that_are_none_or_too_many_change_nothing() {
    let (site, link) = waiting("2026-03-14T00:00:00Z").await;
    for text in ["", "  \r\n ", &"é".repeat(2_001)] {
        let answer = site.write(&format!("{link}/intro"), text).await;
        assert_eq!(answer.status, 409);
        assert!(answer.text.contains("an intro has 1 to 2,000 characters"), "{}", answer.text);
    }
    assert_eq!(status(&site).await, DeliveryStatus::Created);
}

#[tokio::test]
async fn what_was_removed_is_shown_and_decided_by_nobody() {
    for agent_too in [false, true] {
        let (site, link) = waiting("2026-03-14T00:00:00Z").await;
        let again = site.deployment.config.public.approval.again(
            &"ana".parse().unwrap(),
            &site.campaign(),
            at("2026-03-14T00:00:00Z"),
        );
        assert_eq!(site.get(&again).await.status, 303);
        if agent_too {
            let removed = site.deployment.store.remove(&"ana".parse().unwrap(), site.clock.now()).await;
            assert!(removed.unwrap());
        } else {
            site.command(Action::Delete).await;
        }
        for page in ["", "/skip", "/intro"] {
            let path = format!("{link}{page}");
            for answer in [site.get(&path).await, site.write(&path, "Dear Kim,").await] {
                assert_eq!(answer.status, 404, "{page}");
                assert!(!answer.text.contains("<iframe") && !answer.text.contains("home.example"));
            }
        }
        assert_eq!(site.get(&again).await.status, 404);
    }
}

#[tokio::test]
async fn the_links_of_the_morning_mail_work() {
    let (site, _) = waiting("2026-03-14T00:00:00Z").await;
    site.until("2026-03-12T13:00:00Z").await;
    let mails = site.agents.accepted();
    let mail =
        mails.iter().rfind(|mail| mail.email_id.as_str().starts_with("morning.2026-03-12.ana")).unwrap();
    let link = mail.message.text.lines().find(|line| line.contains("/a/ana-1.1/")).unwrap();
    assert!(mail.message.to.address == mail.message.from.address && mail.campaign_id.is_none());
    assert_eq!(site.get(link).await.status, 200);
    assert_eq!(site.post(link).await.status, 200);
    assert_eq!(status(&site).await, DeliveryStatus::Approved);
}

#[tokio::test]
async fn an_approval_link_ends_and_cannot_be_guessed() {
    let (site, link) = waiting("2026-03-11T18:00:00Z").await;
    site.clock.set(at("2026-03-11T18:00:00Z"));
    assert_eq!(site.post(&link).await.status, 410);
    let (rest, _) = link.rsplit_once('/').unwrap();
    for forged in [format!("{rest}/00"), rest.replace("ana-1.1", "ana-1.2") + "/00"] {
        let answer = site.post(&forged).await;
        assert_eq!(answer.status, 404);
        assert!(!answer.text.contains("home.example"), "whoever guesses learns nothing");
    }
    assert_eq!(status(&site).await, DeliveryStatus::Created);
}

#[tokio::test]
async fn an_email_that_was_made_again_is_not_approved_by_the_old_link() {
    let (site, link) = waiting("2026-03-14T00:00:00Z").await;
    site.command(Action::EditIntro { of: None, text: Some("Dear Kim,".to_owned()) }).await;
    site.until("2026-03-11T16:30:00Z").await;
    assert_eq!(status(&site).await, DeliveryStatus::Superseded);
    assert_eq!(site.post(&link).await.status, 409);
    let present = site.dossier().await.email.unwrap();
    assert_eq!(present.delivery_status, DeliveryStatus::Created);
}

#[tokio::test]
async fn it_says_whether_it_works() {
    let site = Site::new("", &[]).await;
    assert_eq!(site.get("/health").await.status, 200);
    assert_eq!(site.get("/webhooks/postmark").await.status, 404, "nobody chose Postmark");
    site.deployment.close().await;
    assert_eq!(site.get("/health").await.status, 503);
}

/// Behind a proxy that takes a path off, a page's forms lead where its link did.
#[tokio::test]
async fn pages_below_a_path_lead_on_below_it() {
    for public in ["https://x.example/reports", "https://x.example/a/b/"] {
        let site = Site::at(public, "", &[]).await;
        let base = public.trim_end_matches('/');
        let path = base.strip_prefix("https://x.example").unwrap();
        // As the proxy asks, and where the page's forms and links lead.
        let leads = async |link: &str| {
            let page = site.get(link.strip_prefix(base).unwrap()).await;
            assert_eq!(page.status, 200, "{}", page.text);
            let parts = page.text.split("action=\"").skip(1).chain(page.text.split("href=\"").skip(1));
            parts.map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        site.command(Action::RequireApproval { check_before_sending: true }).await;
        site.until("2026-03-12T14:00:00Z").await;
        let email = site.deployment.store.email(&site.email()).await.unwrap().unwrap();
        let link = site.deployment.config.public.approval.link(&email, at("2026-03-20T00:00:00Z"));
        let own = link.strip_prefix("https://x.example").unwrap();
        let mut expected = [own.to_owned(), format!("{own}/skip"), format!("{own}/intro")];
        expected.sort();
        let mut found = leads(&link).await;
        found.sort();
        assert_eq!(found, expected);
        let kim = site.dossier().await.contact.email;
        let claim =
            site.deployment.config.public.opt_out.link(&"ana".parse().unwrap(), &site.campaign(), &kim);
        assert_eq!(leads(&claim).await, [claim.strip_prefix("https://x.example").unwrap()]);
        assert!(claim.starts_with(&format!("https://x.example{path}/o/")));
    }
}
