//! `dripr mail check` of the real program, with a name server on this machine.

use std::{
    fs,
    process::{Command, Output},
};

use serde_json::Value;

use crate::name_server::{Answer, MX, NameServer, TXT, Zone, good};

fn check(server: &NameServer, args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    check_in(folder.path(), server, args)
}

fn check_in(folder: &std::path::Path, server: &NameServer, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dripr"))
        .args(["mail", "check", "agent.example", "--server", &server.address.to_string()])
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn said(output: &Output) -> (String, String) {
    (String::from_utf8(output.stdout.clone()).unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}

#[test]
fn a_good_domain_passes_line_by_line() {
    let server = NameServer::start(good());
    let output = check(&server, &["--by", "gmail", "--by", "postmark", "--selector", "20260101000000pm"]);
    let (out, err) = said(&output);
    assert!(output.status.success(), "{out}{err}");
    assert_eq!(err, "");
    for line in [
        "good     SPF          agent.example: \"v=spf1 include:_spf.google.com ~all\", at the cost of 2 of 10 look-ups",
        "good     Return-Path  pm-bounces.agent.example: is a CNAME to pm.mtasv.net",
        "good     DKIM         20260101000000pm._domainkey.agent.example: an RSA key of 2048 bits",
        "good     DKIM         google._domainkey.agent.example: an RSA key of 2048 bits",
        "good     MX           agent.example: replies go to mx1.agent.example, mx2.agent.example",
    ] {
        assert!(out.lines().any(|said| said == line), "{line}\nis not in\n{out}");
    }
}

#[test]
fn what_is_missing_is_said_with_what_to_do_and_fails() {
    let zone = Zone::default()
        .txt("agent.example", "v=spf1 mx -all")
        .txt("google._domainkey.agent.example", "v=DKIM1; p=")
        .mx("agent.example", 0, "");
    let server = NameServer::start(zone);
    let output = check(&server, &["--by", "gmail"]);
    let (out, err) = said(&output);
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    assert_eq!(err, "dripr: agent.example: 5 missing or wrong\n", "{out}");
    for part in [
        "missing  SPF          agent.example: \"v=spf1 mx -all\" does not let Google send\n",
        "-> put include:_spf.google.com into it, before its all\n",
        "wrong    DKIM         google._domainkey.agent.example: the key is revoked",
        "missing  DMARC        _dmarc.agent.example: there is none\n",
        "wrong    alignment    agent.example: Google: ",
        "wrong    MX           agent.example: it says that the domain takes no mail",
    ] {
        assert!(out.contains(part), "{part}\nis not in\n{out}");
    }
}

#[test]
fn a_name_server_that_fails_or_says_nothing_leaves_nothing_missing() {
    let zone = |answer: Answer| {
        ["_dmarc.agent.example", "google._domainkey.agent.example", "agent.example"]
            .into_iter()
            .fold(Zone::default(), |zone, name| zone.with(name, TXT, answer.clone()))
            .with("agent.example", MX, answer.clone())
    };
    for (answer, why) in [(Answer::Code(2), "Server Failure"), (Answer::Silence, "did not answer in time")] {
        let server = NameServer::start(zone(answer));
        let output = check(&server, &["--by", "gmail", "--json", "--timeout", "1"]);
        let (out, err) = said(&output);
        assert_eq!(output.status.code(), Some(1), "{out}{err}");
        assert!(err.ends_with(" could not be told\n"), "{err}");
        let report: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(report["passes"], false);
        let findings = report["findings"].as_array().unwrap();
        assert!(findings.iter().all(|finding| finding["state"] == "unknown"), "{out}");
        assert!(findings[0]["says"].as_str().unwrap().contains(why), "{out}");
    }
}

#[test]
fn a_program_reads_json() {
    let server = NameServer::start(good());
    let output = check(&server, &["--by", "postmark", "--json"]);
    let (out, err) = said(&output);
    assert_eq!(output.status.code(), Some(1), "the selector is not known: {out}");
    assert_eq!(err, "dripr: agent.example: 1 could not be told\n");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["domain"], "agent.example");
    assert_eq!(report["senders"], serde_json::json!(["Postmark"]));
    let dkim =
        report["findings"].as_array().unwrap().iter().find(|finding| finding["record"] == "DKIM").unwrap();
    assert_eq!(dkim["state"], "unknown");
    assert!(dkim["to_do"].as_str().unwrap().contains("--selector"));
}

#[test]
fn who_sends_is_read_from_the_configuration() {
    let server = NameServer::start(good());
    let folder = tempfile::tempdir().unwrap();
    let write = |mail: &str| {
        let text = format!(
            "[public]\nurl = \"https://reports.example\"\nopt_out_key = \"a key for tests only\"\n\
             [data]\nsales = \"sales.csv\"\n{mail}"
        );
        fs::write(folder.path().join("dripr.toml"), text).unwrap();
    };
    write("[mail]\nby = \"smtp\"\nhost = \"smtp-relay.gmail.com\"\n");
    let (out, err) = said(&check_in(folder.path(), &server, &["--json"]));
    assert_eq!(err, "", "{out}");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["senders"], serde_json::json!(["Google"]));
    write("");
    let output = check_in(folder.path(), &server, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).1.contains("--by"), "{output:?}");
}

#[test]
fn what_cannot_be_asked_for_is_refused() {
    let server = NameServer::start(Zone::default());
    for args in
        [&["--selector", "a b"][..], &["--server", "dns.example"], &["--timeout", "0"], &["--by", "pigeon"]]
    {
        assert_eq!(check(&server, args).status.code(), Some(2), "{args:?}");
    }
    let domain = Command::new(env!("CARGO_BIN_EXE_dripr"))
        .args(["mail", "check", "ana@agent.example"])
        .output()
        .unwrap();
    assert_eq!(domain.status.code(), Some(2));
    assert!(said(&domain).1.contains("give what stands after the @"), "{domain:?}");
    assert!(server.names().is_empty());
}
