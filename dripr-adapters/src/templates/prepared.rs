//! Templates made ready for the many emails that use them.
//!
//! Handlebars looks a name up anew each time and copies a good deal on the way; a report takes it three times as long
//! as everything else together. A template that uses only the plain part of the language (text, values, `if`,
//! `unless`, `each` over a list, partials given one value, and the helpers of this module) is turned into a list of
//! steps here once. Whatever is not plain, in a template or in the facts it meets, is left to Handlebars itself, errors
//! included: what comes out is the same either way, which tests hold to.

use std::collections::HashMap;

use handlebars::{
    Handlebars, JsonTruthy, Output, Template,
    template::{HelperTemplate, Parameter, TemplateElement},
};
use serde_json::Value;

use super::{formatting::Format, output::Page};

/// A template as steps.
#[derive(Debug, PartialEq)]
pub(super) struct Prepared(Vec<Step>);

#[derive(Debug, PartialEq)]
enum Step {
    Text(Box<str>),
    Value { fact: Path, escaped: bool },
    Formatted { fact: Path, format: Format },
    Section(Box<str>),
    If { fact: Path, when: bool, then: Vec<Step>, otherwise: Vec<Step> },
    Each { list: Path, body: Vec<Step>, otherwise: Vec<Step> },
    Include { fact: Given, body: Vec<Step> },
}

/// Where a fact is found.
#[derive(Debug, PartialEq)]
enum Path {
    /// Names, from what is looked at.
    Names(Vec<Box<str>>),
    /// Whether this is the first turn of a loop.
    First,
    /// Whether this is the last turn of a loop.
    Last,
}

/// What a partial is given.
#[derive(Debug, PartialEq)]
enum Given {
    Fact(Path),
    Literal(Value),
}

/// What steps look at.
#[derive(Clone, Copy)]
struct Sight<'a> {
    fact: &'a Value,
    turn: Option<(bool, bool)>,
}

/// Something that only Handlebars can do.
struct NotPlain;

impl Prepared {
    /// The steps of a template; nothing if it uses more than the plain part of the language.
    pub(super) fn of(registry: &Handlebars<'_>, template: &Template) -> Option<Self> {
        steps(registry, template).ok().map(Self)
    }

    /// Renders; nothing if the facts ask for Handlebars.
    pub(super) fn render(
        &self,
        facts: &Value,
        escape: Option<fn(&str) -> String>,
        sections: &HashMap<&str, &str>,
        capacity: usize,
    ) -> Option<String> {
        let mut page = Page::with_capacity(capacity);
        let mut run = Run { page: &mut page, escape, sections };
        run.steps(&self.0, Sight { fact: facts, turn: None }).ok()?;
        Some(page.into_string())
    }
}

fn steps(registry: &Handlebars<'_>, template: &Template) -> Result<Vec<Step>, NotPlain> {
    let mut steps = Vec::with_capacity(template.elements.len());
    for element in &template.elements {
        match element {
            TemplateElement::RawString(text) => steps.push(Step::Text(text.as_str().into())),
            TemplateElement::Comment(_) => {}
            TemplateElement::Expression(expression) => steps.push(self::expression(expression, true)?),
            TemplateElement::HtmlExpression(expression) => steps.push(self::expression(expression, false)?),
            TemplateElement::HelperBlock(block) => steps.push(self::block(registry, block)?),
            TemplateElement::PartialExpression(partial) => {
                let named = match &partial.name {
                    Parameter::Literal(name) => name.as_str(),
                    name => name.as_name(),
                };
                let body = named.and_then(|name| registry.get_template(name)).ok_or(NotPlain)?;
                let fact = match partial.params.as_slice() {
                    [Parameter::Literal(literal)] => Given::Literal(literal.clone()),
                    [path @ Parameter::Path(_)] => Given::Fact(self::path(path)?),
                    _ => return Err(NotPlain),
                };
                // Partials were found to end before they come here.
                let plain = partial.hash.is_empty() && partial.indent.as_deref().is_none_or(str::is_empty);
                if !plain {
                    return Err(NotPlain);
                }
                steps.push(Step::Include { fact, body: self::steps(registry, body)? });
            }
            _ => return Err(NotPlain),
        }
    }
    Ok(steps)
}

fn expression(expression: &HelperTemplate, escaped: bool) -> Result<Step, NotPlain> {
    let name = expression.name.as_name().ok_or(NotPlain)?;
    if !expression.hash.is_empty() || expression.block {
        return Err(NotPlain);
    }
    match (name, expression.params.as_slice()) {
        // A name alone may be that of a helper too.
        (name, []) if is_helper(name) => Err(NotPlain),
        (_, []) => Ok(Step::Value { fact: path(&expression.name)?, escaped }),
        ("section", [Parameter::Literal(Value::String(section))]) => {
            Ok(Step::Section(section.as_str().into()))
        }
        (name, [fact]) => {
            let format = Format::named(name).ok_or(NotPlain)?;
            Ok(Step::Formatted { fact: path(fact)?, format })
        }
        _ => Err(NotPlain),
    }
}

fn block(registry: &Handlebars<'_>, block: &HelperTemplate) -> Result<Step, NotPlain> {
    let part = |template: &Option<Template>| match template {
        Some(template) => steps(registry, template),
        None => Ok(Vec::new()),
    };
    let [fact] = block.params.as_slice() else { return Err(NotPlain) };
    if !block.hash.is_empty() || block.block_param.is_some() || block.chain {
        return Err(NotPlain);
    }
    let (fact, body, otherwise) = (path(fact)?, part(&block.template)?, part(&block.inverse)?);
    match block.name.as_name() {
        Some("if") => Ok(Step::If { fact, when: true, then: body, otherwise }),
        Some("unless") => Ok(Step::If { fact, when: false, then: body, otherwise }),
        Some("each") => Ok(Step::Each { list: fact, body, otherwise }),
        _ => Err(NotPlain),
    }
}

fn path(parameter: &Parameter) -> Result<Path, NotPlain> {
    let raw = match parameter {
        Parameter::Path(_) | Parameter::Name(_) => parameter.as_name().ok_or(NotPlain)?,
        _ => return Err(NotPlain),
    };
    match raw {
        "@first" => Ok(Path::First),
        "@last" => Ok(Path::Last),
        "this" => Ok(Path::Names(Vec::new())),
        raw => {
            let word = |name: &str| {
                let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
                let ok = !name.is_empty()
                    && name.bytes().all(plain)
                    && !name.starts_with(|c: char| c.is_ascii_digit());
                (ok && name != "this").then(|| name.into()).ok_or(NotPlain)
            };
            raw.strip_prefix("this.")
                .unwrap_or(raw)
                .split('.')
                .map(word)
                .collect::<Result<_, _>>()
                .map(Path::Names)
        }
    }
}

/// Whether a name alone could call a helper.
fn is_helper(name: &str) -> bool {
    const HANDLEBARS: [&str; 18] = [
        "if", "unless", "each", "with", "lookup", "raw", "log", "eq", "ne", "gt", "gte", "lt", "lte", "and",
        "or", "not", "len", "inline",
    ];
    Format::named(name).is_some() || name == "plural" || name == "section" || HANDLEBARS.contains(&name)
}

impl<'a> Sight<'a> {
    /// The fact at a path, if there is one.
    fn find(self, path: &Path) -> Result<Option<&'a Value>, NotPlain> {
        const TRUTH: [Value; 2] = [Value::Bool(false), Value::Bool(true)];
        static TRUTHS: [Value; 2] = TRUTH;
        let truth = |at: bool| TRUTHS.get(usize::from(at)).ok_or(NotPlain);
        match (path, self.turn) {
            (Path::First, Some((first, _))) => truth(first).map(Some),
            (Path::Last, Some((_, last))) => truth(last).map(Some),
            (Path::First | Path::Last, None) => Err(NotPlain),
            (Path::Names(names), _) => {
                let mut fact = Some(self.fact);
                for name in names {
                    fact = match fact {
                        Some(Value::Object(facts)) => facts.get(&**name),
                        // Names of places in a list.
                        Some(Value::Array(_)) => return Err(NotPlain),
                        _ => None,
                    };
                }
                Ok(fact)
            }
        }
    }
}

/// One rendering.
struct Run<'a> {
    page: &'a mut Page,
    escape: Option<fn(&str) -> String>,
    sections: &'a HashMap<&'a str, &'a str>,
}

impl Run<'_> {
    fn steps(&mut self, steps: &[Step], sight: Sight<'_>) -> Result<(), NotPlain> {
        for step in steps {
            self.step(step, sight)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step, sight: Sight<'_>) -> Result<(), NotPlain> {
        match step {
            Step::Text(text) => self.write(text),
            Step::Value { fact, escaped } => match sight.find(fact)?.ok_or(NotPlain)? {
                Value::Null => Ok(()),
                Value::String(text) => match self.escape.filter(|_| *escaped) {
                    Some(escape) => self.write(&escape(text)),
                    None => self.write(text),
                },
                Value::Number(number) => self.write(&number.to_string()),
                _ => Err(NotPlain),
            },
            Step::Formatted { fact, format } => {
                let text = format.write(sight.find(fact)?.ok_or(NotPlain)?).map_err(|_| NotPlain)?;
                self.write(&text)
            }
            Step::Section(name) => {
                let section = self.sections.get(&**name).copied().ok_or(NotPlain)?;
                self.write(section)
            }
            Step::If { fact, when, then, otherwise } => {
                // Of what is not there nothing is true.
                let holds = sight.find(fact)?.is_some_and(|fact| fact.is_truthy(false));
                self.steps(if holds == *when { then } else { otherwise }, sight)
            }
            Step::Each { list, body, otherwise } => {
                let Some(Value::Array(items)) = sight.find(list)? else { return Err(NotPlain) };
                if items.is_empty() {
                    return self.steps(otherwise, sight);
                }
                for (at, fact) in items.iter().enumerate() {
                    self.steps(body, Sight { fact, turn: Some((at == 0, at + 1 == items.len())) })?;
                }
                Ok(())
            }
            Step::Include { fact, body } => {
                let fact = match fact {
                    Given::Fact(path) => sight.find(path)?.ok_or(NotPlain)?,
                    Given::Literal(literal) => literal,
                };
                self.steps(body, Sight { fact, ..sight })
            }
        }
    }

    fn write(&mut self, text: &str) -> Result<(), NotPlain> {
        self.page.write(text).map_err(|_| NotPlain)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::templates::{escape, formatting};

    fn registry(templates: &[(&str, &str)]) -> Handlebars<'static> {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        registry.register_escape_fn(escape::html);
        formatting::register(&mut registry);
        for (name, text) in templates {
            registry.register_template_string(name, text).unwrap();
        }
        registry
    }

    #[test]
    fn what_is_prepared_renders_as_handlebars_does() {
        let partial = ("p", "<{{name}}|{{#each list}}{{this}}{{#unless @last}},{{/unless}}{{/each}}>");
        let facts = json!({
            "name": "O'Neil & <b>{{x}}</b>", "none": null, "zero": 0, "no": false, "yes": true, "text": "",
            "list": ["a", "<", 3], "empty": [], "price": 512_000, "day": "2015-03-01",
            "inner": {"name": "in", "list": [], "deep": {"name": "deep"}},
            "rows": [{"name": "r1", "list": [1]}, {"name": null, "list": ["x", "y"]}],
        });
        for text in [
            "plain\n",
            "{{name}} {{{name}}} {{none}}{{zero}} {{inner.deep.name}} {{this.name}}",
            "{{#if name}}a{{else}}b{{/if}}{{#if none}}a{{else}}b{{/if}}{{#unless zero}}c{{/unless}}",
            "{{#if yes}}a{{/if}}{{#if no}}b{{/if}}{{#if text}}c{{/if}}{{#if empty}}d{{/if}}{{#if not_there}}e{{/if}}",
            "{{#if none.of.it}}a{{else}}b{{/if}}{{#if inner.deep}}c{{/if}}",
            "x\n{{#each rows}}\n  {{name}}{{#each list}}[{{this}}{{#if @first}}*{{/if}}]{{/each}}\n{{/each}}\ny\n",
            "{{#each empty}}a{{else}}b{{/each}}{{#each empty}}a{{/each}}",
            "{{money price}} {{number price}} {{date day}} {{short_date day}} {{month day}} {{percent price}}{{money none}}",
            "{{> p inner}}\n{{> p this}}\n{{> p \"\"}}",
            "{{!-- a comment --}}\n{{~name~}}\nx",
            "{{#each rows}}{{> p this}}{{/each}}",
            "{{inner}}",
            "{{list}}",
            "{{yes}}",
            "{{nobody}}",
            "{{money name}}",
            "{{date name}}",
            "{{money nobody}}",
            "{{#each inner}}{{this}}{{/each}}",
            "{{#each nobody}}a{{/each}}",
            "{{#each none}}a{{else}}b{{/each}}",
            "{{@last}}",
            "{{#if @last}}a{{/if}}",
            "{{list.[0]}}",
            "{{inner/name}}",
            "{{../name}}",
            "{{@root.name}}",
            "{{#with inner}}{{name}}{{/with}}",
            "{{plural price \"a\" \"b\"}}",
            "{{number}}",
            "{{eq price 1}}",
            "{{#if (eq price 512000)}}a{{/if}}",
            "{{#each rows as |row|}}{{row.name}}{{/each}}",
            "{{> p inner x=1}}",
            "{{#if no}}a{{else if yes}}b{{else}}c{{/if}}",
            "{{#each list}}{{@index}}{{/each}}",
            "{{#if zero includeZero=true}}a{{/if}}",
            "  {{> p inner}}\n",
            "{{#each rows}}\n{{#each list}}\n{{#if @last}}\n{{this}}\n{{/if}}\n{{/each}}\n{{/each}}\n",
        ] {
            let registry = registry(&[partial, ("t", text)]);
            let truth = registry.render("t", &facts);
            let prepared = Prepared::of(&registry, registry.get_template("t").unwrap());
            let rendered =
                prepared.and_then(|steps| steps.render(&facts, Some(escape::html), &HashMap::new(), 64));
            match (rendered, truth) {
                (Some(rendered), Ok(truth)) => assert_eq!(rendered, truth, "{text}"),
                (Some(rendered), Err(error)) => panic!("{text} gave {rendered:?}, not {error}"),
                (None, _) => {}
            }
        }
    }

    #[test]
    fn the_templates_that_ship_are_all_prepared() {
        for part in [super::super::Part::Html, super::super::Part::Text] {
            let of_part = super::super::files::builtin().into_iter().filter(|source| source.part == part);
            let sources: Vec<_> = of_part.map(|source| (source.name, source.text)).collect();
            let named: Vec<(&str, &str)> =
                sources.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            let registry = registry(&named);
            for (name, _) in named {
                assert!(Prepared::of(&registry, registry.get_template(name).unwrap()).is_some(), "{name}");
            }
        }
    }
}
