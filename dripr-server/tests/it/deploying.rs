//! The files of `docs/deploy`: what can be told of them without containers, machines and clouds.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use clap::ValueEnum;
use dripr_server::{
    config::keys::{KEYS, REGION_VARIABLES, queue_variable},
    role::Role,
};
#[cfg(all(feature = "mysql", feature = "redis", feature = "sns-sqs"))]
use yaml_rust2::{Yaml, YamlLoader};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join("docs/deploy").join(name)).unwrap()
}

fn known_variables() -> BTreeSet<String> {
    let queues = dripr_core::events::Queue::ALL.map(|queue| queue_variable(queue.as_str()));
    let others = ["REDIS_PORT", "REDIS_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    KEYS.iter()
        .flat_map(|key| key.variables.iter().copied())
        .chain(REGION_VARIABLES)
        .chain(others)
        .map(str::to_owned)
        .chain(queues)
        .collect()
}

/// Variables that a page names.
fn variables_in(text: &str) -> Vec<&str> {
    let prefixes = ["DRIPR_", "REDIS_", "SNS_", "SQS_", "FIRST_TIME_", "DEFAULT_PRIMARY"];
    text.split(|c: char| !(c.is_ascii_uppercase() || c == '_'))
        .filter(|word| prefixes.iter().any(|prefix| word.starts_with(prefix)))
        .collect()
}

fn checked(folder: &Path, config: &str, variables: &[(String, String)]) -> String {
    fs::write(folder.join("dripr.toml"), config).unwrap();
    fs::write(folder.join("sales.csv"), "date,price,zip\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dripr"))
        .args(["config", "check"])
        .current_dir(folder)
        .env_clear()
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// How often, and how long an answer may take: longer than `dripr ready` waits.
const HEALTH: &str = "--interval=15s --timeout=12s --start-period=60s";

/// How whoever starts and ends containers asks whether one is ready.
const READY: [&str; 5] = ["CMD", "/usr/local/bin/dripr", "--config", "/etc/dripr/dripr.toml", "ready"];

#[cfg(all(feature = "mysql", feature = "redis", feature = "sns-sqs"))]
fn compose() -> Yaml {
    YamlLoader::load_from_str(&read("compose.yaml")).unwrap().remove(0)
}

/// All variables that a process gets there.
#[cfg(all(feature = "mysql", feature = "redis", feature = "sns-sqs"))]
fn variables_of(compose: &Yaml) -> Vec<(String, String)> {
    compose["x-dripr"]["environment"]
        .as_hash()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str().unwrap().to_owned(), value.as_str().unwrap().to_owned()))
        .chain([("DRIPR_OPT_OUT_KEY".to_owned(), "a long random text".to_owned())])
        .collect()
}

/// The configuration that a page tells a reader to write, whose files are where the test has them.
fn config_of(page: &str) -> String {
    let block = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let block: String = block.lines().map(|line| format!("{}\n", line.trim())).collect();
    block.replace("/etc/dripr/", "")
}

#[cfg(all(feature = "mysql", feature = "redis", feature = "sns-sqs"))]
#[test]
fn what_compose_gives_the_program_is_what_it_knows() {
    let compose = compose();
    let config = &read("compose.toml");
    let known = known_variables();
    let common = &compose["x-dripr"];
    let variables = variables_of(&compose);
    let mounted = common["volumes"].as_vec().unwrap().iter().filter_map(Yaml::as_str);
    assert_eq!(mounted.filter(|volume| *volume == "./compose.toml:/etc/dripr/dripr.toml:ro").count(), 1);
    for (name, _) in &variables {
        assert!(known.contains(name), "the program knows no {name}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(checked(folder.path(), config, &variables), "dripr.toml can be used\n");
    // The test would notice a key that is not there.
    let wrong = config.replace("place =", "pace =");
    assert!(checked(folder.path(), &wrong, &variables).contains("queues.pace: unknown field"));

    // Every service of ours runs a subcommand that there is, with roles that there are, and together they do everything.
    let mut roles = BTreeSet::new();
    for (name, service) in compose["services"].as_hash().unwrap() {
        let Some(command) =
            service["command"].as_vec().filter(|_| service["<<"] != Yaml::BadValue || ours(service))
        else {
            continue;
        };
        let words: Vec<&str> = command.iter().map(|word| word.as_str().unwrap()).collect();
        match words.as_slice() {
            ["run", "--roles", list] => roles.extend(list.split(',').map(str::to_owned)),
            ["aws", "provision"] | ["redis-server", ..] => {}
            other => panic!("{name:?} runs {other:?}"),
        }
    }
    let all: BTreeSet<String> = Role::value_variants()
        .iter()
        .map(|role| role.to_possible_value().unwrap().get_name().to_owned())
        .collect();
    assert_eq!(roles, all);
    // What Compose writes into a container after it made it cannot be written where the file system is read-only.
    for (name, service) in compose["services"].as_hash().unwrap() {
        let is_ours = service["<<"] != Yaml::BadValue || ours(service);
        let of =
            |key: &str| if service[key] == Yaml::BadValue && is_ours { &common[key] } else { &service[key] };
        let is_read_only = of("read_only").as_bool() == Some(true);
        for config in of("configs").as_vec().filter(|_| is_read_only).into_iter().flatten() {
            let source = config["source"].as_str().or(config.as_str()).unwrap();
            assert_eq!(compose["configs"][source]["content"], Yaml::BadValue, "{name:?}: {source}");
        }
    }
    let asked = common["healthcheck"]["test"].as_vec().unwrap().iter().map(|word| word.as_str().unwrap());
    assert_eq!(asked.collect::<Vec<_>>(), READY);
    // Volumes, configs and anchors that are named are there.
    for volume in ["mariadb", "redis", "state"] {
        assert_ne!(compose["volumes"][volume], Yaml::BadValue, "{volume}");
    }
    let build = &common["build"];
    let context = root().join("docs/deploy").join(build["context"].as_str().unwrap());
    assert!(context.join(build["dockerfile"].as_str().unwrap()).is_file());
}

/// Merge keys are either left or merged by the reader.
#[cfg(all(feature = "mysql", feature = "redis", feature = "sns-sqs"))]
fn ours(service: &Yaml) -> bool {
    service["image"].as_str() == Some("dripr")
}

#[test]
fn the_dockerfile_copies_what_is_there_and_builds_what_there_is() {
    let file = read("Dockerfile");
    let ignored = fs::read_to_string(root().join(".dockerignore")).unwrap();
    let manifest: toml::Table =
        fs::read_to_string(root().join("dripr-server/Cargo.toml")).unwrap().parse().unwrap();
    let workspace: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let mut copied = BTreeSet::new();
    for line in file.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words[0].starts_with("--from=") {
            continue;
        }
        let (_, sources) = words.split_last().unwrap();
        for source in sources {
            assert!(root().join(source).exists(), "{source} is not there");
            assert!(
                ignored.lines().any(|line| line == format!("!{source}")),
                ".dockerignore leaves out {source}"
            );
            copied.insert((*source).to_owned());
        }
    }
    let members = workspace["workspace"]["members"].as_array().unwrap();
    for member in members {
        assert!(copied.contains(member.as_str().unwrap()), "the member {member} is not copied");
    }
    let word_after = |flag: &str| {
        let (_, rest) = file.split_once(&format!("{flag} ")).unwrap();
        rest.split_whitespace().next().unwrap().trim_matches('"')
    };
    assert_eq!(word_after("--package"), manifest["package"]["name"].as_str().unwrap());
    let bins = manifest["bin"].as_array().unwrap();
    assert!(bins.iter().any(|bin| bin["name"].as_str() == Some(word_after("--bin"))));
    let features = file.lines().find_map(|line| line.strip_prefix("ARG FEATURES=")).unwrap();
    for feature in features.split(',') {
        assert!(manifest["features"].get(feature).is_some(), "there is no feature {feature}");
    }
    let needed = workspace["workspace"]["package"]["rust-version"].as_str().unwrap();
    let used = file.split_once("FROM rust:").unwrap().1.split('-').next().unwrap();
    let minor = |version: &str| version.split('.').nth(1).unwrap().parse::<u32>().unwrap();
    assert!(minor(used) >= minor(needed), "{used} is older than {needed}");
    let user = file.lines().filter_map(|line| line.strip_prefix("USER ")).next_back().unwrap();
    assert!(!user.starts_with("root") && !user.starts_with('0'), "{user}");
    // The command line that it ends in is one.
    let list = |keyword: &str| -> Vec<String> {
        let line = file.lines().find_map(|line| line.strip_prefix(keyword)).unwrap();
        serde_json::from_str(line.trim()).unwrap()
    };
    let (entry, command) = (list("ENTRYPOINT"), list("CMD"));
    assert_eq!(entry[0], "/usr/local/bin/dripr");
    assert!(file.contains(&format!("/dripr {}\n", entry[0])), "it is copied there");
    assert_eq!(list(&format!("HEALTHCHECK {HEALTH} CMD")), READY[1..]);
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dripr"))
        .args(&entry[1..])
        .args(&command)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "understood, and then it finds no configuration: {output:?}");
}

/// What makes whoever works on the database the same as the unit: another user could not, or would leave files that the
/// unit cannot write to.
const SAME: [&str; 7] = [
    "DynamicUser=yes",
    "User=dripr",
    "StateDirectory=dripr",
    "StateDirectoryMode=0700",
    "WorkingDirectory=/var/lib/dripr",
    "UMask=0077",
    "EnvironmentFile=-/etc/dripr/opt-out-key",
];

#[test]
fn whatever_works_on_the_database_is_the_same_user_with_the_same_secrets() {
    for name in ["dripr.service", "dripr-backup.service"] {
        let unit = read(name);
        for line in SAME {
            assert!(unit.lines().any(|found| found == line), "{name}: {line}");
        }
    }
    let wrapper = read("as-dripr");
    for line in SAME {
        assert!(wrapper.contains(&format!("--property={line} ")), "as-dripr: {line}");
    }
    assert!(wrapper.ends_with("/usr/local/bin/dripr --config /etc/dripr/dripr.toml \"$@\"\n"));
    let backup = read("dripr-backup.service");
    let command = backup.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    assert!(
        command.contains("/usr/local/bin/dripr --config /etc/dripr/dripr.toml backup \"backups/"),
        "{command}"
    );
}

#[test]
fn what_stops_dripr_waits_for_longer_than_it_drains() {
    let drains = KEYS.iter().find(|key| key.path == "limits.drain_seconds").unwrap().default;
    let drains: u32 = drains.parse().unwrap();
    for (name, before, after) in [
        ("dripr.service", "TimeoutStopSec=", "\n"),
        ("compose.yaml", "stop_grace_period: ", "s\n"),
        ("ecs.md", "`stopTimeout` ", " s,"),
        ("README.md", "--stop-timeout ", " "),
    ] {
        let page = read(name);
        for found in page.split(before).skip(1) {
            let waits: u32 = found.split(after).next().unwrap().parse().unwrap();
            assert!(waits > drains + 10, "{name}: {waits}");
        }
        assert!(page.contains(before), "{name}");
    }
}

#[test]
fn the_unit_starts_what_there_is() {
    let unit = read("dripr.service");
    for line in unit.lines().filter_map(|line| line.strip_prefix("Exec")) {
        let (_, command) = line.split_once('=').unwrap();
        let words: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(words[0], "/usr/local/bin/dripr");
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_dripr"))
            .args(words[1..].iter().map(|word| word.replace("/etc/", "/nowhere/")))
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
    }
    // systemd's own look, where there is systemd. It wants the program to be there.
    let folder = tempfile::tempdir().unwrap();
    let installed = ["dripr.service", "dripr-backup.service", "dripr-backup.timer"].map(|name| {
        let path = folder.path().join(name);
        fs::write(&path, read(name).replace("/usr/local/bin/dripr", env!("CARGO_BIN_EXE_dripr"))).unwrap();
        path
    });
    match Command::new("systemd-analyze").arg("verify").args(&installed).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let about_it: Vec<&str> = said.lines().filter(|line| line.contains("dripr")).collect();
            assert!(about_it.is_empty(), "{about_it:?}");
        }
        Err(error) => eprintln!("systemd-analyze was not asked: {error}"),
    }
}

#[test]
fn the_walk_throughs_name_only_what_there_is() {
    let known = known_variables();
    for name in ["README.md", "lightsail.md", "ecs.md"] {
        let page = read(name);
        for variable in variables_in(&page) {
            assert!(known.contains(variable), "{name}: the program knows no {variable}");
        }
        for role in page.split("--roles ").skip(1) {
            let list: String =
                role.chars().take_while(|c| c.is_ascii_lowercase() || matches!(c, ',' | '-')).collect();
            for role in list.split(',') {
                assert!(Role::from_str(role, false).is_ok(), "{name}: there is no role {role:?}");
            }
        }
        for (_, link) in
            page.match_indices("](").map(|(at, _)| page[at + 2..].split_once(')').unwrap().0).map(|l| ((), l))
        {
            if !link.contains("://") {
                let file = link.split('#').next().unwrap();
                assert!(root().join("docs/deploy").join(file).exists(), "{name}: {link} is not there");
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let key = [("DRIPR_OPT_OUT_KEY".to_owned(), "a long random text".to_owned())];
    for name in ["README.md", "lightsail.md"] {
        let config = config_of(&read(name));
        assert_eq!(checked(folder.path(), &config, &key), "dripr.toml can be used\n", "{name}");
    }
}

#[cfg(feature = "full")]
#[test]
fn the_configuration_for_ecs_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let config = config_of(&read("ecs.md"));
    let key = ("DRIPR_OPT_OUT_KEY".to_owned(), "a long random text".to_owned());
    let region = ("AWS_REGION".to_owned(), "us-east-1".to_owned());
    // Where topics and queues are made with it, nothing names them yet; in a task everything does.
    for variables in [vec![key.clone()], vec![key, region], variables_of(&compose())] {
        assert_eq!(checked(folder.path(), &config, &variables), "dripr.toml can be used\n");
    }
}

/// A page in two: what its blocks have for a shell, and its sentences.
#[cfg(feature = "full")]
fn blocks_and_sentences(page: &str) -> (String, String) {
    let (mut blocks, mut sentences) = (String::new(), String::new());
    let mut language = None;
    for line in page.lines() {
        match (line.trim_start().strip_prefix("```"), language) {
            (Some(named), None) => language = Some(named),
            (Some(_), Some(_)) => language = None,
            (None, None) => sentences.extend([line, "\n"]),
            (None, Some("" | "sh")) => blocks.extend([line.trim_start(), "\n"]),
            (None, Some(_)) => {}
        }
    }
    (blocks, sentences)
}

/// The words of each command, as a shell parts them; of a shell as much as the pages use.
#[cfg(feature = "full")]
fn commands(text: &str) -> Vec<Vec<String>> {
    // A function of the shell that is called as the program is.
    let text = text.replace("dripr() {", "{").replace("\\\n", " ");
    let (mut commands, mut words): (Vec<Vec<String>>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut word, mut quote): (Option<String>, Option<char>) = (None, None);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => while chars.next_if(|c| *c != '\n').is_some() {},
            (None, ' ') => words.extend(word.take()),
            (None, '\n' | ';' | '&' | '|' | '(' | ')') => {
                words.extend(word.take());
                commands.push(std::mem::take(&mut words));
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    commands.push(words);
    commands
}

/// The command lines of the program in a text, with something in the place of what a reader is to put there.
#[cfg(feature = "full")]
fn said_to_the_program(text: &str) -> Vec<Vec<String>> {
    let filled = |word: String| match word.as_str() {
        "ADDRESS" => "kim@example.com".to_owned(),
        "DOMAIN" => "example.com".to_owned(),
        "TIME" => "2026-03-01T00:00:00Z".to_owned(),
        _ => word.replace('$', ""),
    };
    let mut said = Vec::new();
    for words in commands(text) {
        let mut words = words.into_iter();
        if !words.next().is_some_and(|program| matches!(program.as_str(), "dripr" | "as-dripr")) {
            continue;
        }
        let mut line = vec!["dripr".to_owned()];
        while let Some(word) = words.next() {
            if word.ends_with('>') {
                // Where it writes to is the shell's business.
                words.next();
            } else if word != "…" {
                line.push(filled(word));
            }
        }
        said.push(line);
    }
    said
}

#[cfg(feature = "full")]
#[test]
fn every_command_line_of_the_pages_is_one() {
    // As much room as the program has where it parses them itself.
    let thread = std::thread::Builder::new().stack_size(8 << 20);
    thread.spawn(parse_every_command_line_of_the_pages).unwrap().join().unwrap();
}

#[cfg(feature = "full")]
fn parse_every_command_line_of_the_pages() {
    use clap::{Parser, error::ErrorKind};
    use dripr_server::cli::Cli;

    let mut pages = vec![root().join("docs/operate.md")];
    let deploying = fs::read_dir(root().join("docs/deploy")).unwrap().map(|entry| entry.unwrap().path());
    pages.extend(deploying.filter(|path| path.extension().is_some_and(|kind| kind == "md")));
    let (mut whole, mut named) = (0, 0);
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let (blocks, sentences) = blocks_and_sentences(&text);
        for line in said_to_the_program(&blocks) {
            whole += 1;
            if let Err(error) = Cli::try_parse_from(&line) {
                panic!("{}: {}\n{error}", page.display(), line.join(" "));
            }
        }
        // What a sentence names may leave out what it does not speak of.
        assert_eq!(sentences.matches('`').count() % 2, 0, "{}", page.display());
        for span in sentences.split('`').skip(1).step_by(2) {
            for line in said_to_the_program(&span.replace('\n', " ")).iter().filter(|line| line.len() > 1) {
                named += 1;
                match Cli::try_parse_from(line).map_err(|error| (error.kind(), error)) {
                    Ok(_)
                    | Err((
                        ErrorKind::MissingRequiredArgument
                        | ErrorKind::MissingSubcommand
                        | ErrorKind::DisplayHelp
                        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
                        _,
                    )) => {}
                    Err((_, error)) => panic!("{}: {}\n{error}", page.display(), line.join(" ")),
                }
            }
        }
    }
    assert!(whole > 10 && named > 30, "{whole} whole ones and {named} in sentences");
    // The test would notice what is missing, and what is not there.
    let add = "dripr agent add --first-name Ana --last-name Ruiz --email ana@example.com";
    for wrong in [add, "dripr restore --put-back FILE", "dripr config chek"] {
        assert!(Cli::try_parse_from(wrong.split(' ')).is_err(), "{wrong}");
    }
}
