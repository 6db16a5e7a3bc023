//! Compiles the protobuf schema without protoc.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut descriptors = protox::compile(
        ["gainsay/event/v1/record.proto", "gainsay/event/v1/event.proto", "gainsay/view/v1/view.proto"],
        [root],
    )?;
    // `Envelope` is `Record` without its events, so that who needs the envelope alone does not decode them. The comments
    // go: their places are those of the messages as written, and the code is private.
    for file in descriptors.file.iter_mut().filter(|file| file.package() == "gainsay.event.v1") {
        let record = file.message_type.iter().find(|message| message.name() == "Record").cloned();
        file.message_type.extend(record.map(|mut envelope| {
            envelope.name = Some("Envelope".to_owned());
            envelope.field.retain(|field| field.name() != "events");
            envelope
        }));
        file.source_code_info = None;
    }
    let mut config = prost_build::Config::new();
    config.bytes([".gainsay.event.v1"]);
    config.btree_map(["."]);
    // View messages are the JSON of the query service as well: one definition for both.
    config.type_attribute(".gainsay.view.v1", "#[derive(serde::Serialize, serde::Deserialize, utoipa::ToSchema)]");
    config.type_attribute(".gainsay.view.v1", "#[serde(rename_all = \"snake_case\")]");
    let quotes_next = "gainsay.view.v1.Utterance.quotes_next";
    config.type_attribute(".gainsay.view.v1.QuotesNext", "#[serde(transparent)]");
    config.field_attribute(quotes_next, "#[serde(skip_serializing_if = \"Option::is_none\")]");
    config.field_attribute(quotes_next, "#[schema(value_type = Option<String>)]");
    // Between the services alone; the query service makes cursors of where pages continue.
    let between = ["Board.since", "Identity.continue_after", "Preview.continue_after"];
    for field in
        between.into_iter().chain(["Ledger.after", "Orphans.after", "Inbox.after", "Agreement.after", "Feedback.after"])
    {
        config.field_attribute(format!(".gainsay.view.v1.{field}"), "#[serde(skip)]");
    }
    // Only of what was asked without something, so that nobody takes it for what is.
    for field in [
        "Board.without",
        "Timeline.without",
        "Origins.without",
        "Ledger.without",
        "RelationBoard.without",
        "HangsOn.without",
    ] {
        config.field_attribute(
            format!(".gainsay.view.v1.{field}"),
            "#[serde(default, skip_serializing_if = \"Vec::is_empty\")]",
        );
    }
    // A number, or a word where everybody is meant.
    config.field_attribute(
        ".gainsay.view.v1.Task.overlap",
        "#[serde(with = \"crate::view::overlap\")] #[schema(value_type = crate::view::Overlap)]",
    );
    config.skip_debug(Vec::<&str>::new());
    config.compile_fds(descriptors)?;
    Ok(())
}
