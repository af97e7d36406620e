//! What a configuration says of who writes and where emails are kept.

use std::path::Path;

use dripr_server::config::Config;

use crate::program::CONFIG;

fn refused(lines: &str) -> String {
    let no_environment = |_: &str| None;
    let text = format!("{CONFIG}{lines}");
    match Config::parse(&text, Path::new(""), &no_environment) {
        Ok(_) => panic!("taken: {lines}"),
        Err(problem) => problem.to_string(),
    }
}

#[test]
fn keys_that_nobody_would_heed_are_refused() {
    let model = refused("[writing]\nmodel = \"x\"\n");
    assert_eq!(model, "writing.model: is for a model only, and `by` is \"composed\"");
    let bucket = refused("[archive]\nbucket = \"x\"\n");
    assert_eq!(bucket, "archive.bucket: is for by = \"s3\" only, and `by` is \"folder\"");
}

#[cfg(not(feature = "bedrock"))]
#[test]
fn a_program_without_bedrock_says_how_to_get_one() {
    let error = refused("[writing]\nby = \"bedrock\"\nmodel = \"m\"\nregion = \"us-east-1\"\n");
    assert!(error.starts_with("writing.by: this dripr was built without Bedrock"), "{error}");
}

#[cfg(not(feature = "openai-writer"))]
#[test]
fn a_program_without_endpoints_says_how_to_get_one() {
    let error = refused("[writing]\nby = \"openai\"\nmodel = \"m\"\nbase_url = \"http://127.0.0.1\"\n");
    assert!(error.contains("--features openai-writer"), "{error}");
}

#[cfg(not(feature = "s3-archive"))]
#[test]
fn a_program_without_s3_says_how_to_get_one() {
    let error = refused("[archive]\nby = \"s3\"\nbucket = \"b\"\nregion = \"us-east-1\"\n");
    assert!(error.starts_with("archive.by: this dripr was built without S3"), "{error}");
}

#[cfg(feature = "bedrock")]
#[test]
fn a_model_of_bedrock_needs_its_name_and_region() {
    use std::time::Duration;

    use dripr_server::config::{
        pace::Pace,
        writing::{Cost, Writing},
    };

    let lines = "[writing]\nby = \"bedrock\"\nmodel = \"m\"\nregion = \"us-east-1\"\n";
    let config = Config::parse(&format!("{CONFIG}{lines}"), Path::new(""), &|_| None).unwrap();
    let Writing::Bedrock(options, cost) = config.writing else { panic!("{:?}", config.writing) };
    assert_eq!((options.model.as_str(), options.region.as_str()), ("m", "us-east-1"));
    assert_eq!(options.timeout.as_secs(), 54, "less than limits.writer_timeout_seconds");
    assert_eq!(cost, Cost { pace: Pace::new(8, Duration::from_secs(60)), dollars: None });
    for (lines, expected) in [
        ("region = \"us-east-1\"", "writing.model: missing"),
        ("model = \" \"", "writing.model: missing"),
        ("model = \"m\"", "writing.region: missing"),
        ("model = \"m\"\nregion = \"r\"\nkey_file = \"k\"", "writing.key_file: is for by = \"openai\" only"),
        ("model = \"m\"\nregion = \"r\"\ntemperature = 3.0", "writing.temperature: 3 is not from 0 to 2"),
        (
            "model = \"m\"\nregion = \"r\"\npace = \"0/min\"",
            "line 11: writing.pace: must be written like 10/min",
        ),
        (
            "model = \"m\"\nregion = \"r\"\ndollars_per_million_input_tokens = 1.0",
            "writing.dollars_per_million_output_tokens: missing",
        ),
        (
            "model = \"m\"\nregion = \"r\"\ndollars_per_million_input_tokens = -1.0",
            "writing.dollars_per_million_input_tokens: is not from 0 to 100,000",
        ),
    ] {
        let error = refused(&format!("[writing]\nby = \"bedrock\"\n{lines}\n"));
        assert!(error.starts_with(expected), "{error}");
    }
}

#[cfg(feature = "openai-writer")]
#[test]
fn a_models_endpoint_needs_its_address_and_shows_no_key() {
    use dripr_server::config::writing::Writing;

    let lines = "[writing]\nby = \"openai\"\nmodel = \"m\"\nbase_url = \"https://models.example/v1\"\n";
    let environment = |name: &str| (name == "DRIPR_WRITING_KEY").then(|| "k3y".to_owned());
    let config = Config::parse(&format!("{CONFIG}{lines}"), Path::new(""), &environment).unwrap();
    let Writing::OpenAi(options, _) = config.writing else { panic!("{:?}", config.writing) };
    assert!(options.key.is_some() && !format!("{options:?}").contains("k3y"));
    for (lines, expected) in [
        ("model = \"m\"", "writing.base_url: missing"),
        ("model = \"m\"\nbase_url = \"ftp://x\"", "writing.base_url: the address of the model's endpoint"),
        (
            "model = \"m\"\nbase_url = \"http://x\"\nkey_file = \"no-such-file\"",
            "writing.key_file: cannot read",
        ),
    ] {
        let error = refused(&format!("[writing]\nby = \"openai\"\n{lines}\n"));
        assert!(error.starts_with(expected), "{error}");
    }
}

#[cfg(feature = "s3-archive")]
#[test]
fn a_bucket_needs_its_name_and_region_and_a_whole_key() {
    for (lines, expected) in [
        ("region = \"r\"", "archive.bucket: missing"),
        ("bucket = \"b\"", "archive.region: missing"),
        ("bucket = \"b\"\nregion = \"r\"\ndir = \"d\"", "archive.dir: is for by = \"folder\" only"),
        ("bucket = \"b\"\nregion = \"r\"\naccess_key_id = \"a\"", "archive.secret_access_key_file: missing"),
    ] {
        let error = refused(&format!("[archive]\nby = \"s3\"\n{lines}\n"));
        assert!(error.starts_with(expected), "{error}");
    }
    let lines = "[archive]\nby = \"s3\"\nbucket = \"b\"\nregion = \"r\"\naccess_key_id = \"a\"\n";
    let environment = |name: &str| (name == "DRIPR_ARCHIVE_SECRET_ACCESS_KEY").then(|| "k3y".to_owned());
    let config = Config::parse(&format!("{CONFIG}{lines}"), Path::new(""), &environment).unwrap();
    assert!(!format!("{config:?}").contains("k3y"));
}

#[cfg(any(
    feature = "openai-writer",
    feature = "quick-email-verification",
    feature = "s3-archive",
    feature = "smtp"
))]
#[test]
fn a_secret_that_is_given_is_not_empty() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("empty"), " \r\n").unwrap();
    let asked = [
        #[cfg(feature = "openai-writer")]
        (
            "writing.key_file",
            "DRIPR_WRITING_KEY",
            "[writing]\nby = \"openai\"\nmodel = \"m\"\nbase_url = \"http://x\"",
        ),
        #[cfg(feature = "quick-email-verification")]
        (
            "email_verification.key_file",
            "DRIPR_EMAIL_VERIFICATION_KEY",
            "[email_verification]\nby = \"quick_email_verification\"",
        ),
        #[cfg(feature = "s3-archive")]
        (
            "archive.secret_access_key_file",
            "DRIPR_ARCHIVE_SECRET_ACCESS_KEY",
            "[archive]\nby = \"s3\"\nbucket = \"b\"\nregion = \"r\"\naccess_key_id = \"a\"",
        ),
        #[cfg(feature = "smtp")]
        (
            "mail.password_file",
            "DRIPR_SMTP_PASSWORD",
            "[mail]\nby = \"smtp\"\nhost = \"mx.example\"\nusername = \"dripr\"",
        ),
    ];
    for (key, variable, lines) in asked {
        let (_, name) = key.split_once('.').unwrap();
        let text = format!("{CONFIG}{lines}\n{name} = \"empty\"\n");
        let refused = |environment: &dyn Fn(&str) -> Option<String>| {
            Config::parse(&text, folder.path(), environment).err().unwrap().to_string()
        };
        let error = refused(&|_| None);
        assert!(
            error.starts_with(&format!("{key}: missing: the file ")) && error.ends_with("is empty"),
            "{error}"
        );
        let error = refused(&|asked| (asked == variable).then(String::new));
        assert_eq!(error, format!("{key}: missing: the environment variable {variable} is empty"));
    }
}

#[cfg(feature = "openai-writer")]
#[test]
fn a_key_that_no_header_can_hold_is_named() {
    let lines = "[writing]\nby = \"openai\"\nmodel = \"m\"\nbase_url = \"https://models.example/v1\"\n";
    let environment = |name: &str| (name == "DRIPR_WRITING_KEY").then(|| "a\nb".to_owned());
    let error = Config::parse(&format!("{CONFIG}{lines}"), Path::new(""), &environment).err().unwrap();
    assert!(error.to_string().starts_with("writing.key_file: the key of the model's endpoint"), "{error}");
}
