//! Parameters in an OpenAPI document.

use utoipa::openapi::RefOr;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::{Schema, SchemaType, Type};

/// Describes a parameter as it can be sent: it is there or it is not, and has no way to be null.
///
/// What is derived for an `Option` may be null, which a client would send as the text `null`.
pub fn never_null(parameter: &mut Parameter) {
    if let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema
        && let SchemaType::Array(types) = &mut object.schema_type
    {
        types.retain(|of| *of != Type::Null);
        if let [only] = types.as_slice() {
            object.schema_type = SchemaType::Type(only.clone());
        }
    }
}

#[cfg(test)]
mod tests;
