use clap::{CommandFactory, Parser};

use super::{Cli, Command, ProjectorCommand};

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

fn parse(arguments: &[&str]) -> Command {
    Cli::parse_from([&["gainsay"], arguments].concat()).command
}

#[test]
fn a_projector_without_a_subcommand_runs() {
    let Command::Projector(projector) = parse(&["projector", "--instance", "one"]) else { panic!("a projector") };
    assert!(projector.command.is_none());
    assert_eq!(projector.instance.unwrap().to_string(), "one");
}

#[test]
fn a_command_to_a_projector_names_it_or_not() {
    let Command::Projector(projector) = parse(&["projector", "dump", "--at", "7", "--instance", "one"]) else {
        panic!("a projector")
    };
    let Some(ProjectorCommand::Dump(dump)) = projector.command else { panic!("a dump") };
    assert_eq!((dump.at, dump.views.instance.unwrap().to_string()), (Some(7), "one".to_owned()));
}
