//! The program `gainsay`: the services, together in one process or apart, and the commands of people and operators.

mod cli;
mod client;
mod commands;
mod demo;
mod failure;
mod instance;
mod log;
mod openapi;
mod private;
mod serve;
mod service;
mod settings;
mod table;
mod terminal;

use clap::Parser;
use runtime::ExitCode;

use crate::cli::{Cli, Command, Export, ImportCommand, Suggest};

/// Answers are built from many small pieces on one thread and dropped on another, which this allocator does for less.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Cli::parse().command).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("gainsay: {error:#}");
            failure::code(&error)
        }
    }
}

async fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(arguments) => serve::run(arguments).await,
        Command::Ingest(arguments) => service::ingest::run(arguments).await,
        Command::Projector(arguments) => match &arguments.command {
            Some(command) => commands::projector::run(command).await,
            None => service::projector::run(arguments).await,
        },
        Command::Query(arguments) => service::query::run(arguments).await,
        Command::Token(command) => commands::token::run(command).await,
        Command::Project(command) => commands::project::run(command).await,
        Command::Import(arguments) => match &arguments.command {
            Some(ImportCommand::Revert(arguments)) => commands::import::revert(arguments).await,
            Some(ImportCommand::Log(arguments)) => commands::archive::import(arguments).await,
            None => commands::import::run(arguments).await,
        },
        Command::Imports(arguments) => commands::import::list(arguments).await,
        Command::Undo(arguments) => commands::undo::run(arguments).await,
        Command::Erase(arguments) => commands::erase::run(arguments).await,
        Command::Board(arguments) => commands::board::run(arguments).await,
        Command::Replay(arguments) => commands::replay::run(arguments).await,
        Command::Presence(arguments) => commands::presence::run(arguments).await,
        Command::Identity(arguments) => commands::identity::run(arguments).await,
        Command::Origins(arguments) => commands::origins::run(arguments).await,
        Command::Agreement(arguments) => commands::agreement::run(arguments).await,
        Command::Relation(arguments) => commands::relation::run(arguments).await,
        Command::Timeline(arguments) => commands::timeline::run(arguments).await,
        Command::Ledger(command) => commands::ledger::run(command).await,
        Command::Orphans(arguments) => commands::worklist::orphans(arguments).await,
        Command::Inbox(arguments) => commands::worklist::inbox(arguments).await,
        Command::Feedback(arguments) => commands::worklist::feedback(arguments).await,
        Command::Task(command) => commands::task::run(command).await,
        Command::Work(arguments) => commands::work::run(arguments).await,
        Command::Suggest(Suggest::Derivations(arguments)) => commands::suggest::derivations(arguments).await,
        Command::History(arguments) => commands::history::run(arguments).await,
        Command::Changes(arguments) => commands::changes::run(arguments).await,
        Command::Events(arguments) => commands::events::run(arguments).await,
        Command::Export(Export::Log(arguments)) => commands::archive::export(arguments).await,
        Command::Verify(arguments) => commands::verify::run(arguments).await,
        Command::Doctor(arguments) => commands::doctor::run(arguments).await,
        Command::Health(arguments) => commands::health::run(arguments).await,
    }
}
