//! The templates of one part of an email.

use std::collections::HashMap;

use dripr_core::errors::{Fault, PortError, PortResult};
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError,
    RenderErrorReason, Renderable, Template,
};
use serde_json::Value;

use super::{
    escape,
    files::{Part, Source},
    formatting, limits,
    output::Page,
    prepared::Prepared,
};

/// The shared sections of a report in one part, by name.
pub(super) type Shown<'a> = HashMap<&'a str, &'a str>;

/// The templates of one part.
#[derive(Debug)]
pub(super) struct PartTemplates {
    registry: Handlebars<'static>,
    prepared: HashMap<String, Prepared>,
    escape: Option<fn(&str) -> String>,
}

impl PartTemplates {
    /// Compiles the templates of a part.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] if one cannot be understood or may run without end; it names the file.
    pub(super) fn of(part: Part, sources: &[Source]) -> PortResult<Self> {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        formatting::register(&mut registry);
        let escape: Option<fn(&str) -> String> = match part {
            Part::Html => Some(escape::html),
            Part::Text => None,
        };
        registry.register_escape_fn(escape.unwrap_or(handlebars::no_escape));
        let unusable = |source: &Source, why: String| {
            PortError::new(
                Fault::Misconfigured,
                format!("the template {} cannot be used: {why}", source.file),
            )
        };
        let of_part = || sources.iter().filter(|source| source.part == part);
        for source in of_part() {
            limits::check_nesting(&source.text).map_err(|why| unusable(source, why))?;
            let template =
                Template::compile_with_name(&source.text, source.file.clone()).map_err(|error| {
                    let place = error.pos().map(|(line, column)| format!("line {line}, column {column}: "));
                    unusable(source, format!("{}{}", place.unwrap_or_default(), error.reason()))
                })?;
            registry.register_template(&source.name, template);
        }
        let mut prepared = HashMap::new();
        for source in of_part() {
            limits::check_steps(&registry, &source.name).map_err(|why| unusable(source, why))?;
            let template = registry.get_template(&source.name);
            if let Some(steps) = template.and_then(|template| Prepared::of(&registry, template)) {
                prepared.insert(source.name.clone(), steps);
            }
        }
        Ok(Self { registry, prepared, escape })
    }

    /// Renders a template.
    ///
    /// # Errors
    /// [`Fault::Invalid`] with template and line. What the template was given stays out of it: that may be personal.
    pub(super) fn render(
        &self,
        name: &str,
        facts: &Context,
        shown: &Shown<'_>,
        capacity: usize,
    ) -> PortResult<String> {
        let prepared = self.prepared.get(name);
        if let Some(page) =
            prepared.and_then(|steps| steps.render(facts.data(), self.escape, shown, capacity))
        {
            return Ok(page);
        }
        self.render_by_handlebars(name, facts, shown, capacity)
    }

    /// The same by Handlebars alone.
    pub(super) fn render_by_handlebars(
        &self,
        name: &str,
        facts: &Context,
        shown: &Shown<'_>,
        capacity: usize,
    ) -> PortResult<String> {
        let missing = || PortError::new(Fault::Misconfigured, format!("there is no template {name}"));
        let template = self.registry.get_template(name).ok_or_else(missing)?;
        let mut page = Page::with_capacity(capacity);
        let mut context = RenderContext::new(template.name.as_ref());
        context.register_local_helper("section", Box::new(SectionHelper { shown }));
        template
            .render(&self.registry, facts, &mut context, &mut page)
            .map_err(|error| unrenderable(name, &error))?;
        Ok(page.into_string())
    }
}

/// `{{section "sales"}}`: a shared section, as it was rendered before.
struct SectionHelper<'a> {
    shown: &'a Shown<'a>,
}

impl HelperDef for SectionHelper<'_> {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let name = helper.param(0).map(|name| name.value()).and_then(Value::as_str);
        match name.and_then(|name| self.shown.get(name)) {
            Some(section) => Ok(out.write(section)?),
            None => {
                let why =
                    "the helper section wants \"market\", \"listings\" or \"sales\", in a report".to_owned();
                Err(RenderErrorReason::Other(why).into())
            }
        }
    }
}

fn unrenderable(name: &str, error: &RenderError) -> PortError {
    let template = error.template_name.as_deref().unwrap_or(name);
    let line = error.line_no.map(|line| format!(", line {line}")).unwrap_or_default();
    PortError::new(
        Fault::Invalid,
        format!("the template {template}{line} cannot be rendered: {}", error.reason()),
    )
}
