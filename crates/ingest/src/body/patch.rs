//! Merge patches (RFC 7396): the body of a resource with only what changes.

use std::borrow::Cow;
use std::marker::PhantomData;

use runtime::{Problem, parse_json};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::object::Object;

/// Applies a merge patch to the present body of a resource, and reads the result.
pub(crate) fn merged<T: Serialize + DeserializeOwned>(present: &T, patch: &Value) -> Result<T, Problem> {
    if let Value::Object(members) = patch {
        if members.contains_key("id") {
            let detail = "an id does not change";
            return Err(Problem::unprocessable("unknown_field", detail).pointer("/id", detail));
        }
    } else {
        let detail = "a merge patch is an object with the members that change";
        return Err(Problem::unprocessable("invalid_value", detail).pointer("", detail));
    }
    let mut body = serde_json::to_value(present).expect("bodies are plain values with string keys");
    merge(&mut body, patch);
    let json = serde_json::to_vec(&body).expect("a JSON value always serialises");
    parse_json(&json).map(|Object(body)| body)
}

/// RFC 7396, section 2: members replace, null removes, objects merge.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(target) = target {
        for (key, member) in members {
            if member.is_null() {
                target.remove(key);
            } else {
                merge(target.entry(key).or_insert(Value::Null), member);
            }
        }
    }
}

/// Describes a merge patch of the body `T`: the same members, none of them required, and no id.
pub(crate) struct Patch<T>(PhantomData<T>);

impl<T: PartialSchema> PartialSchema for Patch<T> {
    fn schema() -> RefOr<Schema> {
        let mut schema = T::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.required.clear();
            object.properties.remove("id");
            object.description =
                Some("A merge patch (RFC 7396): the members that change; null removes a member.".to_owned());
        }
        schema
    }
}

impl<T: ToSchema> ToSchema for Patch<T> {
    fn name() -> Cow<'static, str> {
        let name = T::name();
        Cow::Owned(format!("{}Patch", name.strip_prefix("New").unwrap_or(&name)))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

#[cfg(test)]
mod tests;
