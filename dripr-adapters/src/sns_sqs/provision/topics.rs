use dripr_core::errors::{Fault, PortError, PortResult};

use super::{Made, Maker};
use crate::sns_sqs::fault::sorted;

impl Maker<'_> {
    /// A topic of a name.
    pub(super) async fn topic(&mut self, name: &str) -> PortResult<Made> {
        let found = self.find_topic(name).await?;
        let name = name.to_owned();
        if found.is_some() || !self.does(format!("make the topic {name}")) {
            return Ok(Made { name, arn: found });
        }
        let made = self.aws.sns.create_topic().name(&name).send().await;
        let made = made.map_err(|error| sorted(&error, &format!("making the topic {name}")))?;
        let arn = made.topic_arn.ok_or_else(|| {
            PortError::new(Fault::Garbled, format!("AWS gave no ARN while making the topic {name}"))
        })?;
        Ok(Made { name, arn: Some(arn) })
    }

    async fn find_topic(&self, name: &str) -> PortResult<Option<String>> {
        let mut next = None;
        loop {
            let asked = self.aws.sns.list_topics().set_next_token(next).send().await;
            let page = asked.map_err(|error| sorted(&error, "looking for topics"))?;
            let arns = page.topics.unwrap_or_default().into_iter().filter_map(|topic| topic.topic_arn);
            if let Some(found) = arns.into_iter().find(|arn| arn.rsplit(':').next() == Some(name)) {
                return Ok(Some(found));
            }
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(None);
            }
        }
    }
}
