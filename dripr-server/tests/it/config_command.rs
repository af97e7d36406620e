//! `dripr config check` and `dripr config show`: everything at once, and no secret.

use std::{collections::BTreeMap, path::Path, process::Command};

use dripr_server::config::keys::{KEYS, key_of};
use serde_json::Value;

use crate::program::{CONFIG, Run};

const EXAMPLE: &str = include_str!("../../dripr.example.toml");
const PAGE: &str = include_str!("../../../docs/configuration.md");

/// Runs the program with no other variables than these.
fn dripr(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dripr"));
    command.args(arguments).current_dir(folder).env_clear().envs(variables.iter().copied());
    let output = command.output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn folder(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dripr.toml"), config).unwrap();
    std::fs::write(folder.path().join("sales.csv"), "date,price,zip\n").unwrap();
    folder
}

/// What `config show` says, by key.
fn shown(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> BTreeMap<String, (Value, String)> {
    let arguments: Vec<&str> =
        ["config", "show", "--json"].into_iter().chain(arguments.iter().copied()).collect();
    let run = dripr(folder, &arguments, variables);
    let lines: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    lines.iter().map(|line| (text(&line["key"]), (line["value"].clone(), text(&line["from"])))).collect()
}

/// The keys of the example, given or commented out.
fn keys_of_the_example() -> Vec<String> {
    let mut section = "";
    let mut keys = Vec::new();
    for line in EXAMPLE.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((name, _)) = line.trim_start_matches("# ").split_once(" = ") {
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if name.chars().all(is_name) {
                keys.push(format!("{section}.{name}"));
            }
        }
    }
    keys
}

#[test]
fn every_key_of_the_example_is_shown_and_the_other_way_round() {
    let folder = folder(CONFIG);
    let shown = shown(folder.path(), &[], &[]);
    let example = keys_of_the_example();
    assert!(example.len() > 130, "{}", example.len());
    for key in &example {
        assert!(shown.contains_key(key), "{key} is not shown");
    }
    for key in shown.keys() {
        assert!(example.contains(key), "{key} does not stand in the example");
    }
}

#[test]
fn the_defaults_are_those_of_the_example_and_of_the_documentation() {
    let example: toml::Table = EXAMPLE.parse().unwrap();
    let default = |key: &str| {
        let text = key_of(key).unwrap().default;
        format!("value = {text}").parse::<toml::Table>().ok().map(|table| table["value"].clone())
    };
    for (section, keys) in &example {
        for (key, value) in keys.as_table().unwrap() {
            let path = format!("{section}.{key}");
            if !["public.url", "public.opt_out_key", "data.sales"].contains(&path.as_str()) {
                assert_eq!(default(&path).as_ref(), Some(value), "{path}");
            }
        }
    }
    for line in PAGE.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_end_matches(" |").split(" | ").collect();
        let Some(key) = key_of(cells[0].trim_start_matches("| ").trim_matches('`')) else { continue };
        let written = cells.last().unwrap().trim_matches('`');
        let shown = match default(key.path) {
            Some(toml::Value::String(text)) => text,
            Some(other) => other.to_string(),
            None => continue,
        };
        assert_eq!(shown, written, "{}", key.path);
    }
}

#[test]
fn it_says_where_each_value_comes_from() {
    let folder = folder(&format!("{CONFIG}zone = \"America/Chicago\"\nlead_hours = 30\n"));
    let variables = [
        ("FIRST_TIME_CAMPAIGN_DELAY_HOURS", "6"),
        ("DRIPR_OPT_OUT_KEY", "a key of the environment"),
        ("AWS_REGION", "us-west-2"),
    ];
    let all = shown(folder.path(), &["--set", "sending.lead_hours=12", "--set=mail.pace=3/s"], &variables);
    let said = |key: &str| {
        let (value, from) = &all[key];
        (value.to_string(), from.as_str())
    };
    assert_eq!(said("sending.zone"), ("\"America/Chicago\"".to_owned(), "file"));
    assert_eq!(said("sending.lead_hours"), ("12".to_owned(), "--set"));
    assert_eq!(said("mail.pace"), ("\"3/s\"".to_owned(), "--set"));
    assert_eq!(said("sending.closes"), ("\"18:00\"".to_owned(), "default"));
    assert_eq!(
        said("sending.first_time_delay_hours"),
        ("6".to_owned(), "environment FIRST_TIME_CAMPAIGN_DELAY_HOURS")
    );
    assert_eq!(said("public.opt_out_key"), ("{\"set\":true}".to_owned(), "environment DRIPR_OPT_OUT_KEY"));
    assert_eq!(said("aws.region"), ("\"us-west-2\"".to_owned(), "environment AWS_REGION"));
    assert_eq!(said("mail.password_file"), ("null".to_owned(), "default"));
    // What is set at the command line goes before the environment too.
    let all = shown(folder.path(), &["--set", "sending.first_time_delay_hours=7"], &variables);
    assert_eq!(all["sending.first_time_delay_hours"], (7.into(), "--set".to_owned()));
}

#[cfg(all(feature = "redis", feature = "sns-sqs", feature = "zillow"))]
#[test]
fn the_variables_of_older_deployments_are_taken() {
    use dripr_core::events::Queue;
    use dripr_server::config::keys::queue_variable;

    let folder = folder(&format!("{CONFIG}[sources]\nhomes = [\"zillow\"]\n"));
    let urls: Vec<(String, String)> = Queue::ALL
        .map(|queue| (queue_variable(queue.as_str()), format!("https://sqs.example/1/{queue}")))
        .to_vec();
    let mut variables: Vec<(&str, &str)> =
        urls.iter().map(|(name, url)| (name.as_str(), url.as_str())).collect();
    variables.extend([
        ("SNS_CAMPAIGN_EVENTS_TOPIC_ARN", "arn:aws:sns:us-east-1:1:campaigns"),
        ("SNS_USER_EVENTS_TOPIC_ARN", "arn:aws:sns:us-east-1:1:users"),
        ("AWS_REGION", "us-east-1"),
        ("REDIS_HOST", "cache.example"),
        ("REDIS_PORT", "6380"),
        ("REDIS_PASSWORD", "hush of redis"),
        ("FIRST_TIME_CAMPAIGN_DELAY_HOURS", "6"),
        ("DEFAULT_PRIMARY_SOURCE", "V2"),
        ("DRIPR_ZILLOW_KEY", "hush of zillow"),
    ]);
    dripr(folder.path(), &["config", "check"], &variables).success();
    let all = shown(folder.path(), &[], &variables);
    let queues = all["aws.queues"].0.as_object().unwrap().clone();
    assert_eq!(queues.len(), Queue::ALL.len());
    assert_eq!(queues["intro"], "https://sqs.example/1/intro");
    assert_eq!(all["aws.campaign_topic"].0, "arn:aws:sns:us-east-1:1:campaigns");
    assert_eq!(all["redis.url_file"].1, "environment REDIS_HOST");
    assert_eq!(all["zillow.primary"].0, "V2");
    // And so are the values, not only the names.
    for wrong in [
        ("REDIS_PORT", "soon"),
        ("SQS_INTRO_QUEUE_URL", "no address"),
        ("SNS_USER_EVENTS_TOPIC_ARN", "no arn"),
        ("FIRST_TIME_CAMPAIGN_DELAY_HOURS", "soon"),
        ("DEFAULT_PRIMARY_SOURCE", "V3"),
    ] {
        let mut variables = variables.clone();
        variables.push(wrong);
        let run = dripr(folder.path(), &["config", "check"], &variables).failure();
        assert!(run.stdout.contains(wrong.1), "{run:?}");
    }
}

/// Every secret has a text of its own that begins so.
const HUSH: &str = "hush-hush-";

#[test]
fn no_secret_is_ever_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut sections: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let secrets: Vec<_> = KEYS.iter().filter(|key| key.is_secret).collect();
    assert!(secrets.len() >= 16, "{}", secrets.len());
    for (n, key) in secrets.iter().enumerate() {
        let (section, name) = key.parts();
        let line = match key.path {
            "public.opt_out_key" => format!("{name} = \"{HUSH}{n} of the file\""),
            "alerts.webhook_url" => format!("{name} = \"https://hooks.example/{HUSH}{n}\""),
            _ => {
                std::fs::write(folder.path().join(name), format!("{HUSH}{n} in a file of its own")).unwrap();
                let list = key.path.ends_with("files");
                if list { format!("{name} = [\"{name}\"]") } else { format!("{name} = \"{name}\"") }
            }
        };
        sections.entry(section).or_default().push(line);
    }
    sections
        .entry("writing")
        .or_default()
        .push(format!("base_url = \"https://me:{HUSH}url@models.example\""));
    let text: String =
        sections.iter().map(|(section, lines)| format!("[{section}]\n{}\n", lines.join("\n"))).collect();
    std::fs::write(folder.path().join("dripr.toml"), &text).unwrap();
    let values: Vec<(&str, String)> = secrets
        .iter()
        .flat_map(|key| key.variables)
        .chain(&["REDIS_PASSWORD"])
        .map(|variable| (*variable, format!("{HUSH}{variable}")))
        .collect();
    let variables: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mistyped = format!("public.opt_out_key=[\"{HUSH}set\"]");
    let no_address = format!("alerts.webhook_url=\"hooks.example/{HUSH}set\"");
    for variables in [&[][..], &variables[..]] {
        for arguments in [
            &["config", "show"][..],
            &["config", "show", "--json"],
            &["config", "check"],
            &["config", "show", "--set", &mistyped],
            &["config", "check", "--set", &mistyped],
            &["config", "show", "--set", &no_address],
            &["config", "check", "--set", &no_address],
        ] {
            let run = dripr(folder.path(), arguments, variables);
            assert!(!run.stdout.is_empty() && !run.stderr.contains("panicked"), "{run:?}");
            assert!(!format!("{run:?}").contains(HUSH), "{arguments:?}: {run:?}");
        }
    }
    let run = dripr(folder.path(), &["config", "show"], &variables);
    let hidden = run.stdout.lines().filter(|line| line.contains("(set)")).count();
    assert_eq!(hidden, secrets.len(), "{}", run.stdout);
}

#[test]
fn a_check_says_everything_at_once() {
    let wrong = "[public]\nurl = \"reports.example\"\nopt_out_kee = \"x\"\n[sending]\nzone = \"Mars/Base\"\nopens = \"25:00\"\n\
                 grace_days = 15\n[postbox]\ndir = \"x\"\n[limits]\nattempts = 0\nmail_timeout_seconds = \"soon\"\n\
                 [mail]\nby = \"pigeon\"\nhost = \"mail.example\"\n[log]\nfilter = \"dripr=loud\"\n";
    let folder = folder(wrong);
    let variables = [("DRIPR_OPT_OUT_KEY", "short"), ("FIRST_TIME_CAMPAIGN_DELAY_HOURS", "soon")];
    let run = dripr(folder.path(), &["config", "check"], &variables).failure();
    for said in [
        "line 3: public.opt_out_kee: unknown field",
        "public.url: public base URL",
        "sending.zone: zone must be the name of an IANA time zone, not \"Mars/Base\"",
        "line 6: sending.opens: ",
        "sending.grace_days: ",
        "postbox: unknown field",
        "limits.attempts: must be at least 1, not 0",
        "line 12: limits.mail_timeout_seconds: invalid type: string \"soon\"",
        "line 14: mail.by: unknown variant `pigeon`",
        "log.filter: ",
        "data.sales: missing",
        "FIRST_TIME_CAMPAIGN_DELAY_HOURS: must be whole hours from 0 to 65535, not \"soon\"",
    ] {
        assert!(run.stdout.contains(said), "{said}\n{}", run.stdout);
    }
    assert!(!run.stdout.contains("mail.host"), "that follows from mail.by: {}", run.stdout);
    let keys: Vec<&str> = run.stdout.lines().map(|line| line.split(": ").nth(1).unwrap()).collect();
    let mut once = keys.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), keys.len(), "each once: {}", run.stdout);
    assert_eq!(run.stderr, format!("dripr: dripr.toml has {} problems\n", keys.len()));
}

#[test]
fn a_check_looks_at_files_and_ends_well_where_all_is_well() {
    let folder = folder(CONFIG);
    let run = dripr(folder.path(), &["config", "check"], &[]).success();
    assert_eq!(run.stdout, "dripr.toml can be used\n");
    let run = dripr(folder.path(), &["config", "check", "--set", "data.rates=none.csv"], &[]).failure();
    assert!(run.stdout.contains("data.rates: cannot read none.csv: No such file"), "{run:?}");
    let run = dripr(folder.path(), &["config", "check", "--config", "other.toml"], &[]).failure();
    assert!(run.stderr.contains("cannot read the configuration other.toml"), "{run:?}");
    std::fs::write(folder.path().join("broken.toml"), "[sending\n").unwrap();
    let run = dripr(folder.path(), &["config", "check", "--config=broken.toml"], &[]).failure();
    assert!(format!("{run:?}").contains("line 1: "), "{run:?}");
}

#[test]
fn a_check_says_that_nobody_gets_alerts() {
    let folder = folder(CONFIG);
    let check = |more: &[&str]| {
        let mut arguments = vec!["config", "check", "--set", "alerts.mail_to=ops@example.com"];
        more.iter().for_each(|setting| arguments.extend(["--set", setting]));
        dripr(folder.path(), &arguments, &[]).success().stdout
    };
    let said = "dripr.toml: alerts.mail_to: nobody gets these mails: ";
    let said_of = |told: &str| told.starts_with(said) && told.ends_with("dripr.toml can be used\n");
    assert!(said_of(&check(&[])), "{}", check(&[]));
    let fine = "dripr.toml can be used\n";
    assert_eq!(dripr(folder.path(), &["config", "check"], &[]).success().stdout, fine);
    #[cfg(feature = "smtp")]
    {
        let smtp = ["mail.by=smtp", "mail.host=mail.example.com"];
        let with = |more: &[&str]| check(&[&smtp[..], more].concat());
        assert!(said_of(&with(&[])), "{}", with(&[]));
        assert_eq!(with(&["mail.allowed_recipients=[\"ops@example.com\"]"]), fine);
        assert_eq!(with(&["mail.production=true"]), fine);
    }
}

#[test]
fn a_configuration_may_be_named_before_the_subcommand_and_keys_set_after_it() {
    let folder = folder(CONFIG);
    std::fs::rename(folder.path().join("dripr.toml"), folder.path().join("other.toml")).unwrap();
    dripr(folder.path(), &["--config", "other.toml", "config", "check"], &[]).success();
    dripr(folder.path(), &["config", "--config", "other.toml", "check"], &[]).success();
    let run =
        dripr(folder.path(), &["--config=other.toml", "migrate", "--set", "database.path=elsewhere.db"], &[]);
    assert_eq!(run.success().stdout, "elsewhere.db is up to date\n");
    assert!(folder.path().join("elsewhere.db").exists());
    let run = dripr(folder.path(), &["--config=other.toml", "agent", "list", "--set=limits.attempts=0"], &[]);
    let said = "limits.attempts: must be at least 1, not 0 (given by --set)";
    assert!(run.failure().stderr.contains(said));
    dripr(folder.path(), &["--config=other.toml", "simulate", "--seeds=1"], &[]).failure();
    let run = dripr(folder.path(), &["config", "check", "--set", "mail.pigeon=1"], &[]).failure();
    assert_eq!(run.code, Some(2), "{run:?}");
    let schedule =
        ["--config=other.toml", "schedule", "--created=2026-03-01", "--day=5", "--set=sending.opens=12:00"];
    let run = dripr(folder.path(), &schedule, &[]).success();
    assert!(run.stdout.contains("17:00:00Z") || run.stdout.contains("16:00:00Z"), "{}", run.stdout);
}
