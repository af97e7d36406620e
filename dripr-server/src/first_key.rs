//! The first key of a deployment, so that somebody can use its API at all.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use dripr_core::{
    access::{ApiKey, Caller, NewApiKey, Reach, Scopes},
    campaign::Actor,
    ports::ApiKeyStore,
};

use crate::{compose::Deployment, config::database::Database, failure::Failure};

/// What the file is called that gets the key.
const NAME: &str = "first-key";

/// What became of the first key.
#[derive(Debug)]
pub enum FirstKey {
    /// It is in this file, and nowhere else.
    In(PathBuf),
    /// There is none, since it could not be written to a file; this is why.
    NotMade(Failure),
}

/// Makes an operator's key if there is no key at all yet, and writes it to a new file that only its owner can read: beside
/// a database that is a file, and else where the program runs. Logs are read by more people than may have it.
///
/// # Errors
/// The store's.
pub async fn first_key(deployment: &Deployment) -> Result<Option<FirstKey>, Failure> {
    if !deployment.store.api_keys(&Reach::Deployment, None, 1).await?.is_empty() {
        return Ok(None);
    }
    let new = NewApiKey {
        name: "the first key".to_owned(),
        reach: Reach::Deployment,
        scopes: Scopes::all(),
        expires_at: None,
    };
    let by = Caller { actor: Actor::System, ..Caller::operator() };
    let minted = ApiKey::mint(new, &by, &*deployment.entropy, deployment.clock.now());
    let file = folder_of(&deployment.config.database).join(NAME);
    // First the file: a key that nobody can read is of no use, and one that is not stored admits nobody.
    if let Err(failure) = write(&file, minted.expose()) {
        return Ok(Some(FirstKey::NotMade(failure)));
    }
    match deployment.store.put_api_key(minted.key.clone()).await {
        Ok(true) => Ok(Some(FirstKey::In(file))),
        Ok(false) => {
            let _ = fs::remove_file(&file);
            Ok(None)
        }
        Err(error) => {
            let _ = fs::remove_file(&file);
            Err(error.into())
        }
    }
}

fn folder_of(database: &Database) -> &Path {
    match database {
        Database::File(path) => path.parent().unwrap_or(Path::new("")),
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        _ => Path::new(""),
    }
}

fn write(file: &Path, key: &str) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::file("cannot write", file, error);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(file).map_err(failed)?;
    writeln!(opened, "{key}").and_then(|()| opened.sync_all()).map_err(|error| {
        let _ = fs::remove_file(file);
        failed(error)
    })
}
