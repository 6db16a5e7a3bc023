//! Extractors whose every rejection is a [`Problem`](crate::Problem).

mod json;
mod parameter;
mod path;
mod query;

pub use json::{BODY_LEN_MAX_DEFAULT, Json, body_limit, canonical_json, parse_json, read_body};
pub use parameter::never_null;
pub use path::Path;
pub use query::{Query, parse_query};

/// Characters of a parser's message that an answer repeats: a message quotes the value it refuses,
/// and a value may be a whole document.
const MESSAGE_LEN_MAX: usize = 600;

fn shorten(message: &str) -> String {
    match message.char_indices().nth(MESSAGE_LEN_MAX) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

/// The name between the first pair of backticks, when the message starts with `prefix`.
///
/// serde's derive has no structured errors; these messages are what its documentation of
/// `de::Error` prescribes.
fn name_after<'a>(message: &'a str, prefix: &str) -> Option<&'a str> {
    message.strip_prefix(prefix)?.strip_prefix(" `")?.split('`').next()
}
