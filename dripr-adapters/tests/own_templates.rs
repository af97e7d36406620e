//! Templates of a deployment's own: what they may do, and how their mistakes are told.

#![cfg(feature = "templates")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use dripr_adapters::templates::{Templates, samples};
use dripr_core::{
    errors::{Fault, PortError},
    ports::EmailRenderer,
};

fn builtin(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/templates/builtin").join(file))
        .unwrap()
}

fn with(files: &[(&str, &str)]) -> Result<Templates, PortError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    Templates::from_dir(folder.path())
}

#[tokio::test]
async fn an_empty_folder_changes_nothing() {
    let own = with(&[("README.md", "not a template")]).unwrap();
    let context = samples::full().unwrap();
    assert_eq!(
        own.report(&context).await.unwrap(),
        Templates::builtin().unwrap().report(&context).await.unwrap()
    );
}

#[tokio::test]
async fn a_file_replaces_the_one_of_its_name_and_others_can_be_included() {
    let text = "{{> note agent}}\n{{#if value}}{{#each value.comparables}}{{@index}} {{/each}}{{/if}}\n\
        {{section \"sales\"}}\n{{agent.postal_address}}\n{{opt_out_link}}\n";
    let own = with(&[
        ("report.txt.hbs", text),
        ("note.txt.hbs", "A note of {{first_name}}'s.\n"),
        ("report.subject.hbs", "{{zip_code}} in {{month date}}"),
    ])
    .unwrap();
    let email = own.report(&samples::full().unwrap()).await.unwrap();
    assert_eq!(email.subject, "98103 in March 2015");
    assert!(email.text.starts_with("A note of Ana's.\n0 1 2 3 4\nHOMES SOLD NEAR 98103"), "{}", email.text);
    assert_eq!(
        email.html,
        Templates::builtin().unwrap().report(&samples::full().unwrap()).await.unwrap().html
    );
}

#[test]
fn mistakes_are_told_with_template_and_line_before_any_email_is_made() {
    let html = builtin("report.html.hbs");
    let text = builtin("report.txt.hbs");
    let after = |text: &str, line: &str| format!("{text}\n{line}\n");
    let lines = |text: &str| text.lines().count() + 1;
    for (file, content, expected) in [
        ("report.html.hbs", after(&html, "{{#if x}}"), vec!["report.html.hbs", "line"]),
        ("report.txt.hbs", after(&text, "{{agent.fax}}"), vec!["report.txt.hbs", "agent.fax"]),
        ("report.txt.hbs", after(&text, "{{agent.fax}}"), vec![&*format!("line {}", lines(&text) + 1)]),
        (
            "report.txt.hbs",
            after(&text, "{{money agent.name}}"),
            vec!["report.txt.hbs", "money", "whole number"],
        ),
        ("report.txt.hbs", after(&text, "{{shout date}}"), vec!["report.txt.hbs", "shout"]),
        ("report.txt.hbs", after(&text, "{{section \"weather\"}}"), vec!["report.txt.hbs", "section"]),
        ("report.txt.hbs", after(&text, "{{> report}}"), vec!["report.txt.hbs", "includes itself"]),
        ("report.txt.hbs", after(&text, "{{> nobody}}"), vec!["report.txt.hbs", "nobody"]),
        ("report.html.hbs", after(&html, "<script>x</script>"), vec!["script"]),
        ("report.html.hbs", html.replace("{{opt_out_link}}", "#"), vec!["opt-out link", "HTML"]),
        ("report.txt.hbs", text.replace("{{opt_out_link}}", ""), vec!["opt-out link", "text"]),
        ("report.txt.hbs", text.replace("{{agent.postal_address}}", ""), vec!["postal address", "text"]),
        ("report.subject.hbs", String::new(), vec!["subject"]),
        ("report.html", String::new(), vec![]),
        ("letter.hbs", String::new(), vec!["letter.hbs"]),
        ("big.txt.hbs", "x".repeat(300_000), vec!["big.txt.hbs", "256 KB"]),
    ] {
        let made = with(&[(file, &content)]);
        if expected.is_empty() {
            assert!(made.is_ok(), "{file}");
            continue;
        }
        let error = made.expect_err(file);
        assert_eq!(error.fault(), Fault::Misconfigured, "{error}");
        for part in expected {
            assert!(error.to_string().contains(part), "{file}: {error} does not say {part:?}");
        }
    }
    let missing = Templates::from_dir("/no/such/folder").unwrap_err();
    assert!(missing.to_string().contains("/no/such/folder"), "{missing}");
}

#[test]
fn a_template_cannot_make_more_than_half_a_megabyte() {
    let text = format!("{}{}", builtin("report.txt.hbs"), "{{#each sources}}{{> big \"\"}}{{/each}}");
    let error = with(&[("report.txt.hbs", &text), ("big.txt.hbs", &"x".repeat(200_000))]).unwrap_err();
    assert!(error.to_string().contains("512 KB"), "{error}");
}

#[tokio::test]
async fn an_error_names_no_value_that_a_template_was_given() {
    let text = format!("{}{}", builtin("report.txt.hbs"), "{{#if value}}{{else}}{{date agent.name}}{{/if}}");
    let error = with(&[("report.txt.hbs", &text)]).unwrap_err().to_string();
    assert!(error.contains("a date") && !error.contains("Ana"), "{error}");
}
