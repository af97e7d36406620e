//! A page for a person: a title, some sentences, some buttons. Everything in it is escaped.

use std::sync::LazyLock;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use handlebars::Handlebars;
use serde::Serialize;

static PAGES: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut pages = Handlebars::new();
    // The template is built in: a test renders it.
    let _ = pages.register_template_string("page", include_str!("pages/page.hbs"));
    pages
});

/// Nothing but the page itself: no script, no frame around it, no address of it to others. Pictures of a shown email may
/// be loaded, and the way may lead on to Google, where an agent agrees.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-src 'self'; \
                      form-action 'self' https://accounts.google.com; base-uri 'none'; frame-ancestors 'none'";

/// A page. Small, since many a function gives one instead of what was asked for.
#[derive(Debug, Default)]
pub(super) struct Page {
    status: StatusCode,
    shown: Box<Shown>,
}

/// What a page shows.
#[derive(Debug, Default, Serialize)]
struct Shown {
    title: String,
    paragraphs: Vec<String>,
    buttons: Vec<Button>,
    form: Option<Form>,
    links: Vec<Way>,
    /// After how many seconds the page is to be looked at again.
    refresh: Option<u8>,
    preview: Option<String>,
}

/// What a person can do. It is done by a POST, which no program sends that only looks.
#[derive(Debug, Serialize)]
struct Button {
    label: &'static str,
    /// Relative to the page's own address.
    action: String,
    quiet: bool,
}

/// Where a person can go.
#[derive(Debug, Serialize)]
struct Way {
    label: &'static str,
    to: String,
}

/// A text that a person can write.
#[derive(Debug, Serialize)]
struct Form {
    label: &'static str,
    action: String,
    text: String,
    most: usize,
}

impl Page {
    pub(super) fn new(title: impl Into<String>) -> Self {
        let shown = Shown { title: title.into(), ..Shown::default() };
        Self { status: StatusCode::OK, shown: Box::new(shown) }
    }

    /// A page that says why something cannot be.
    pub(super) fn error(status: StatusCode, title: &str, why: impl Into<String>) -> Self {
        Self { status, ..Self::new(title).says(why) }
    }

    /// The page when the database or a provider fails.
    pub(super) fn failed(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = %error, "a page could not be shown");
        let why = "Something is wrong on our side. Nothing was changed; please try again in a few minutes.";
        Self::error(StatusCode::SERVICE_UNAVAILABLE, "Please try again", why)
    }

    pub(super) fn says(mut self, sentence: impl Into<String>) -> Self {
        self.shown.paragraphs.push(sentence.into());
        self
    }

    pub(super) fn button(mut self, label: &'static str, action: impl Into<String>) -> Self {
        self.shown.buttons.push(Button { label, action: action.into(), quiet: false });
        self
    }

    /// A way to another page.
    pub(super) fn link(mut self, label: &'static str, to: impl Into<String>) -> Self {
        self.shown.links.push(Way { label, to: to.into() });
        self
    }

    pub(super) fn quiet_button(mut self, label: &'static str, action: impl Into<String>) -> Self {
        self.shown.buttons.push(Button { label, action: action.into(), quiet: true });
        self
    }

    /// Lets a person write a text of at most so many characters, which comes as the field `text` of a POST.
    pub(super) fn form(
        mut self,
        label: &'static str,
        action: impl Into<String>,
        text: impl Into<String>,
        most: usize,
    ) -> Self {
        self.shown.form = Some(Form { label, action: action.into(), text: text.into(), most });
        self
    }

    /// Looks again by itself in a moment.
    pub(super) fn refresh(mut self, seconds: u8) -> Self {
        self.shown.refresh = Some(seconds);
        self
    }

    /// Shows an email's HTML, in which nothing runs.
    pub(super) fn preview(mut self, html: impl Into<String>) -> Self {
        self.shown.preview = Some(html.into());
        self
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let html = PAGES.render("page", &self.shown).unwrap_or_default();
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (self.status, headers, html).into_response()
    }
}
