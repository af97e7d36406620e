//! Queues on an imitation of SNS and SQS on this machine, made by `dripr aws provision`.

use std::{
    collections::BTreeMap,
    fs,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::service;

/// Topics and queues of their own: the environment that names them, and the section `[aws]`.
pub(crate) fn provisioned(environment: BTreeMap<String, String>) -> (BTreeMap<String, String>, String) {
    let unique = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() % 1_000_000_000;
    let section = format!(
        "[aws]\nregion = \"many-{unique}\"\nendpoint = \"http://127.0.0.1:{}\"\ntimeout_seconds = 60\n",
        service::port()
    );
    let mut environment = environment;
    environment.extend([
        ("AWS_ACCESS_KEY_ID".to_owned(), "key".to_owned()),
        ("AWS_SECRET_ACCESS_KEY".to_owned(), "s3cr3t".to_owned()),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let public = "[public]\nurl = \"https://reports.example\"\nopt_out_key = \"a key that is long enough\"\n";
    let rest = "[data]\nsales = \"sales.csv\"\n[queues]\nplace = \"aws\"\n";
    fs::write(folder.path().join("dripr.toml"), format!("{public}{rest}{section}")).unwrap();
    fs::write(folder.path().join("sales.csv"), "").unwrap();
    let made = Command::new(env!("CARGO_BIN_EXE_dripr"))
        .args(["aws", "provision"])
        .current_dir(folder.path())
        .envs(&environment)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let made = String::from_utf8(made.stdout).unwrap();
    let lines = made.lines().filter_map(|line| line.split_once('='));
    let variables = lines.filter(|(name, _)| name.starts_with("SNS_") || name.starts_with("SQS_"));
    environment.extend(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    (environment, section)
}
