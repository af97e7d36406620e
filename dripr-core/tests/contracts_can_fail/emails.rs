//! Writers, renderers and archives.

use std::{collections::HashMap, sync::Mutex};

use async_trait::async_trait;
use dripr_core::{
    content::Words,
    errors::PortResult,
    guard::Objection,
    ids::{EmailId, UserId},
    ports::{
        Allowance, Archive, EmailRenderer, HomeReportFacts, IntroFacts, LlmWriter, NoticeContext, Rendered,
        ReportContext, WelcomeContext,
    },
    testkit::{contract, samples},
};

/// A writer that says what it was built with.
struct Says(&'static str);

#[async_trait]
impl LlmWriter for Says {
    async fn intro(
        &self,
        facts: &IntroFacts,
        objections: &[Objection],
        allowance: &Allowance,
    ) -> PortResult<Words> {
        samples::Writer.intro(facts, objections, allowance).await
    }
    async fn home_report(
        &self,
        facts: &HomeReportFacts,
        objections: &[Objection],
        allowance: &Allowance,
    ) -> PortResult<Words> {
        Ok(Words {
            text: self.0.to_owned(),
            ..samples::Writer.home_report(facts, objections, allowance).await?
        })
    }
}

#[tokio::test]
#[should_panic(
    expected = "every sum of money in a home report is among the facts or the difference of two; $700000"
)]
async fn a_writer_that_invents_a_price() {
    contract::llm_writer(&Says("Your home is worth about $0.7 million.")).await;
}

#[tokio::test]
#[should_panic(expected = "a home report is plain text without markup")]
async fn a_writer_that_writes_markdown() {
    contract::llm_writer(&Says("## Your home\n\nIt is **yours**.")).await;
}

/// The sample renderer, with one thing put in the place of another.
struct Replaces(&'static str, &'static str);

#[async_trait]
impl EmailRenderer for Replaces {
    async fn report(&self, context: &ReportContext) -> PortResult<Rendered> {
        let rendered = samples::Renderer.report(context).await?;
        Ok(Rendered { html: rendered.html.replace(self.0, self.1), ..rendered })
    }
    async fn welcome(&self, context: &WelcomeContext) -> PortResult<Rendered> {
        samples::Renderer.welcome(context).await
    }
    async fn notice(&self, context: &NoticeContext) -> PortResult<Rendered> {
        let rendered = samples::Renderer.notice(context).await?;
        Ok(Rendered { html: rendered.html.replace(self.0, self.1), ..rendered })
    }
}

#[tokio::test]
#[should_panic(expected = "text of people is escaped in the HTML part of a report, unlike \"<script\"")]
async fn a_renderer_that_does_not_escape() {
    contract::email_renderer(&Replaces("&lt;", "<")).await;
}

#[tokio::test]
#[should_panic(expected = "the HTML part of a morning mail shows each link, whole")]
async fn a_renderer_that_hides_the_links_of_a_morning_mail() {
    contract::email_renderer(&Replaces("https://mail.example/a/", "/a/")).await;
}

#[tokio::test]
#[should_panic(expected = "the HTML part of a sparse report carries the opt-out link")]
async fn a_renderer_that_hides_the_opt_out_link() {
    contract::email_renderer(&Replaces("https://mail.example", "")).await;
}

/// An archive for which upper and lower case are the same.
#[derive(Default)]
struct Folded(Mutex<HashMap<String, String>>);

#[async_trait]
impl Archive for Folded {
    async fn keep(&self, user: &UserId, email: &EmailId, html: &str) -> PortResult<()> {
        let name = format!("{user}/{email}").to_lowercase();
        self.0.lock().unwrap().insert(name, html.to_owned());
        Ok(())
    }
    async fn forget(&self, user: &UserId, email: &EmailId) -> PortResult<()> {
        self.0.lock().unwrap().remove(&format!("{user}/{email}").to_lowercase());
        Ok(())
    }
    async fn html(&self, user: &UserId, email: &EmailId) -> PortResult<Option<String>> {
        Ok(self.0.lock().unwrap().get(&format!("{user}/{email}").to_lowercase()).cloned())
    }
}

#[tokio::test]
#[should_panic(expected = "was never kept; another id leads to the same place")]
async fn an_archive_that_folds_ids() {
    contract::archive(&Folded::default()).await;
}
