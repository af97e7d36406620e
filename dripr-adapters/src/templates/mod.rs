//! Emails from Handlebars templates.
//!
//! The templates that ship stand in `builtin/`; a deployment may put its own beside them ([`Templates::from_dir`]).
//! What a template can use is described in `docs/report.md`. Where to look:
//!
//! | file | what |
//! |---|---|
//! | `report_view`, `area_view`, `notice_view` | what templates see: facts that can be shown, and nothing else |
//! | `clean`, `escape` | text of people, providers and models, made harmless |
//! | `formatting` | the helpers: money, dates |
//! | `sections` | what a ZIP code's reports share is rendered once |
//! | `part_templates`, `prepared` | rendering, fast where a template is plain |
//! | `files`, `limits` | where templates come from, and what they may ask of the machine |
//! | [`samples`] | invented contexts, to look at a template with |
//!
//! A template is rendered in strict mode: a name that does not exist is an error, which tells template and line.
//! Values are escaped in HTML, and never read as templates themselves.

mod area_view;
mod clean;
mod escape;
mod files;
mod formatting;
mod home_facts;
mod limits;
mod notice_view;
mod output;
mod part_templates;
mod prepared;
mod report_view;
pub mod samples;
mod sections;
mod wrap;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use dripr_core::{
    content::{AreaContent, AreaKey},
    email::{CommercialMessage, Message, Party},
    errors::{Fault, PortError, PortResult},
    ports::{EmailRenderer, NoticeContext, Rendered, ReportContext, WelcomeContext},
};
use handlebars::Context;
use serde::Serialize;

use self::{
    area_view::AreaView,
    files::{Part, Source},
    notice_view::NoticeView,
    part_templates::{PartTemplates, Shown},
    report_view::{AgentView, ReportView, Shows},
    sections::{Section, Sections},
};

/// The longest subject line, in characters.
const LONGEST_SUBJECT: usize = 150;
/// What the part of a report that is not shared usually takes, in bytes.
const USUAL_HTML: usize = 14 * 1024;
const USUAL_TEXT: usize = 4 * 1024;
const USUAL_SUBJECT: usize = 128;

/// Renders emails from Handlebars templates.
///
/// ```
/// # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # rt.block_on(async {
/// use dripr_adapters::templates::{Templates, samples};
/// use dripr_core::ports::EmailRenderer;
/// let email = Templates::builtin()?.report(&samples::full()?).await?;
/// assert_eq!(email.subject, "12 Elm St: your home report for March 2015");
/// assert!(email.text.contains("$584,000 as of March 1, 2015"));
/// # Ok::<(), dripr_core::errors::PortError>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Templates {
    html: PartTemplates,
    text: PartTemplates,
    sections: Sections,
    /// Whether a template is a deployment's own, so that what it makes is looked at.
    own: bool,
}

impl Templates {
    /// The templates that ship.
    ///
    /// # Errors
    /// None that a release can have: a test renders them all.
    pub fn builtin() -> PortResult<Self> {
        Self::of(&files::builtin(), false)
    }

    /// The templates that ship, each replaced by the file of the same name in a folder, if there is one; other files
    /// named `NAME.html.hbs` or `NAME.txt.hbs` can be included as `{{> NAME}}`. Every template is rendered with
    /// invented facts first, so that a mistake shows now and not in the middle of a month.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] if the folder or a file cannot be read, or a template cannot be understood or rendered,
    /// may run without end, holds a script, or leaves out the agent's postal address or the opt-out link. It names the
    /// template, and the line where there is one.
    pub fn from_dir(folder: impl AsRef<Path>) -> PortResult<Self> {
        let templates = Self::of(&files::in_folder(folder.as_ref())?, true)?;
        let misconfigured = |error: PortError| PortError::new(Fault::Misconfigured, error.to_string());
        for context in samples::all()? {
            let rendered = templates.render_report(&context).map_err(misconfigured)?;
            is_commercial(rendered, &context)?;
        }
        templates.render_welcome(&samples::welcome()?).map_err(misconfigured)?;
        for context in samples::notices()? {
            templates.render_notice(&context).map_err(misconfigured)?;
        }
        Ok(templates)
    }

    fn of(sources: &[Source], own: bool) -> PortResult<Self> {
        let html = PartTemplates::of(Part::Html, sources)?;
        let text = PartTemplates::of(Part::Text, sources)?;
        Ok(Self { html, text, sections: Sections::default(), own })
    }

    fn render_report(&self, context: &ReportContext) -> PortResult<Rendered> {
        let section = |shared: &Option<(AreaKey, Arc<AreaContent>)>| match shared {
            Some((key, content)) => self.sections.of(key, content, || self.section(key, content)),
            None => Ok(Arc::default()),
        };
        let (listings, sales) = (section(&context.listings)?, section(&context.sales)?);
        let market = section(&context.market)?;
        let all = [("market", &market), ("listings", &listings), ("sales", &sales)];
        let html: Shown<'_> = all.iter().map(|(name, section)| (*name, section.html.as_str())).collect();
        let text: Shown<'_> = all.iter().map(|(name, section)| (*name, section.text.as_str())).collect();
        let shared = |shown: &Shown<'_>| shown.values().map(|section| section.len()).sum::<usize>();
        let shows = |section: &Section| !section.html.is_empty();
        let shows = Shows { listings: shows(&listings), sales: shows(&sales), market: shows(&market) };
        let view = ReportView::of(context, shows)?;
        let context = facts(&view)?;
        let rendered = Rendered {
            subject: subject(&self.text.render("report.subject", &context, &Shown::new(), USUAL_SUBJECT)?),
            html: self.html.render("report", &context, &html, USUAL_HTML + shared(&html))?,
            text: wrap::wrap(&self.text.render("report", &context, &text, USUAL_TEXT + shared(&text))?),
        };
        if self.own {
            is_sound(&rendered)?;
        }
        Ok(rendered)
    }

    fn section(&self, key: &AreaKey, content: &AreaContent) -> PortResult<Section> {
        let Some((name, view)) = AreaView::of(key, content) else { return Ok(Section::default()) };
        let context = facts(&view)?;
        Ok(Section {
            html: self.html.render(name, &context, &Shown::new(), USUAL_HTML)?,
            text: wrap::wrap(&self.text.render(name, &context, &Shown::new(), USUAL_TEXT)?),
        })
    }

    fn render_welcome(&self, context: &WelcomeContext) -> PortResult<Rendered> {
        self.letter("welcome", &WelcomeView { agent: AgentView::of(&context.agent)? })
    }

    fn render_notice(&self, context: &NoticeContext) -> PortResult<Rendered> {
        match NoticeView::of(context)? {
            NoticeView::Morning(view) => self.letter("morning", &view),
            NoticeView::Concern(view) => self.letter("concern", &view),
        }
    }

    /// A mail to an agent, by the name of its templates.
    fn letter(&self, name: &str, view: &impl Serialize) -> PortResult<Rendered> {
        let context = facts(view)?;
        let line = self.text.render(&format!("{name}.subject"), &context, &Shown::new(), USUAL_SUBJECT)?;
        let rendered = Rendered {
            subject: subject(&line),
            html: self.html.render(name, &context, &Shown::new(), USUAL_HTML)?,
            text: wrap::wrap(&self.text.render(name, &context, &Shown::new(), USUAL_TEXT)?),
        };
        if self.own {
            is_sound(&rendered)?;
        }
        Ok(rendered)
    }
}

#[async_trait]
impl EmailRenderer for Templates {
    async fn report(&self, context: &ReportContext) -> PortResult<Rendered> {
        self.render_report(context)
    }

    async fn welcome(&self, context: &WelcomeContext) -> PortResult<Rendered> {
        self.render_welcome(context)
    }

    async fn notice(&self, context: &NoticeContext) -> PortResult<Rendered> {
        self.render_notice(context)
    }
}

/// What a welcome mail's template sees.
#[derive(Debug, Serialize)]
struct WelcomeView {
    agent: AgentView,
}

fn facts(view: &impl Serialize) -> PortResult<Context> {
    let unfit = |error| {
        PortError::new(Fault::Invalid, "the facts of an email cannot be given to a template").caused_by(error)
    };
    Ok(Context::from(serde_json::to_value(view).map_err(unfit)?))
}

/// A subject is one line, and not a long one.
fn subject(text: &str) -> String {
    let line = clean::line(text);
    match line.char_indices().nth(LONGEST_SUBJECT) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default().trim_end()),
        None => line.into_owned(),
    }
}

/// What no email may lack, and none may hold, whoever wrote its template.
fn is_sound(rendered: &Rendered) -> PortResult<()> {
    if holds_script(rendered.html.as_bytes()) {
        return Err(PortError::new(Fault::Invalid, "the HTML part that the templates make holds a script"));
    }
    if rendered.subject.is_empty() {
        return Err(PortError::new(Fault::Invalid, "the templates make an empty subject line"));
    }
    Ok(())
}

/// How many bytes of HTML are looked at together.
const BLOCK: usize = 64;

/// Whether a tag of a script begins anywhere. A report has more than a thousand tags, and next to none begins with these letters:
/// whole blocks are looked through for `<sc` without a branch, and a block that has it is looked at closely.
fn holds_script(html: &[u8]) -> bool {
    // The same bytes from the next and from the next but one on: what begins in one block and ends in another is seen too.
    let (Some(second), Some(third)) = (html.get(1..), html.get(2..)) else { return false };
    let blocks = html.chunks(BLOCK).zip(second.chunks(BLOCK)).zip(third.chunks(BLOCK));
    let begins = |((first, second), third): ((&[u8], &[u8]), &[u8])| {
        let letters = first.iter().zip(second).zip(third);
        let hits = letters.fold(0_u8, |hits, ((first, second), third)| {
            // Letters differ from their capitals by one bit.
            let hit = (*first == b'<') & (*second | 0x20 == b's') & (*third | 0x20 == b'c');
            hits | u8::from(hit)
        });
        hits != 0
    };
    let is_script = |tag: &[u8]| matches!(tag, [b'<', name @ ..] if name.eq_ignore_ascii_case(b"script"));
    blocks.enumerate().filter(|(_, block)| begins(*block)).any(|(at, _)| {
        let tag = b"<script".len();
        html.get(at * BLOCK..).unwrap_or_default().windows(tag).take(BLOCK).any(is_script)
    })
}

/// Whether what a deployment's own templates make can become an email: better told now than in the middle of a month.
fn is_commercial(rendered: Rendered, context: &ReportContext) -> PortResult<()> {
    let (agent, contact) = (&*context.agent, &context.contact);
    let message = Message {
        from: Party { name: agent.full_name(), address: agent.email.clone() },
        to: Party { name: contact.first_name.clone(), address: contact.email.clone() },
        subject: rendered.subject,
        html: rendered.html,
        text: rendered.text,
        opt_out_link: Some(context.opt_out_link.clone()),
        opt_out_mailto: None,
    };
    let refused = |why| PortError::new(Fault::Misconfigured, format!("the templates cannot be used: {why}"));
    CommercialMessage::new(message, agent).map(|_| ()).map_err(refused)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// HTML with what is a script's tag, what nearly is one, and enough between to lie across blocks.
    fn html() -> impl Strategy<Value = String> {
        let (padding, letters) = (0..2 * BLOCK, "[<sScCrRiIpPtT]{0,8}");
        let between = padding.prop_map(|length| "x".repeat(length));
        let tag = prop::sample::select(vec!["<script", "<SCRIPT>", "<ScRiPt", "<sc", "<scrip", "<", "é"]);
        let piece = prop_oneof![between, letters, tag.prop_map(String::from)];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn a_script_is_found_wherever_it_begins(html in html()) {
            let is_script = |at: usize| {
                html.as_bytes().get(at + 1..at + 7).is_some_and(|tag| tag.eq_ignore_ascii_case(b"script"))
            };
            let one_by_one = html.match_indices('<').any(|(at, _)| is_script(at));
            prop_assert_eq!(holds_script(html.as_bytes()), one_by_one, "{:?}", html);
        }
    }

    #[test]
    fn preparing_templates_changes_nothing_about_what_they_make() {
        let templates = Templates::builtin().unwrap();
        for sample in samples::all().unwrap() {
            let shows = Shows { listings: true, sales: true, market: true };
            let context = facts(&ReportView::of(&sample, shows).unwrap()).unwrap();
            let shown: Shown<'_> =
                ["market", "listings", "sales"].into_iter().map(|name| (name, "<b>x</b>")).collect();
            for (part, name) in [
                (&templates.html, "report"),
                (&templates.text, "report"),
                (&templates.text, "report.subject"),
            ] {
                let fast = part.render(name, &context, &shown, 0).unwrap();
                assert_eq!(fast, part.render_by_handlebars(name, &context, &shown, 0).unwrap(), "{name}");
            }
            for (key, content) in [sample.listings, sample.sales, sample.market].into_iter().flatten() {
                let (name, view) = AreaView::of(&key, &content).unwrap();
                let context = facts(&view).unwrap();
                for part in [&templates.html, &templates.text] {
                    let fast = part.render(name, &context, &Shown::new(), 0).unwrap();
                    assert_eq!(
                        fast,
                        part.render_by_handlebars(name, &context, &Shown::new(), 0).unwrap(),
                        "{name}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_subject_is_one_line_of_bounded_length() {
        assert_eq!(subject(" 12 Elm\r\nSt \n"), "12 Elm St");
        assert_eq!(subject(&"é".repeat(1_000)).chars().count(), LONGEST_SUBJECT + 1);
    }
}
