use clap::CommandFactory;

use super::{Settings, Sources};
use crate::cli::Cli;

#[test]
fn every_setting_is_explained_in_the_help_of_some_command() {
    let mut help = String::new();
    let mut cli = Cli::command();
    cli.build();
    for command in std::iter::once(&mut cli.clone()).chain(cli.get_subcommands_mut()) {
        help.push_str(&command.render_long_help().to_string());
    }
    let settings = serde_json::to_value(Settings::default()).unwrap();
    for name in settings.as_object().unwrap().keys() {
        let variable = format!("GAINSAY_{}", name.to_uppercase());
        assert!(help.contains(&variable), "{variable}");
        assert!(help.contains(&format!("--{}", name.replace('_', "-"))), "{name}");
    }
}

#[test]
fn the_environment_names_listener_instance_and_secret_as_flags_do() {
    let variables = [
        ("GAINSAY_LISTEN", "0.0.0.0:7183"),
        ("GAINSAY_INSTANCE", "projector-1"),
        ("GAINSAY_NATS_PASSWORD_FILE", "/run/secrets/nats"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings: Settings = Sources::default().environment(variables).read().unwrap();
    assert_eq!(settings.listen_or(1).to_string(), "0.0.0.0:7183");
    assert_eq!(settings.instance.unwrap().to_string(), "projector-1");
    assert_eq!(settings.nats_password_file.unwrap().to_str(), Some("/run/secrets/nats"));
    assert_eq!(Settings::default().listen_or(7182).to_string(), "127.0.0.1:7182");
    let bad = [("GAINSAY_INSTANCE".to_owned(), "Projector 1".to_owned())];
    assert!(Sources::default().environment(bad).read::<Settings>().unwrap_err().to_string().contains("instance"));
}
