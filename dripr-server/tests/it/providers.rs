//! What a configuration says of who is asked for what.

use std::path::Path;

use dripr_server::config::Config;

use crate::program::CONFIG;

fn read(lines: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let variable = |name: &str| {
        environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    Config::parse(&format!("{CONFIG}{lines}"), Path::new(""), &variable)
        .map_err(|problem| problem.to_string())
}

fn refused(lines: &str) -> String {
    read(lines, &[]).expect_err(lines)
}

#[test]
fn files_are_asked_for_everything_unless_others_are_named() {
    let config = read("", &[]).unwrap();
    assert!(config.sources.need_sales_file() && config.providers.is_empty());
    let without_sales = CONFIG.replace("sales = \"sales.csv\"\n", "");
    let parse = |lines: &str| {
        let text = format!("{without_sales}{lines}");
        Config::parse(&text, Path::new(""), &|_| None).map_err(|problem| problem.to_string())
    };
    let missing = parse("").unwrap_err();
    assert!(missing.starts_with("data.sales: missing"), "{missing}");
    assert_eq!(
        refused("[sources]\nhomes = []\n"),
        "sources.homes: must name at least one: a report is about a home and its value"
    );
}

#[test]
fn a_provider_that_is_set_up_and_not_named_is_refused() {
    for (lines, key) in [
        ("[zillow]\npace = \"1/s\"\n", "zillow.pace"),
        ("[rentcast]\nurl = \"https://rentcast.example\"\n", "rentcast.url"),
        ("[google]\nkey_file = \"key\"\n", "google.key_file"),
        ("[fred]\nkey_file = \"key\"\n", "fred.key_file"),
        ("[mls]\nsource = \"Example MLS\"\n", "mls.source"),
    ] {
        let section = key.split('.').next().unwrap();
        assert_eq!(refused(lines), format!("{key}: nobody heeds it: [sources] does not name \"{section}\""));
    }
    // A key that lies in the environment anyway harms nobody.
    read("", &[("DRIPR_ZILLOW_KEY", "k3y")]).unwrap();
}

#[test]
fn nobody_is_named_twice_or_for_what_they_do_not_know() {
    assert_eq!(
        refused("[sources]\nhomes = [\"files\", \"files\"]\n"),
        "sources.homes: names one of them twice"
    );
    let unknown = refused("[sources]\nrates = [\"zillow\"]\n");
    assert!(
        unknown.contains("sources.rates: unknown variant `zillow`, expected `files` or `fred`"),
        "{unknown}"
    );
}

#[cfg(not(feature = "zillow"))]
#[test]
fn a_program_without_a_provider_says_how_to_get_one() {
    let error = refused("[sources]\nhomes = [\"zillow\"]\n");
    assert!(error.starts_with("sources.homes: this dripr was built without"), "{error}");
    assert!(error.ends_with("`cargo build --release --features zillow`"), "{error}");
}

#[cfg(feature = "full")]
mod full {
    use std::{path::Path, time::Duration};

    use dripr_server::config::{Config, mls::Access, pace::Pace, providers::Provider, zillow::Version};

    use super::{read, refused};

    const ZILLOW: &str = "[sources]\nhomes = [\"zillow\", \"files\"]\n";
    const MLS: &str =
        "[sources]\nlistings = [\"mls\"]\n[mls]\nurl = \"https://mls.example\"\nsource = \"MLS\"\n";
    const KEYS: [(&str, &str); 3] =
        [("DRIPR_ZILLOW_KEY", "k3y"), ("DRIPR_MLS_TOKEN", "t0ken"), ("DRIPR_MLS_CLIENT_SECRET", "s3cret")];

    fn provider(lines: &str, environment: &[(&str, &str)]) -> Provider {
        let config = read(lines, environment).unwrap();
        assert_eq!(config.providers.len(), 1);
        assert!(!["k3y", "t0ken", "s3cret"].iter().any(|secret| format!("{config:?}").contains(secret)));
        config.providers.into_iter().next().unwrap()
    }

    #[test]
    fn the_first_zillow_is_chosen_in_one_place() {
        for (lines, variable, expected) in [
            ("", None, Version::V1),
            ("[zillow]\nprimary = \"V2\"\n", None, Version::V2),
            ("[zillow]\nprimary = \"V1\"\n", Some("V2"), Version::V2),
            ("[zillow]\nprimary = \"V2\"\n", Some(" V1 "), Version::V1),
        ] {
            let variables = variable.map(|value| ("DEFAULT_PRIMARY_SOURCE", value));
            let environment: Vec<_> = KEYS.into_iter().chain(variables).collect();
            let Provider::Zillow(zillow) = provider(&format!("{ZILLOW}{lines}"), &environment) else {
                panic!("another provider")
            };
            assert_eq!(zillow.primary, expected);
            assert_eq!(zillow.pace, Pace::new(10, Duration::from_secs(60)));
        }
        let wrong = [KEYS[0], ("DEFAULT_PRIMARY_SOURCE", "V3")];
        let error = read(ZILLOW, &wrong).unwrap_err();
        assert_eq!(error, "DEFAULT_PRIMARY_SOURCE: must be V1 or V2, not \"V3\"");
    }

    #[test]
    fn a_key_that_is_missing_or_empty_is_named() {
        let error = read(ZILLOW, &[]).unwrap_err();
        assert!(error.starts_with("zillow.key_file: missing: give the file"), "{error}");
        assert!(error.ends_with("DRIPR_ZILLOW_KEY"), "{error}");
        let error = read(ZILLOW, &[("DRIPR_ZILLOW_KEY", " ")]).unwrap_err();
        assert_eq!(error, "zillow.key_file: missing: the environment variable DRIPR_ZILLOW_KEY is empty");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "k3y\n").unwrap();
        let text = format!("{}{ZILLOW}[zillow]\nkey_file = \"key\"\n", crate::program::CONFIG);
        let config = Config::parse(&text, folder.path(), &|_| None).unwrap();
        let Provider::Zillow(zillow) = &config.providers[0] else { panic!("another provider") };
        assert_eq!(secrecy::ExposeSecret::expose_secret(&zillow.key), "k3y");
        let elsewhere = Config::parse(&text, Path::new("/nowhere"), &|_| None).unwrap_err().to_string();
        assert!(elsewhere.starts_with("zillow.key_file: cannot read /nowhere/key"), "{elsewhere}");
    }

    #[test]
    fn an_mls_lets_in_by_a_token_or_by_client_credentials() {
        let Provider::Mls(mls) = provider(MLS, &KEYS) else { panic!("another provider") };
        assert!(matches!(mls.access, Access::Token(_)));
        let client = format!("{MLS}client_id = \"dripr\"\ntoken_url = \"https://mls.example/token\"\n");
        let Provider::Mls(mls) = provider(&client, &KEYS) else { panic!("another provider") };
        assert!(matches!(mls.access, Access::ClientCredentials { .. }));
        for (lines, expected) in [
            ("", "mls.token_file: missing"),
            ("client_id = \"dripr\"\n", "mls.token_url: missing"),
            (
                "client_id = \"dripr\"\ntoken_url = \"https://mls.example/token\"\n",
                "mls.client_secret_file: missing",
            ),
            (
                "client_id = \"dripr\"\ntoken_file = \"t\"\n",
                "mls.token_file: is not needed with mls.client_id",
            ),
            ("scope = \"api\"\n", "mls.scope: is for OAuth2 client credentials"),
            ("pace = \"often\"\n", "mls.pace: must be written like 10/min"),
        ] {
            let error = refused(&format!("{MLS}{lines}"));
            assert!(error.contains(expected), "{lines}: {error}");
        }
        let bare = "[sources]\nmarkets = [\"mls\"]\n";
        assert!(refused(bare).starts_with("mls.url: missing"));
        assert!(refused(&format!("{bare}[mls]\nurl = \"https://x\"\n")).starts_with("mls.source: missing"));
        let ftp = refused(&format!("{bare}[mls]\nurl = \"ftp://x\"\n"));
        assert_eq!(ftp, "mls.url: must be an address that begins with https://, not \"ftp://x\"");
    }
}
