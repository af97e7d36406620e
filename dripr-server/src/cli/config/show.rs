//! `dripr config show`: every key with its value, and where that comes from.

use std::io::Write;

use serde::Serialize;

use crate::{
    cli::{ConfigFile, print_json},
    config::{
        Config, Given, process_environment,
        shown::{Shown, Value, shown},
    },
    failure::Failure,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// A JSON array of objects with `key`, `value` and `from`; a secret is `{"set": true}`
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line {
    key: &'static str,
    value: serde_json::Value,
    from: String,
}

impl Line {
    fn of(shown: Shown) -> Result<Self, Failure> {
        let value = match shown.value {
            None => serde_json::Value::Null,
            Some(Value::Secret) => serde_json::json!({ "set": true }),
            Some(Value::Plain(toml::Value::Datetime(at))) => at.to_string().into(),
            Some(Value::Plain(value)) => serde_json::to_value(value)?,
        };
        Ok(Self { key: shown.path, value, from: shown.from.to_string() })
    }
}

pub(super) fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let ConfigFile { config: path, set } = args.config;
    let given = Given::load(&path, set.clone())?;
    let all = shown(&given, &process_environment);
    if args.json {
        let lines = all.into_iter().map(Line::of).collect::<Result<Vec<_>, _>>()?;
        print_json(out, &lines)?;
    } else {
        for Shown { path, value, from } in all {
            let value = value.map_or_else(|| "(not set)".to_owned(), |value| value.to_string());
            writeln!(out, "{path:<44} {value:<32} {from}")?;
        }
    }
    match Config::problems(&path, set, &process_environment)?.len() {
        0 => Ok(()),
        wrong => Err(Failure::new(format!("{wrong} of this cannot be used; `dripr config check` says why"))),
    }
}
