use std::io::Write;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Error, Sources};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Settings {
    port: u16,
    data: PathBuf,
    token: Option<String>,
    origins: Vec<String>,
    allow_unsafe_log: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { port: 7180, data: "./data".into(), token: None, origins: Vec::new(), allow_unsafe_log: false }
    }
}

#[derive(Serialize)]
struct Flags {
    port: Option<u16>,
    token: Option<String>,
}

const NO_FLAGS: Flags = Flags { port: None, token: None };

fn environment(pairs: &[(&str, &str)]) -> Sources {
    let owned = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Sources::default().environment(owned.collect::<Vec<_>>())
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn without_any_source_the_defaults_hold() {
    assert_eq!(Sources::default().read::<Settings>().unwrap(), Settings::default());
    assert_eq!(Sources::default().flags(&NO_FLAGS).read::<Settings>().unwrap(), Settings::default());
}

#[test]
fn a_flag_beats_the_environment_beats_the_file_beats_the_default() {
    let file = file("port = 1\ntoken = \"from file\"\ndata = \"/file\"\n");
    let sources = environment(&[("GAINSAY_PORT", "2"), ("GAINSAY_TOKEN", "from environment")])
        .file(Some(file.path().to_owned()))
        .flags(&Flags { port: Some(3), token: None });
    let settings: Settings = sources.read().unwrap();
    assert_eq!(settings.port, 3);
    assert_eq!(settings.token.as_deref(), Some("from environment"));
    assert_eq!(settings.data, PathBuf::from("/file"));
    assert_eq!(settings.origins, Settings::default().origins);
}

#[test]
fn the_environment_names_the_file_unless_a_flag_does() {
    let (by_environment, by_flag) = (file("port = 1"), file("port = 2"));
    let sources = environment(&[("GAINSAY_CONFIG", by_environment.path().to_str().unwrap())]);
    assert_eq!(sources.read::<Settings>().unwrap().port, 1);
    let sources = sources.file(Some(by_flag.path().to_owned()));
    assert_eq!(sources.read::<Settings>().unwrap().port, 2);
}

#[test]
fn environment_values_are_read_by_the_type_of_their_setting() {
    let sources = environment(&[
        ("GAINSAY_PORT", "8080"),
        ("GAINSAY_TOKEN", "12345"),
        ("GAINSAY_ORIGINS", "http://a.example, http://b.example"),
        ("GAINSAY_ALLOW_UNSAFE_LOG", "true"),
    ]);
    let settings: Settings = sources.read().unwrap();
    assert_eq!(settings.port, 8080);
    assert_eq!(settings.token.as_deref(), Some("12345"));
    assert_eq!(settings.origins, ["http://a.example", "http://b.example"]);
    assert!(settings.allow_unsafe_log);
}

#[test]
fn variables_that_name_no_setting_and_empty_ones_are_passed_over() {
    let sources = environment(&[("GAINSAY_SERVICE_HOST", "10.0.0.1"), ("GAINSAY_PORT", ""), ("PORT", "1")]);
    assert_eq!(sources.read::<Settings>().unwrap(), Settings::default());
}

#[test]
fn an_error_names_the_setting_and_its_source() {
    let message = environment(&[("GAINSAY_PORT", "many")]).read::<Settings>().unwrap_err().to_string();
    assert!(message.contains("`port`") && message.contains("`GAINSAY_PORT`"), "{message}");

    let file = file("port = \"many\"");
    let message = Sources::default().file(Some(file.path().to_owned())).read::<Settings>().unwrap_err().to_string();
    assert!(message.contains("`port`") && message.contains(file.path().to_str().unwrap()), "{message}");

    let flags = serde_json::json!({"port": 70_000});
    let message = Sources::default().flags(&flags).read::<Settings>().unwrap_err().to_string();
    assert!(message.contains("`port`") && message.contains("flag"), "{message}");
}

#[test]
fn a_setting_in_the_file_that_does_not_exist_is_refused() {
    let file = file("prot = 1");
    let error = Sources::default().file(Some(file.path().to_owned())).read::<Settings>().unwrap_err();
    assert!(matches!(&error, Error::Unknown { key, .. } if key == "prot"), "{error}");
    assert!(error.to_string().contains("port"), "{error}");
}

#[test]
fn a_file_that_is_missing_or_broken_is_refused() {
    let missing = Sources::default().file(Some("/does/not/exist.toml".into())).read::<Settings>();
    assert!(matches!(missing, Err(Error::Unreadable { .. })));
    let file = file("port = = 1");
    let message = Sources::default().file(Some(file.path().to_owned())).read::<Settings>().unwrap_err().to_string();
    assert!(message.contains(file.path().to_str().unwrap()), "{message}");
}
