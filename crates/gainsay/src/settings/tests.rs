use clap::CommandFactory;

use super::Settings;
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
