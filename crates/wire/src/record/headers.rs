//! The headers that other tools read: a copy, which gainsay itself never reads.

use super::Record;
use crate::json::rfc3339;

impl Record {
    /// The headers of the record's message: the NATS protocol binding of CloudEvents 1.0 in binary mode, and W3C trace
    /// context.
    ///
    /// All values are printable ASCII without spaces, quotes and percent signs, as the binding asks (3.1.3.2). The type
    /// is that of the first event.
    #[must_use]
    pub fn headers(&self, traceparent: Option<&str>) -> Vec<(&'static str, String)> {
        let envelope = &self.envelope;
        let name = self.events.first().map_or("Record", |event| event.name());
        let mut headers = vec![
            ("ce-specversion", "1.0".to_owned()),
            ("ce-id", envelope.record_id.to_string()),
            ("ce-type", format!("org.gainsay.{name}.v1")),
            ("ce-source", format!("/logs/{}/projects/{}", envelope.log_id, envelope.project)),
            ("ce-subject", format!("{}/{}", envelope.kind, envelope.id)),
            ("ce-time", rfc3339(envelope.recorded_at_us)),
        ];
        headers.extend(traceparent.map(|traceparent| ("traceparent", traceparent.to_owned())));
        headers
    }
}
