//! `[operations]`: where those who watch the deployment are answered.

use std::net::SocketAddr;

use serde::Deserialize;

use super::ConfigProblem;

/// Where those who watch the deployment are answered.
#[derive(Debug, Clone, Default)]
pub struct Operations {
    /// Where `dripr run` answers them, apart from the public routes; nowhere if it is not given.
    pub listen: Option<SocketAddr>,
    /// The namespace under which CloudWatch gets figures, if it does.
    pub cloudwatch_namespace: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    listen: Option<SocketAddr>,
    cloudwatch_namespace: Option<String>,
}

impl Written {
    /// `public` is where the public routes are answered.
    pub(super) fn check(self, public: Option<SocketAddr>) -> Result<Operations, ConfigProblem> {
        // Port 0 is another one each time.
        if let Some(listen) = self.listen.filter(|listen| listen.port() != 0 && Some(*listen) == public) {
            let reason =
                format!("{listen} is that of http.listen, which the world reaches: give another one");
            return Err(ConfigProblem::key("operations.listen", reason));
        }
        if let Some(namespace) = &self.cloudwatch_namespace {
            // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
            let fine = |c: char| c.is_ascii_alphanumeric() || "._-/#:".contains(c);
            let is_one = (1..=255).contains(&namespace.len()) && namespace.chars().all(fine);
            if !is_one || namespace.starts_with("AWS/") || namespace.starts_with(':') {
                let reason =
                    "must be 1 to 255 of the characters A-Z a-z 0-9 . _ - / # : and not begin with AWS/ or :";
                return Err(ConfigProblem::key("operations.cloudwatch_namespace", reason));
            }
        }
        Ok(Operations { listen: self.listen, cloudwatch_namespace: self.cloudwatch_namespace })
    }
}
