//! The real program with Postmark on this machine: it sends, is told what came back, and answers the links.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    sync::{Arc, Mutex, atomic::Ordering},
};

use serde_json::{Value, json};

use crate::{
    deployment::Deployment,
    faults,
    imitation::{Log, mailbox, postmark},
    loopback::Loopback,
};

/// How often is looked before giving up: each look runs the program, which takes some milliseconds.
const LOOKS: usize = 3_000;

struct Program {
    deployment: Deployment,
    child: Option<Child>,
    base: String,
    /// What it said.
    log: Arc<Mutex<Vec<String>>>,
    _secrets: tempfile::TempDir,
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Program {
    fn new(homeowners: usize, postmark: &Loopback, limits: &str) -> Self {
        Self::with_mail(homeowners, postmark, limits, "production = true")
    }

    /// With lines of its own in the section of mail.
    fn with_mail(homeowners: usize, postmark: &Loopback, limits: &str, mail: &str) -> Self {
        let secrets = tempfile::tempdir().unwrap();
        let file = |name: &str, secret: &str| {
            let path = secrets.path().join(name);
            fs::write(&path, secret).unwrap();
            path.display().to_string()
        };
        let lines = format!(
            "mail_timeout_seconds = 5\n{limits}\n[mail]\nby = \"postmark\"\n{mail}\n[postmark]\nurl = \"{}\"\n\
             token_file = \"{}\"\nsettling_seconds = 0\nwebhook_username = \"postmark\"\nwebhook_password_file = \"{}\"\n\
             [http]\nlisten = \"127.0.0.1:0\"",
            postmark.base_url,
            file("token", faults::KEY),
            file("password", "webhooks-only"),
        );
        let deployment = Deployment::configured(homeowners, &lines);
        let config = deployment.path().join("dripr.toml");
        let text = fs::read_to_string(&config).unwrap().replace("filter = \"warn\"", "filter = \"info\"");
        fs::write(&config, text).unwrap();
        Self { deployment, child: None, base: String::new(), log: Arc::default(), _secrets: secrets }
    }

    /// Starts it, and learns from its log where it answers.
    fn start(&mut self) {
        let mut child = self.deployment.dripr(&["run"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let line = log.find(|line| line.contains("links and webhooks are answered")).unwrap();
        let address = line.split("address=").nth(1).unwrap().trim();
        let plain: String = address.chars().filter(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
        self.base = format!("http://{plain}");
        // Somebody has to read on, or the program would wait.
        let said = self.log.clone();
        std::thread::spawn(move || log.for_each(|line| said.lock().unwrap().push(line)));
        self.child = Some(child);
    }

    fn campaigns(&self) -> Vec<Value> {
        serde_json::from_str(&self.deployment.told(&["campaigns", "--json"])).unwrap()
    }

    fn wait_until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        if (0..LOOKS).any(|_| holds(self)) {
            return;
        }
        panic!("it never came to that: {what}: {:#?}", self.campaigns());
    }

    fn stop(&mut self) {
        let mut child = self.child.take().unwrap();
        let told = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(told.unwrap().success());
        assert!(child.wait().unwrap().success(), "SIGTERM ends it in order");
    }
}

/// The emails that the provider took, reports only.
fn taken(log: &Log) -> Vec<Value> {
    let reports = |email: &Value| {
        email["Metadata"]["dripr_email_id"].as_str().is_some_and(|id| !id.starts_with("welcome"))
    };
    log.taken().into_iter().filter(reports).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_sends_by_postmark_takes_what_comes_back_and_answers_the_links() {
    let (provider, log) = postmark().await;
    let mut program = Program::new(3, &provider, "");
    program.start();
    program.wait_until("all are sent", |program| program.deployment.unsent().is_empty());
    let emails = taken(&log);
    assert_eq!(emails.len(), 3);
    let client = reqwest::Client::new();
    for (n, email) in emails.iter().enumerate() {
        assert_eq!(email["MessageStream"], "broadcast");
        let header = |name: &str| {
            let headers = email["Headers"].as_array().unwrap();
            headers.iter().find(|header| header["Name"] == name).unwrap()["Value"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
        let link = header("List-Unsubscribe");
        let link = link.trim_start_matches('<').split('>').next().unwrap();
        let here = link.replace("https://reports.example", &program.base);
        match n {
            // The first opts out by the link in the email's head, as a mail program does.
            0 => assert_eq!(
                client.post(here).body("List-Unsubscribe=One-Click").send().await.unwrap().status(),
                200
            ),
            // The second's mailbox is gone.
            1 => {
                let bounce = json!({"RecordType": "Bounce", "ID": 42, "Type": "HardBounce",
                    "MessageID": email["MessageID"], "BouncedAt": "2026-11-05T16:33:54.9070259Z", "Inactive": true,
                    "Metadata": email["Metadata"]});
                let told = client
                    .post(format!("{}/webhooks/postmark", program.base))
                    .basic_auth("postmark", Some("webhooks-only"))
                    .body(bounce.to_string());
                assert_eq!(told.send().await.unwrap().status(), 200);
            }
            _ => {}
        }
    }
    program.wait_until("two are unsubscribed", |program| {
        program.campaigns().iter().filter(|campaign| campaign["status"] == "UNSUBSCRIBED").count() == 2
    });
    program.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_postmark_took_without_saying_so_is_found_and_not_sent_again() {
    let (provider, log) = postmark().await;
    log.loses_answers.store(true, Ordering::SeqCst);
    let mut program = Program::new(2, &provider, "first_look_up_seconds = 1\nlook_up_every_seconds = 1");
    program.start();
    program.wait_until("both are known", |program| program.deployment.unsent().is_empty());
    program.stop();
    let mut to: Vec<String> = taken(&log).iter().map(|email| mailbox(&email["To"]).unwrap().1).collect();
    to.sort();
    assert_eq!(to, ["owner0@home.example", "owner1@home.example"], "nobody got two");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_unknown_is_held_and_shown_and_a_person_ends_the_doubt() {
    let (provider, log) = postmark().await;
    log.loses_answers.store(true, Ordering::SeqCst);
    log.is_slow.store(true, Ordering::SeqCst);
    // A provider that cannot be searched.
    let mute = crate::loopback::Loopback::answering(|request| match request.path.as_str() {
        "/email" | "/email/batch" => crate::loopback::Reply::Reset,
        _ => crate::loopback::Reply::json(500, ""),
    })
    .await;
    drop(provider);
    let limits = "first_look_up_seconds = 1\nlook_up_every_seconds = 1\nhold_after_seconds = 3";
    let mut program = Program::new(2, &mute, limits);
    program.start();
    let held = |program: &Program| -> Vec<Value> {
        serde_json::from_str(&program.deployment.told(&["held", "--json"])).unwrap()
    };
    program.wait_until("both are held", |program| held(program).len() == 2);
    program.stop();
    let emails = held(&program);
    let id = |n: usize| emails[n]["email_id"].as_str().unwrap().to_owned();
    assert!(emails[0]["message_id"].as_str().unwrap().ends_with("@brokerage.example"));
    let told = program.deployment.told(&["held", &id(0), "sent", "--reason", "it is in their inbox"]);
    assert_eq!(told, format!("email {} was sent\n", id(0)));
    program.deployment.told(&["held", &id(1), "not-sent"]);
    assert_eq!(program.deployment.told(&["held"]), "0 emails are held\n");
    let again = program.deployment.dripr(&["held", &id(0), "sent"]).output().unwrap();
    assert!(!again.status.success(), "only a held email can be marked");
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_that_come_back_are_taken_from_standard_input() {
    let (provider, log) = postmark().await;
    let mut program = Program::new(2, &provider, "");
    program.start();
    program.wait_until("all are sent", |program| program.deployment.unsent().is_empty());
    program.stop();
    let emails = taken(&log);
    let receive = |program: &Program, mail: &str| {
        use std::io::Write;
        let mut child = program
            .deployment
            .dripr(&["receive"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(mail.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let id = emails[0]["Metadata"]["dripr_email_id"].as_str().unwrap();
    let bounce = format!(
        "From: MAILER-DAEMON@mx.example\r\nTo: ana@brokerage.example\r\nSubject: Undelivered Mail\r\n\
         Message-ID: <bounce-1@mx.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; owner@home.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nX-Dripr-Email-Id: {id}\r\nSubject: Your home\r\n\r\n--b--\r\n"
    );
    let said = receive(&program, &bounce);
    assert!(said.contains(id) && said.contains("NoMailbox"), "{said}");
    assert!(receive(&program, &bounce).contains("known already"));
    assert_eq!(
        receive(&program, "From: kim@home.example\r\nSubject: Thank you\r\n\r\nNice.\r\n"),
        "it is an ordinary mail\n"
    );
    program.start();
    program.wait_until("one is unsubscribed", |program| {
        program.campaigns().iter().filter(|campaign| campaign["status"] == "UNSUBSCRIBED").count() == 1
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn until_it_is_declared_production_it_writes_to_nobody_who_is_not_allowed() {
    let (provider, log) = postmark().await;
    let allowed = "allowed_recipients = [\"owner1@home.example\", \"@nobody.example\"]";
    let mut program = Program::with_mail(4, &provider, "", allowed);
    program.start();
    program.wait_until("all are sent", |program| program.deployment.unsent().is_empty());
    program.wait_until("the agent is welcomed", |program| {
        let folder = program.deployment.path().join("outbox");
        fs::read_dir(folder).is_ok_and(|entries| entries.count() > 0)
    });
    program.stop();
    let said = program.log.lock().unwrap().join("\n");
    assert!(said.contains("mail.production is not true") && said.contains("allowed=2"), "{said}");
    let to: Vec<String> = log.taken().iter().map(|email| mailbox(&email["To"]).unwrap().1).collect();
    assert_eq!(to, ["owner1@home.example"], "not even the agent");
    let outbox = program.deployment.outbox();
    assert_eq!(
        outbox.keys().map(String::as_str).collect::<Vec<_>>(),
        ["owner0@home.example", "owner2@home.example", "owner3@home.example"]
    );
    assert!(outbox.values().all(|count| *count == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_sends_no_faster_than_it_may() {
    let (provider, log) = postmark().await;
    let mut program = Program::with_mail(5, &provider, "", "production = true\nper_agent = \"2/day\"");
    program.start();
    program.wait_until("two are sent", |program| program.deployment.unsent().len() == 3);
    let waits = |program: &Program| -> Vec<String> {
        let unsent = program.deployment.unsent();
        unsent.iter().map(|campaign| program.deployment.told(&["explain", campaign])).collect()
    };
    program.wait_until("the others say why they wait", |program| {
        waits(program).iter().all(|told| told.contains("the agent's sending quota is used up for now"))
    });
    program.stop();
    assert_eq!(taken(&log).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_postmark_suppresses_is_known_before_anything_is_sent_to_them() {
    let (provider, log) = postmark().await;
    log.suppress("owner0@home.example", "ManualSuppression", "2019-12-17T08:58:33-05:00");
    log.suppress("Owner1@HOME.example", "HardBounce", "2019-12-17T08:58:33-05:00");
    log.suppress("stranger@home.example", "SpamComplaint", "2019-12-17T08:58:33-05:00");
    let mut program = Program::new(3, &provider, "");
    let told = |program: &Program, args: &[&str]| -> Value {
        let args = [&["mail", "suppressions", "--json"][..], args].concat();
        serde_json::from_str(&program.deployment.told(&args)).unwrap()
    };
    let done = |dry_run: bool, new: u32| {
        json!({"dry_run": dry_run, "listed": 3, "contacts": 2,
            "new": new, "let_in": 0})
    };
    assert_eq!(told(&program, &["--dry-run"]), done(true, 2));
    assert_eq!(told(&program, &["--dry-run"]), done(true, 2), "nothing was done");
    assert_eq!(
        program.deployment.told(&["mail", "suppressions"]),
        "addresses to which Postmark delivers nothing: 3\ncontacts who have one of them: 2\n\
         of these, get nothing more from now on: 2\n"
    );
    assert_eq!(told(&program, &[]), done(false, 0));
    program.start();
    program.wait_until("the third is sent", |program| program.deployment.unsent().len() == 2);
    program.wait_until("the others are unsubscribed", |program| {
        let campaigns = program.campaigns();
        let unsubscribed = campaigns.iter().filter(|campaign| campaign["status"] == "UNSUBSCRIBED").count();
        unsubscribed == 2
    });
    program.stop();
    let said = program.log.lock().unwrap().join("\n");
    assert!(!said.contains("@home.example") && !said.contains("@HOME.example"), "{said}");
    let to: Vec<String> = taken(&log).iter().map(|email| mailbox(&email["To"]).unwrap().1).collect();
    assert_eq!(to, ["owner2@home.example"]);
}
