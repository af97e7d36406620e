//! What a configuration can hold, and what is said where it is wrong.

use std::{collections::BTreeMap, path::Path};

use crate::program::{CONFIG, dripr};
use dripr_server::config::Config;

const EXAMPLE: &str = include_str!("../../dripr.example.toml");
const PAGE: &str = include_str!("../../../docs/configuration.md");

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new("/srv/dripr"), &|_| None).map_err(|problem| problem.to_string())
}

/// All keys there are, told by the parser itself when it meets one that it does not know.
fn keys() -> BTreeMap<String, Vec<String>> {
    let expected = |text: &str| {
        let error = parse(text).unwrap_err();
        let (_, list) = error.split_once("expected ").unwrap();
        list.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let sections = expected("[no_such_section]\n");
    assert!(sections.len() >= 7, "{sections:?}");
    sections
        .into_iter()
        .map(|section| {
            let keys = expected(&format!("[{section}]\nno_such_key = 1\n"));
            (section, keys)
        })
        .collect()
}

#[test]
fn the_example_loads_and_shows_the_defaults() {
    let refused = parse(EXAMPLE).unwrap_err();
    assert!(refused.starts_with("public.opt_out_key: is still that of the example"), "{refused}");
    let example = parse(&EXAMPLE.replace("change-me-to-a-long-random-text", "a key for tests only")).unwrap();
    let bare = parse(CONFIG).unwrap();
    assert_eq!(example.policy, bare.policy);
    assert_eq!(example.drain, bare.drain);
    assert_eq!(example.database.to_string(), bare.database.to_string());
    assert_eq!(example.outbox.dir, bare.outbox.dir);
    assert_eq!(format!("{:?}", example.archive), format!("{:?}", bare.archive));
    assert_eq!(format!("{:?}", example.writing), format!("{:?}", bare.writing));
    assert_eq!(example.log.filter, bare.log.filter);
    assert_eq!(example.data.sales_source, bare.data.sales_source);
    assert_eq!(example.data.rates_source, bare.data.rates_source);
    assert_eq!(example.sources, bare.sources);
    assert_eq!(example.policy, dripr_core::policy::Policy::default());
}

#[test]
fn every_key_stands_in_the_example_and_in_the_documentation() {
    for (section, keys) in keys() {
        let (_, rest) = EXAMPLE.split_once(&format!("\n[{section}]\n")).unwrap();
        let body = rest.split("\n[").next().unwrap();
        for key in keys {
            let stands =
                body.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{key} = ")));
            assert!(stands, "dripr.example.toml lacks {section}.{key}");
            assert!(
                PAGE.contains(&format!("| `{section}.{key}` |")),
                "docs/configuration.md lacks {section}.{key}"
            );
        }
    }
}

#[test]
fn the_documentation_names_no_key_that_is_not_there() {
    let keys = keys();
    for line in PAGE.lines().filter_map(|line| line.strip_prefix("| `")) {
        let name = line.split('`').next().unwrap();
        let Some((section, key)) = name.split_once('.') else { continue };
        assert!(keys.get(section).is_some_and(|keys| keys.iter().any(|known| known == key)), "{name}");
    }
}

#[test]
fn relative_paths_count_from_the_folder_of_the_file() {
    let config = parse(CONFIG).unwrap();
    assert_eq!(config.database.to_string(), "/srv/dripr/dripr.db");
    assert_eq!(config.data.sales.as_deref(), Some(Path::new("/srv/dripr/sales.csv")));
}

#[test]
fn every_mistake_is_named_with_its_key() {
    let without =
        |key: &str| CONFIG.lines().filter(|line| !line.starts_with(key)).collect::<Vec<_>>().join("\n");
    let with = |line: &str| format!("{CONFIG}{line}\n");
    for (text, named) in [
        (without("url"), "public.url: missing"),
        (without("opt_out_key"), "public.opt_out_key: missing"),
        (without("sales"), "data.sales: missing"),
        (CONFIG.replace("https://reports.example", "reports.example"), "public.url: public base URL"),
        (CONFIG.replace("a key for tests only", "short"), "public.opt_out_key: the opt-out key must have"),
        (with("opnes = \"11:00\""), "line 7: sending.opnes: unknown field `opnes`, expected one of"),
        (with("[postbox]\ndir = \"x\""), "line 7: postbox: unknown field `postbox`"),
        (with("opens = \"25:00\""), "line 7: sending.opens: a time of day is written HH:MM"),
        (with("opens = 11"), "line 7: sending.opens: invalid type: integer `11`"),
        (with("opens = \"18:00\"\ncloses = \"11:00\""), "sending.closes: window must open before it closes"),
        (
            with("window = false\nopens = \"24:00\""),
            "sending.opens: hours.anytime.opens must be before 24:00",
        ),
        (with("zone = \"EST5\""), "sending.zone: zone must be the name of an IANA time zone, not \"EST5\""),
        (with("grace_days = 15"), "sending.grace_days: grace_days must be at most 14, not \"15\""),
        (with("minimum_gap_days = 29"), "sending.minimum_gap_days"),
        (with("lead_hours = -1"), "line 7: sending.lead_hours: invalid value: integer `-1`"),
        (
            with("default_send_day = 31"),
            "line 7: sending.default_send_day: fixed_send_day must be a day from 1 to 28",
        ),
        (with("[limits]\nattempts = 0"), "limits.attempts: must be at least 1, not 0"),
        (with("[limits]\nwriter_timeout_seconds = 300"), "limits.writer_timeout_seconds: must be below"),
        (
            with("opens = \"11:00\"\ncloses = \"11:01\"\n[limits]\nmail_timeout_seconds = 60"),
            "limits.mail_timeout_seconds: window 11:00-11:01 lasts 60 s, no longer than the call timeout",
        ),
        (
            with("[mail]\nby = \"pigeon\""),
            "line 8: mail.by: unknown variant `pigeon`, expected one of `outbox`, `smtp`, `postmark`",
        ),
        (with("[mail]\nhost = \"smtp.example.com\""), "mail.host: is for by = \"smtp\" only"),
        (with("[mail]\nallowed_recipients = [\"kim\"]"), "must be an address such as kim@example.com"),
        (
            with("[mail]\nproduction = true\nallowed_recipients = [\"@example.com\"]"),
            "mail.allowed_recipients: nobody heeds it",
        ),
        (with("[mail]\nper_agent = \"often\""), "must be written like 10/min"),
        (with("[mail]\nsecurity = \"ssl\""), "line 8: mail.security: unknown variant `ssl`"),
        (with("[log]\nfilter = \"dripr=loud\""), "log.filter: "),
        (with("closes = "), "line 7: sending.closes: "),
    ] {
        let error = parse(&text).unwrap_err();
        assert!(error.contains(named), "{named}\n{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn the_environment_overrides_key_and_delay() {
    let environment = |name: &str| match name {
        "DRIPR_OPT_OUT_KEY" => Some("a key from the environment".to_owned()),
        "FIRST_TIME_CAMPAIGN_DELAY_HOURS" => Some("0".to_owned()),
        _ => None,
    };
    let text = CONFIG.replace("opt_out_key = \"a key for tests only\"\n", "");
    let config = Config::parse(&text, Path::new(""), &environment).unwrap();
    assert_eq!(config.policy.rules.first_time_delay().hours(), 0);
    let wrong = |name: &str| (name == "FIRST_TIME_CAMPAIGN_DELAY_HOURS").then(|| "soon".to_owned());
    let error = Config::parse(CONFIG, Path::new(""), &wrong).err().unwrap().to_string();
    assert_eq!(error, "FIRST_TIME_CAMPAIGN_DELAY_HOURS: must be whole hours from 0 to 65535, not \"soon\"");
}

#[cfg(not(feature = "smtp"))]
#[test]
fn a_program_without_smtp_says_how_to_get_one() {
    let error = parse(&format!("{CONFIG}[mail]\nby = \"smtp\"\nhost = \"smtp.example.com\"\n")).unwrap_err();
    assert!(error.starts_with("mail.by: this dripr was built without SMTP"), "{error}");
}

#[cfg(feature = "smtp")]
mod smtp {
    use std::{fs, path::Path, time::Duration};

    use dripr_adapters::smtp::{Security, SmtpOptions};
    use dripr_server::config::{
        Config,
        mail::{Mail, Mailer},
    };
    use secrecy::ExposeSecret;

    use crate::program::CONFIG;

    fn read(lines: &str, folder: &Path, password: Option<&str>) -> Result<SmtpOptions, String> {
        let text = format!("{CONFIG}[mail]\nby = \"smtp\"\n{lines}\n");
        let environment = |name: &str| password.filter(|_| name == "DRIPR_SMTP_PASSWORD").map(str::to_owned);
        match Config::parse(&text, folder, &environment) {
            Ok(Config { mail: Mail { by: Mailer::Smtp(options), .. }, .. }) => Ok(options),
            Ok(other) => panic!("{:?}", other.mail),
            Err(problem) => Err(problem.to_string()),
        }
    }

    #[test]
    fn a_server_needs_no_more_than_its_name() {
        let options = read("host = \"smtp.example.com\"", Path::new(""), None).unwrap();
        assert_eq!((options.port, options.security), (465, Security::Tls));
        assert!(options.login.is_none() && options.authority.is_none());
        assert_eq!(options.timeout, Duration::from_secs(18), "less than limits.mail_timeout_seconds");
        let options = read("host = \"mx.example\"\nsecurity = \"starttls\"", Path::new(""), None).unwrap();
        assert_eq!(options.port, 587);
        let options = read("host = \"::1\"\nsecurity = \"none\"\nport = 2525", Path::new(""), None).unwrap();
        assert_eq!(options.port, 2525);
    }

    #[test]
    fn the_password_comes_from_a_file_or_the_environment_and_does_not_print() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("secret"), "from the file\r\n").unwrap();
        let lines = "host = \"mx.example\"\nusername = \"dripr\"\npassword_file = \"secret\"";
        for (variable, password) in [(None, "from the file"), (Some("from outside"), "from outside")] {
            let options = read(lines, folder.path(), variable).unwrap();
            assert_eq!(options.login.as_ref().unwrap().password.expose_secret(), password);
            assert!(!format!("{options:?}").contains(password));
        }
    }

    #[test]
    fn every_mistake_is_named_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("no.pem"), "no certificate").unwrap();
        for (lines, password, named) in [
            ("", None, "mail.host: missing"),
            ("host = \"\"", None, "mail.host: must be the name"),
            ("host = \"smtp.example.com:465\\r\"", None, "mail.host: must be the name"),
            ("host = \"mx.example\"\nport = 0", None, "mail.port: must be from 1"),
            ("host = \"mx.example\"\nport = 70000", None, "mail.port: invalid value"),
            ("host = \"mx.example\"\nsecurity = \"none\"", None, "mail.security: must be TLS or STARTTLS"),
            ("host = \"mx.example\"\nusername = \"dripr\"", None, "mail.password_file: missing"),
            ("host = \"mx.example\"", Some("secret"), "mail.username: missing"),
            (
                "host = \"mx.example\"\nusername = \"dripr\"\npassword_file = \"none\"",
                None,
                "mail.password_file: cannot read",
            ),
            (
                "host = \"mx.example\"\nusername = \"a\\r\\nb\"",
                Some("secret"),
                "mail.username: must be a text on one line",
            ),
            (
                "host = \"mx.example\"\nauthority_file = \"no.pem\"",
                None,
                "mail.authority_file: is no PEM certificate",
            ),
        ] {
            let error = read(lines, folder.path(), password).unwrap_err();
            assert!(error.contains(named), "{named}\n{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}

#[test]
fn it_listens_on_this_machine_unless_told_otherwise() {
    let listen =
        |lines: &str| parse(&format!("{CONFIG}[http]\n{lines}\n")).map(|config| config.http.listen.address());
    assert_eq!(listen(""), Ok(Some(([127, 0, 0, 1], 8080).into())));
    assert_eq!(listen("listen = \"[::1]:0\""), Ok(Some("[::1]:0".parse().unwrap())));
    assert_eq!(listen("listen = \"off\""), Ok(None));
    for wrong in ["\"\"", "\"Off\"", "\"127.0.0.1\"", "\"localhost:8080\"", "8080", "false"] {
        let error = listen(&format!("listen = {wrong}")).unwrap_err();
        assert!(error.contains("http.listen: "), "{error}");
    }
    let both = parse(&format!("{CONFIG}[operations]\nlisten = \"127.0.0.1:8080\"\n")).unwrap_err();
    assert!(both.contains("operations.listen: 127.0.0.1:8080 is that of http.listen"), "{both}");
}

#[cfg(feature = "otlp")]
#[test]
fn a_collector_of_traces_is_named_here_or_by_the_usual_variables() {
    let traces = |lines: &str, variables: &[(&str, &str)]| -> Result<Option<(String, String, f64)>, String> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let text = format!("{CONFIG}[traces]\n{lines}\n");
        let read = Config::parse(&text, Path::new(""), &variable);
        let traces = read.map(|config| config.traces).map_err(|problem| problem.to_string())?;
        Ok(traces.map(|traces| (traces.endpoint, traces.service_name, traces.sampled)))
    };
    let chosen =
        |endpoint: &str, name: &str, sampled| Ok::<_, String>(Some((endpoint.into(), name.into(), sampled)));
    assert_eq!(traces("", &[("OTEL_SERVICE_NAME", "x"), ("OTEL_TRACES_SAMPLER_ARG", "loud")]), Ok(None));
    assert_eq!(traces("", &[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]), Ok(None));
    let file = "endpoint = \"http://c.example:4318\"\nsampled = 0";
    assert_eq!(traces(file, &[]), chosen("http://c.example:4318", "dripr", 0.0));
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://d.example"),
        ("OTEL_SERVICE_NAME", "reports"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
    ];
    assert_eq!(traces(file, &variables), chosen("https://d.example", "reports", 0.25));
    for (lines, variables, key) in [
        ("endpoint = \"c.example\"", &[][..], "traces.endpoint: "),
        (file, &[("OTEL_TRACES_SAMPLER_ARG", "loud")], "traces.sampled: must be from 0 to 1, not \"loud\""),
        (file, &[("OTEL_TRACES_SAMPLER_ARG", "NaN")], "traces.sampled: "),
        ("endpoint = \"http://c.example\"\nsampled = 1.5", &[], "traces.sampled: "),
        ("service_name = \"\"", &[], "traces.service_name: "),
        (file, &[("OTEL_EXPORTER_OTLP_HEADERS", "key")], "traces.headers_file: must be name=value"),
        (file, &[("OTEL_EXPORTER_OTLP_HEADERS", "a key=v")], "traces.headers_file: has a name"),
        (file, &[("OTEL_EXPORTER_OTLP_HEADERS", "key=a%0Ab")], "traces.headers_file: has a value"),
        ("headers_file = \"none-there\"", &[], "traces.headers_file: cannot read"),
    ] {
        let error = traces(lines, variables).unwrap_err();
        assert!(error.contains(key), "{error}");
    }
}

#[test]
fn secrets_do_not_print() {
    let config = parse(CONFIG).unwrap();
    assert!(!format!("{config:?}").contains("a key for tests only"));
}

#[test]
fn the_program_names_file_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let run = dripr(folder.path(), &["campaigns"]).failure();
    assert!(run.stderr.contains("cannot read the configuration dripr.toml"), "{}", run.stderr);
    std::fs::write(folder.path().join("my.toml"), format!("{CONFIG}opnes = 1\n")).unwrap();
    let run = dripr(folder.path(), &["campaigns", "--config", "my.toml"]).failure();
    assert!(run.stderr.starts_with("dripr: my.toml, line 7: sending.opnes: unknown field"), "{}", run.stderr);
    std::fs::write(folder.path().join("dripr.toml"), "[public]\nopt_out_key = \"a key for tests only\"\n")
        .unwrap();
    let run = dripr(folder.path(), &["run"]).failure();
    assert!(run.stderr.starts_with("dripr: dripr.toml: public.url: missing"), "{}", run.stderr);
    assert!(!folder.path().join("dripr.db").exists(), "nothing is made before the configuration is sound");
}

#[test]
fn what_others_found_to_break_programs_is_named_or_taken() {
    let naughty: Vec<String> =
        serde_json::from_str(include_str!("../../../dripr-adapters/tests/data/naughty_strings.json"))
            .unwrap();
    for text in naughty {
        let quoted = toml::Value::String(text.clone()).to_string();
        for (line, key) in [
            ("zone = ", "sending.zone"),
            ("[log]\nfilter = ", "log.filter"),
            ("[sources]\nhomes = ", "sources.homes"),
            ("[database]\npath = ", "database.path"),
            ("", ""),
        ] {
            for value in [&quoted, &text] {
                if let Err(error) = parse(&format!("{CONFIG}{line}{value}\n")) {
                    assert!(
                        !error.is_empty() && (key.is_empty() || value != &quoted || error.contains(key)),
                        "{error}"
                    );
                }
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_reading_a_configuration_panic(
        text in "(\\[(public|database|mail|data|sending|limits|log)\\]\n|[a-z_]{1,12} ?= ?(\"\\PC{0,8}\"|[0-9.e-]{1,9}|true|\\[\\])\n|url = \"https://x.example\"\n|\\PC{0,10}\n){0,10}",
    ) {
        let read = Config::parse(&text, std::path::Path::new(""), &|_| None);
        if let Err(problem) = read {
            assert!(!problem.to_string().is_empty());
        }
    }
}
