use clap::{CommandFactory, Parser};

use super::{Cli, Command, ImportCommand, ProjectorCommand};

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

#[test]
fn a_log_is_imported_by_its_own_command_and_lines_as_ever() {
    let Command::Import(import) = parse(&["import", "log", "--from", "copy", "--data", "there"]) else {
        panic!("an import")
    };
    let Some(ImportCommand::Log(log)) = import.command else { panic!("a log") };
    assert_eq!((log.from.to_str(), log.on_log.common.data.unwrap().to_str()), (Some("copy"), Some("there")));
    for file in ["lines.ndjson", "./log"] {
        let Command::Import(import) = parse(&["import", file]) else { panic!("an import") };
        assert!(import.command.is_none());
        assert_eq!(import.file.unwrap().to_str(), Some(file));
    }
}
