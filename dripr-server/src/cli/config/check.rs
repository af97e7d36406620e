//! `dripr config check`: everything that is wrong with the configuration, told at once, and what is hardly meant. Files
//! are looked at, nobody is asked.

use std::{io::Write, path::Path};

use dripr_adapters::templates::Templates;

use crate::{
    cli::ConfigFile,
    config::{Config, process_environment},
    failure::Failure,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let ConfigFile { config: path, set } = args.config;
    let mut problems: Vec<String> = Config::problems(&path, set.clone(), &process_environment)?
        .into_iter()
        .map(|problem| problem.to_string())
        .collect();
    if problems.is_empty() {
        let config = Config::load_with(&path, set, &process_environment)?;
        for warning in config.warnings() {
            writeln!(out, "{}: {warning}", path.display())?;
        }
        problems =
            of_files(&config).into_iter().map(|problem| format!("{}: {problem}", path.display())).collect();
    }
    for problem in &problems {
        writeln!(out, "{problem}")?;
    }
    match problems.len() {
        0 => {
            writeln!(out, "{} can be used", path.display())?;
            Ok(())
        }
        1 => Err(Failure::new(format!("{} has a problem", path.display()))),
        many => Err(Failure::new(format!("{} has {many} problems", path.display()))),
    }
}

/// What is wrong with the files that a configuration names and `dripr run` reads.
fn of_files(config: &Config) -> Vec<String> {
    let data = &config.data;
    let named = [("data.sales", &data.sales), ("data.listings", &data.listings), ("data.rates", &data.rates)];
    let files = named.into_iter().filter_map(|(key, path)| unreadable(key, path.as_deref()?));
    let templates = config.templates.dir.as_ref().and_then(|folder| {
        Templates::from_dir(folder).err().map(|error| format!("templates.dir: {}", Failure::from(error)))
    });
    files.chain(templates).collect()
}

fn unreadable(key: &str, path: &Path) -> Option<String> {
    let opened = std::fs::File::open(path).and_then(|file| file.metadata());
    match opened {
        Ok(metadata) if metadata.is_dir() => Some(format!("{key}: {} is a folder", path.display())),
        Ok(_) => None,
        Err(error) => Some(format!("{key}: cannot read {}: {error}", path.display())),
    }
}
