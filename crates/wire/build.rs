//! Compiles the protobuf schema without protoc.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let descriptors = protox::compile(
        [
            "gainsay/event/v1/record.proto",
            "gainsay/event/v1/event.proto",
            "gainsay/view/v1/view.proto",
        ],
        [root],
    )?;
    let mut config = prost_build::Config::new();
    config.bytes([".gainsay.event.v1"]);
    config.btree_map(["."]);
    // View messages are the JSON of the query service as well: one definition for both.
    config.type_attribute(
        ".gainsay.view.v1",
        "#[derive(serde::Serialize, serde::Deserialize, utoipa::ToSchema)]",
    );
    config.type_attribute(".gainsay.view.v1", "#[serde(rename_all = \"snake_case\")]");
    config.skip_debug(Vec::<&str>::new());
    config.compile_fds(descriptors)?;
    Ok(())
}
