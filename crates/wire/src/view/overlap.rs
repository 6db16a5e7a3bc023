//! By how many a task is to be read: a number in messages, of which 0 is everyone; in JSON a number, or a word.

use domain::task;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The word for everyone.
const EVERYONE: &str = "everyone";

/// By how many a task is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// By so many.
    Of(u32),
    /// By everyone.
    Everyone,
}

impl Overlap {
    /// What the number of a message means.
    #[must_use]
    pub fn of(number: u32) -> Self {
        if number == 0 { Self::Everyone } else { Self::Of(number) }
    }
}

impl Serialize for Overlap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Of(overlap) => serializer.serialize_u32(*overlap),
            Self::Everyone => serializer.serialize_str(EVERYONE),
        }
    }
}

impl<'de> Deserialize<'de> for Overlap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrWord)
    }
}

struct NumberOrWord;

impl Visitor<'_> for NumberOrWord {
    type Value = Overlap;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number from 1 to {}, or `{EVERYONE}`", task::Terms::OVERLAP_MAX)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Overlap, E> {
        // What is too large is refused by the rule on it.
        Ok(Overlap::Of(u32::try_from(number).unwrap_or(u32::MAX)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Overlap, E> {
        self.visit_u64(u64::try_from(number).unwrap_or(0))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Overlap, E> {
        if word == EVERYONE {
            Ok(Overlap::Everyone)
        } else {
            Err(E::invalid_value(serde::de::Unexpected::Str(word), &self))
        }
    }
}

impl PartialSchema for Overlap {
    fn schema() -> RefOr<Schema> {
        let number =
            ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(task::Terms::OVERLAP_MAX));
        let word = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([EVERYONE]));
        OneOfBuilder::new()
            .item(number)
            .item(word)
            .description(Some("By how many a task is to be read, or `everyone`."))
            .into()
    }
}

impl ToSchema for Overlap {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Overlap")
    }
}

impl From<task::Overlap> for Overlap {
    fn from(overlap: task::Overlap) -> Self {
        match overlap {
            task::Overlap::Of(overlap) => Self::Of(overlap),
            task::Overlap::Everyone => Self::Everyone,
        }
    }
}

impl From<Overlap> for task::Overlap {
    fn from(overlap: Overlap) -> Self {
        match overlap {
            Overlap::Of(overlap) => Self::Of(overlap),
            Overlap::Everyone => Self::Everyone,
        }
    }
}

/// The number of a message.
#[must_use]
pub fn number(overlap: task::Overlap) -> u32 {
    match overlap {
        task::Overlap::Of(overlap) => overlap,
        task::Overlap::Everyone => 0,
    }
}

/// Writes the number of a message as JSON.
pub fn serialize<S: Serializer>(number: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    Overlap::of(*number).serialize(serializer)
}

/// Reads what [`serialize`] wrote.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match Overlap::deserialize(deserializer)? {
        Overlap::Of(0) => Err(D::Error::custom("a task is read by one at least")),
        overlap => Ok(number(overlap.into())),
    }
}
