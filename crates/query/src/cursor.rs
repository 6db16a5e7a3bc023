//! Cursors: where a list continues, as of which position, and with which filters it began.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use runtime::Problem;
use sha2::{Digest, Sha256};

/// Form of the cursor; another number is another form.
const FORM: u8 = 1;
/// Bytes of the digest of the filters. It tells a mistake, not an attack: a cursor grants nothing.
const DIGEST_LEN: usize = 8;
const LEN: usize = 1 + 8 + 8 + DIGEST_LEN;

/// What a list is of: everything of the request that must stay the same from page to page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scope([u8; DIGEST_LEN]);

impl Scope {
    /// The scope of a list at this path with these filters. Absent filters and empty ones differ.
    pub fn new<'a>(path: &str, filters: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Self {
        let mut digest = Sha256::new();
        let mut add = |text: &str| {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        };
        add(path);
        for (name, value) in filters {
            if let Some(value) = value {
                add(name);
                add(value);
            }
        }
        let digest = digest.finalize();
        Self(std::array::from_fn(|index| digest[index]))
    }
}

/// Where a list continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The position as of which the list began.
    pub as_of: u64,
    /// The last entry that was given.
    pub after: u64,
}

impl Cursor {
    /// The cursor as clients see it.
    pub fn seal(self, scope: Scope) -> String {
        let mut bytes = Vec::with_capacity(LEN);
        bytes.push(FORM);
        bytes.extend(self.as_of.to_be_bytes());
        bytes.extend(self.after.to_be_bytes());
        bytes.extend(scope.0);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor that this list gave; 400 `cursor_invalid` for any other.
    pub fn open(text: &str, scope: Scope) -> Result<Self, Problem> {
        let invalid = |detail: &str| {
            let detail = format!("{detail}; begin anew without `cursor`, or follow the link `next` as it is");
            Problem::bad_request("cursor_invalid", &*detail).parameter("cursor", detail)
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == LEN && bytes[0] == FORM);
        let Some(bytes) = bytes else { return Err(invalid("the cursor is not one of this service")) };
        if bytes[17..] != scope.0 {
            return Err(invalid("the cursor belongs to another list or to other filters"));
        }
        let number = |at: usize| u64::from_be_bytes(std::array::from_fn(|index| bytes[at + index]));
        Ok(Self { as_of: number(1), after: number(9) })
    }
}

#[cfg(test)]
mod tests;
