//! The messages between the query side and the read model, and the trait by which one asks the other.

mod convert;
pub mod overlap;

pub use convert::{
    assessed, chain, claim, codebook, dissent, finding, grade, link, passage, policy, proposition, rulings, target,
};

pub use overlap::Overlap;

use bytes::Bytes;
use futures::future::BoxFuture;
use prost::Message;

#[allow(missing_docs, clippy::all, clippy::pedantic, reason = "generated code; its documentation stands in proto/")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/gainsay.view.v1.rs"));
}

pub use generated::*;

/// The read side: answers questions about views.
///
/// It is implemented by the projector in the same process, and by the projectors that answer over the network. Every
/// answer comes from one snapshot, says as of which position it holds, and shows what the viewer may see and no more.
pub trait Views: Send + Sync + 'static {
    /// Answers a question; what goes wrong is a [`Refusal`] in the reply.
    fn ask(&self, request: Request) -> BoxFuture<'_, Reply>;
}

impl Board {
    /// How many bytes it takes on the wire.
    #[must_use]
    pub fn bytes_len(&self) -> usize {
        self.encoded_len()
    }
}

/// Bytes that are not the message that they should be.
#[derive(Debug, thiserror::Error)]
#[error("the bytes are no {expected} about views")]
pub struct Malformed {
    expected: &'static str,
    #[source]
    source: prost::DecodeError,
}

impl Request {
    /// Whether it names the moment as of which it asks.
    #[must_use]
    pub fn names_moment(&self) -> bool {
        self.as_of.is_some() || self.as_of_time_us.is_some()
    }

    /// The bytes of the request.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.encode_to_vec().into()
    }

    /// Reads what [`Request::to_bytes`] wrote.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, Malformed> {
        Self::decode(bytes).map_err(|source| Malformed { expected: "request", source })
    }
}

impl Reply {
    /// The bytes of the reply. Equal replies have equal bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.encode_to_vec().into()
    }

    /// Reads what [`Reply::to_bytes`] wrote.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, Malformed> {
        Self::decode(bytes).map_err(|source| Malformed { expected: "reply", source })
    }

    /// A reply that refuses.
    #[must_use]
    pub fn refused(as_of: u64, why: refusal::Why, code: &str, detail: impl Into<String>) -> Self {
        let refusal = Refusal { why: why.into(), code: code.to_owned(), detail: detail.into() };
        Self { as_of, known_at_us: None, answer: Some(reply::Answer::Refusal(refusal)) }
    }
}
