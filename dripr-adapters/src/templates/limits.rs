//! What a template may ask of the machine. A template is a program: one that includes itself, or loops in loops, would
//! keep a sender busy for ever. This is found out when templates are loaded, from their text alone.

use std::collections::HashMap;

use handlebars::{
    Handlebars, Template,
    template::{DecoratorTemplate, HelperTemplate, Parameter, TemplateElement},
};

/// How often the body of a loop is counted; no list that a template sees is longer.
const LOOP: u64 = 64;
/// The most steps that rendering may take.
const MOST_STEPS: u64 = 250_000;
/// How deep blocks and brackets may be nested.
const DEEPEST: usize = 32;

/// Refuses text whose nesting alone would be too much for a parser.
pub(super) fn check_nesting(text: &str) -> Result<(), String> {
    let (mut blocks, mut brackets) = (0_usize, 0_usize);
    for (at, byte) in text.bytes().enumerate() {
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        let opens = [&b"{{#"[..], b"{{~#", b"{{^", b"{{~^"].iter().any(|start| rest.starts_with(start));
        let closes = [&b"{{/"[..], b"{{~/"].iter().any(|start| rest.starts_with(start));
        match byte {
            b'{' if opens => blocks += 1,
            b'{' if closes => blocks = blocks.saturating_sub(1),
            b'(' | b'[' => brackets += 1,
            b')' | b']' => brackets = brackets.saturating_sub(1),
            b'}' => brackets = 0,
            _ => {}
        }
        if blocks > DEEPEST || brackets > DEEPEST {
            let line = 1 + text.bytes().take(at).filter(|b| *b == b'\n').count();
            return Err(format!("line {line}: nested more than {DEEPEST} deep"));
        }
    }
    Ok(())
}

/// Refuses templates that include themselves, by whatever way, and those that would take too many steps.
pub(super) fn check_steps(registry: &Handlebars<'_>, name: &str) -> Result<(), String> {
    let steps = Count { registry, known: HashMap::new(), path: Vec::new() }.named(name)?;
    if steps > MOST_STEPS {
        Err(format!("loops within loops make more than {MOST_STEPS} steps"))
    } else {
        Ok(())
    }
}

struct Count<'a> {
    registry: &'a Handlebars<'a>,
    known: HashMap<&'a str, u64>,
    path: Vec<&'a str>,
}

impl<'a> Count<'a> {
    fn named(&mut self, name: &str) -> Result<u64, String> {
        let Some((name, template)) = self.registry.get_templates().get_key_value(name) else {
            return Err(format!("it includes {name:?}, of which there is no file"));
        };
        if let Some(steps) = self.known.get(name.as_str()) {
            return Ok(*steps);
        }
        if self.path.contains(&name.as_str()) {
            return Err(format!("{} includes itself: {} > {name}", name, self.path.join(" > ")));
        }
        self.path.push(name);
        let steps = self.template(template)?;
        self.path.pop();
        self.known.insert(name, steps);
        Ok(steps)
    }

    fn template(&mut self, template: &'a Template) -> Result<u64, String> {
        let mut steps = 0_u64;
        for (at, element) in template.elements.iter().enumerate() {
            let line = template.mapping.get(at).map_or(0, |mapping| mapping.0);
            let more = match element {
                TemplateElement::HelperBlock(helper) => self.block(helper)?,
                TemplateElement::PartialExpression(partial) | TemplateElement::PartialBlock(partial) => {
                    self.partial(partial).map_err(|why| format!("line {line}: {why}"))?
                }
                TemplateElement::DecoratorExpression(_) | TemplateElement::DecoratorBlock(_) => {
                    return Err(format!(
                        "line {line}: decorators and inline partials are not supported; use a file"
                    ));
                }
                _ => 1,
            };
            steps = steps.saturating_add(more);
        }
        Ok(steps)
    }

    fn block(&mut self, block: &'a HelperTemplate) -> Result<u64, String> {
        let body = block.template.as_ref().map_or(Ok(0), |template| self.template(template))?;
        let other = block.inverse.as_ref().map_or(Ok(0), |template| self.template(template))?;
        let once = matches!(block.name.as_name(), Some("if" | "unless" | "with"));
        let times = if once { 1 } else { LOOP };
        Ok(body.saturating_mul(times).saturating_add(other).saturating_add(1))
    }

    fn partial(&mut self, partial: &'a DecoratorTemplate) -> Result<u64, String> {
        let name = match &partial.name {
            Parameter::Literal(name) => name.as_str(),
            name => name.as_name(),
        };
        let Some(name) = name else {
            return Err("the name of a partial must stand there in letters".to_owned());
        };
        let inner = partial.template.as_ref().map_or(Ok(0), |template| self.template(template))?;
        // The block is rendered before the partial that shows it.
        let outer = if name == "@partial-block" { 1 } else { self.named(name)? };
        Ok(outer.saturating_add(inner).saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(templates: &[(&str, &str)]) -> Result<(), String> {
        let mut registry = Handlebars::new();
        for (name, text) in templates {
            check_nesting(text)?;
            registry.register_template_string(name, text).unwrap();
        }
        check_steps(&registry, "a")
    }

    #[test]
    fn loops_and_partials_that_end_are_accepted() {
        check(&[("a", "{{> b}}{{#each x}}{{#each y}}{{> b}}{{/each}}{{/each}}"), ("b", "b")]).unwrap();
        check(&[("a", "{{#> b}}inner{{/b}}"), ("b", "<{{> @partial-block}}>")]).unwrap();
    }

    #[test]
    fn what_would_not_end_is_refused_and_named() {
        for (templates, expected) in [
            (vec![("a", "{{> a}}")], "a includes itself"),
            (vec![("a", "x\n{{> b}}"), ("b", "{{#if x}}{{> a}}{{/if}}")], "a includes itself: a > b > a"),
            (vec![("a", "{{> nobody}}")], "no file"),
            (vec![("a", "{{#*inline \"b\"}}{{> b}}{{/inline}}{{> b}}")], "inline partials"),
            (
                vec![(
                    "a",
                    "{{#each x}}{{#each x}}{{#each x}}{{#each x}}.{{/each}}{{/each}}{{/each}}{{/each}}",
                )],
                "steps",
            ),
        ] {
            let refused = check(&templates).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        }
        let mut doubling: Vec<(String, String)> =
            (0..40).map(|n| (format!("p{n}"), format!("{{{{> p{0}}}}}{{{{> p{0}}}}}", n + 1))).collect();
        doubling.push(("p40".to_owned(), String::new()));
        let mut all: Vec<(&str, &str)> =
            doubling.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        all.push(("a", "{{> p0}}"));
        assert!(check(&all).unwrap_err().contains("steps"));
    }

    #[test]
    fn deep_nesting_is_refused_before_it_is_parsed() {
        let deep = format!("\n{}", "{{#if x}}".repeat(5_000));
        assert!(check_nesting(&deep).unwrap_err().contains("line 2"), "{:?}", check_nesting(&deep));
        assert!(check_nesting(&format!("{{{{x {}", "(a ".repeat(5_000))).is_err());
        check_nesting(&"{{#if x}}(a){{/if}}".repeat(1_000)).unwrap();
    }
}
