//! The description of the whole interface, as one listener answers it: writes and reads.

use utoipa::openapi::OpenApi;

/// The document of writes and reads together.
pub(crate) fn document() -> OpenApi {
    let mut document = query::openapi();
    let mut writes = ingest::openapi();
    for (path, item) in std::mem::take(&mut writes.paths.paths) {
        document.paths.paths.entry(path).or_default().merge_operations(item);
    }
    document.merge(writes);
    document
}

#[cfg(test)]
mod tests;
