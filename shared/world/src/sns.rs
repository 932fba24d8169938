//! SNS: `Publish`, to whatever topic. What was published is kept; nobody is
//! told of it here.

use std::sync::Mutex;

use http::{Request, Response};

use crate::caller::uuid;
use crate::wire::read_form;

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// A message that was published to a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The topic's ARN.
    pub topic: String,
    /// The text, or texts by protocol.
    pub text: String,
}

/// All its topics.
#[derive(Default)]
pub(crate) struct Sns(Mutex<Vec<Message>>);

impl Sns {
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.0.lock().map(|all| all.clone()).unwrap_or_default()
    }

    /// Takes a message. Speaks the query protocol, as STS does.
    pub(crate) fn publish(&self, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        let mut form = read_form(&String::from_utf8_lossy(request.body()));
        let mut text = |name| form.remove(name).unwrap_or_default();
        let message = Message {
            topic: text("TopicArn"),
            text: text("Message"),
        };
        let number = self.0.lock().map_or(0, |mut all| {
            all.push(message);
            all.len() as u64
        });
        let (id, request_id) = (uuid(0x800a, number), uuid(0x800b, number));
        let body = format!(
            "<PublishResponse xmlns=\"{NAMESPACE}\"><PublishResult><MessageId>{id}</MessageId>\
             </PublishResult><ResponseMetadata><RequestId>{request_id}</RequestId>\
             </ResponseMetadata></PublishResponse>"
        );
        let response = Response::builder().header("content-type", "text/xml");
        let response = response.body(body.into_bytes());
        response.expect("the header is fixed")
    }
}
