//! How templates format facts: `{{money x}}`, `{{number x}}`, `{{percent x}}`, `{{date x}}`, `{{short_date x}}`,
//! `{{month x}}`, `{{plural x "home" "homes"}}`. Of a fact that is missing they write nothing.

use chrono::{Datelike, NaiveDate};
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError,
    RenderErrorReason,
};
use serde_json::Value;

use crate::figures;

/// A way of writing one fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `$512,000`
    Money,
    /// `1,680`
    Number,
    /// `3.2%`
    Percent,
    /// `March 1, 2015`
    Date,
    /// `Mar 1, 2015`
    ShortDate,
    /// `March 2015`
    Month,
}

impl Format {
    const ALL: [Self; 6] =
        [Self::Money, Self::Number, Self::Percent, Self::Date, Self::ShortDate, Self::Month];

    /// The name in templates.
    const fn name(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Number => "number",
            Self::Percent => "percent",
            Self::Date => "date",
            Self::ShortDate => "short_date",
            Self::Month => "month",
        }
    }

    /// The format of a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// A fact, written out.
    ///
    /// # Errors
    /// What was wanted instead. What was given is not told: that may be somebody's name.
    pub(super) fn write(self, fact: &Value) -> Result<String, &'static str> {
        if fact.is_null() {
            return Ok(String::new());
        }
        match self {
            Self::Money => fact.as_u64().map(figures::money).ok_or("a whole number"),
            Self::Number => fact.as_u64().map(figures::whole).ok_or("a whole number"),
            Self::Percent => fact.as_f64().map(figures::percent).ok_or("a number"),
            Self::Date => day(fact).map(figures::date),
            Self::ShortDate => day(fact).map(|day| {
                let name = figures::month_name(day);
                format!("{} {}, {}", name.get(..3).unwrap_or(name), day.day(), day.year())
            }),
            Self::Month => day(fact).map(|day| format!("{} {}", figures::month_name(day), day.year())),
        }
    }
}

fn day(fact: &Value) -> Result<NaiveDate, &'static str> {
    fact.as_str().and_then(|text| text.parse().ok()).ok_or("a date")
}

impl HelperDef for Format {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let text = self.write(parameter(helper)?).map_err(|wanted| unfit(helper, wanted))?;
        Ok(out.write(&text)?)
    }
}

/// Makes the helpers known to a registry, and takes away the one that writes into the log, where no facts of people
/// belong.
pub(super) fn register(registry: &mut Handlebars<'_>) {
    for format in Format::ALL {
        registry.register_helper(format.name(), Box::new(format));
    }
    registry.register_helper("plural", Box::new(plural));
    registry.unregister_helper("log");
}

/// `{{plural statistics.sales "home" "homes"}}`: home, or homes.
fn plural(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let word = |at| helper.param(at).and_then(|word| word.try_get_constant_value()).and_then(Value::as_str);
    let (Some(one), Some(many)) = (word(1), word(2)) else {
        return Err(unfit(helper, "two words in quotes"));
    };
    let count = parameter(helper)?.as_u64().ok_or_else(|| unfit(helper, "a whole number"))?;
    Ok(out.write(if count == 1 { one } else { many })?)
}

fn parameter<'a>(helper: &'a Helper<'_>) -> Result<&'a Value, RenderError> {
    let parameter = helper.param(0).ok_or_else(|| unfit(helper, "something to write"))?;
    if parameter.is_value_missing() {
        return Err(RenderError::strict_error(parameter.relative_path()));
    }
    Ok(parameter.value())
}

fn unfit(helper: &Helper<'_>, wanted: &str) -> RenderError {
    RenderErrorReason::Other(format!("the helper {} wants {wanted}", helper.name())).into()
}
