//! Query strings: strict, with repeated parameters.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode;
use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::{name_after, shorten};
use crate::problem::Problem;

/// Parameters of the query string, parsed by [`parse_query`].
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parse_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Parses a query string into a struct, whose lists take repeated parameters (a missing one needs
/// `serde(default)`).
///
/// 400 `unknown_parameter`, `missing_parameter`, `repeated_parameter` (given twice where one is
/// meant), `invalid_parameter`, `invalid_utf8`. Unknown parameters are refused without
/// `deny_unknown_fields`. Flattened structs are not supported: serde does not tell their fields,
/// and hands them every value as a string.
pub fn parse_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let parameters = parameters(query)?;
    let mut track = serde_path_to_error::Track::new();
    let deserializer = serde_path_to_error::Deserializer::new(Parameters(parameters), &mut track);
    T::deserialize(deserializer).map_err(|error| {
        let message = shorten(&error.to_string());
        let at = track.path().iter().next().map(ToString::to_string);
        refusal(&message, at)
    })
}

fn refusal(message: &str, at: Option<String>) -> Problem {
    let (code, name) = if let Some(name) = name_after(message, "unknown field") {
        ("unknown_parameter", Some(name.to_owned()))
    } else if let Some(name) = name_after(message, "missing field") {
        ("missing_parameter", Some(name.to_owned()))
    } else if message == REPEATED {
        ("repeated_parameter", at)
    } else {
        ("invalid_parameter", at)
    };
    let name = name.unwrap_or_default();
    let message = message.replacen(" field ", " parameter ", 1);
    Problem::bad_request(code, format!("`{name}` in the query: {message}")).parameter(name, message)
}

/// The decoded parameters in the order of their first appearance, each with all its values.
fn parameters(query: &str) -> Result<Vec<(String, Values)>, Problem> {
    let mut parameters: Vec<(String, Values)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name)?, decode(value)?);
        match parameters.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.0.push(value),
            None => parameters.push((name, Values(vec![value]))),
        }
    }
    Ok(parameters)
}

/// Decodes `application/x-www-form-urlencoded`, in which a plus sign is a space.
fn decode(text: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode(spaced.as_bytes()).decode_utf8();
    decoded
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Problem::bad_request("invalid_utf8", "the query string is not valid UTF-8 once decoded"))
}

const REPEATED: &str = "is given more than once and takes one value";

struct Parameters(Vec<(String, Values)>);

impl<'de> Deserializer<'de> for Parameters {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(MapDeserializer::new(self.0.into_iter()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0.iter().find(|(name, _)| !fields.contains(&name.as_str())) {
            Some((name, _)) => Err(de::Error::unknown_field(name, fields)),
            None => self.deserialize_any(visitor),
        }
    }

    /// `Query<()>` says that a route takes no parameters.
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.first() {
            Some((name, _)) => Err(de::Error::unknown_field(name, &[])),
            None => visitor.visit_unit(),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The values of one parameter: at least one.
struct Values(Vec<String>);

impl Values {
    fn single(mut self) -> Result<String, Error> {
        match (self.0.pop(), self.0.is_empty()) {
            (Some(value), true) => Ok(value),
            _ => Err(de::Error::custom(REPEATED)),
        }
    }
}

impl IntoDeserializer<'_> for Values {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Numbers and booleans are parsed from their text; everything else sees the text.
macro_rules! parsed {
    ($($method:ident $visit:ident $type:ty, $expected:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let text = self.single()?;
            let value = text.parse::<$type>().map_err(|_| {
                de::Error::invalid_value(de::Unexpected::Str(&text), &$expected)
            })?;
            visitor.$visit(value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Values {
    type Error = Error;

    parsed! {
        deserialize_bool visit_bool bool, "`true` or `false`";
        deserialize_i8 visit_i8 i8, "a whole number";
        deserialize_i16 visit_i16 i16, "a whole number";
        deserialize_i32 visit_i32 i32, "a whole number";
        deserialize_i64 visit_i64 i64, "a whole number";
        deserialize_u8 visit_u8 u8, "a whole number from 0 to 255";
        deserialize_u16 visit_u16 u16, "a whole number from 0 to 65535";
        deserialize_u32 visit_u32 u32, "a whole number of at least 0";
        deserialize_u64 visit_u64 u64, "a whole number of at least 0";
        deserialize_f32 visit_f32 f32, "a number";
        deserialize_f64 visit_f64 f64, "a number";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.single()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let items = self.0.into_iter().map(|value| Values(vec![value]));
        visitor.visit_seq(SeqDeserializer::new(items))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.single()?.into_deserializer())
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct
        identifier ignored_any
    }
}

#[cfg(test)]
mod tests;
