//! Running the real program.

use std::{ffi::OsStr, path::Path, process::Command};

use chrono::TimeDelta;
use dripr_core::ports::Clock;
use dripr_server::system_clock::SystemClock;

/// A configuration with all that has no default.
pub(crate) const CONFIG: &str = "[public]\nurl = \"https://reports.example\"\nopt_out_key = \"a key for tests only\"\n\
    [data]\nsales = \"sales.csv\"\n[sending]\n";

/// What a run said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program in a folder.
pub(crate) fn dripr(folder: impl AsRef<Path>, arguments: &[impl AsRef<OsStr>]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_dripr"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("DRIPR_OPT_OUT_KEY")
        .env_remove("FIRST_TIME_CAMPAIGN_DELAY_HOURS")
        .output()
        .unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Run {
    #[track_caller]
    pub(crate) fn success(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// Failed, with one sentence on stderr, or (2) with the usage.
    #[track_caller]
    pub(crate) fn failure(self) -> Self {
        assert!(matches!(self.code, Some(1 | 2)), "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        if self.code == Some(1) {
            assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
            assert!(self.stderr.starts_with("dripr: "), "{self:?}");
        }
        self
    }
}

/// A folder with a configuration, sales of the last months and an agent called `a1`.
pub(crate) fn deployment() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dripr.toml"), CONFIG).unwrap();
    let mut sales =
        String::from("date,price,zip,lat,long,bedrooms,bathrooms,sqft_living,sqft_lot,year_built\n");
    for n in 0..60 {
        let date = (SystemClock.now() - TimeDelta::days(10 + 3 * n)).date_naive();
        let (price, east) = (500_000 + 1000 * n, 122.340 + 0.0002 * n as f64);
        sales.push_str(&format!("{date},{price},98103,47.66,-{east},3,2,{},4000,1950\n", 1500 + 5 * n));
    }
    std::fs::write(folder.path().join("sales.csv"), sales).unwrap();
    let run = dripr(
        folder.path(),
        &[
            "agent",
            "add",
            "--id=a1",
            "--first-name=Alex",
            "--last-name=Stone",
            "--email=alex@agent.example",
            "--postal-address=1 Sample Plaza, Seattle, WA 98101",
        ],
    );
    assert_eq!(run.success().stdout, "a1\n");
    folder
}
