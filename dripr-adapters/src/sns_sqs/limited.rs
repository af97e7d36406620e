//! A limit on how many bytes an answer may have: the SDK has none of its own.

use aws_sdk_sqs::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeDeserializationInterceptorContextMut,
    },
    error::BoxError,
};
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

/// More than ten messages of the greatest size have, however they are escaped.
const MOST_BYTES: usize = 64 << 20;

/// Breaks off the reading of an answer that is too long.
#[derive(Debug)]
pub(super) struct LimitedAnswers;

impl Intercept for LimitedAnswers {
    fn name(&self) -> &'static str {
        "LimitedAnswers"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().body_mut();
        let whole = std::mem::replace(body, SdkBody::empty());
        *body = SdkBody::from_body_1_x(Limited::new(whole, MOST_BYTES));
        Ok(())
    }
}
