//! The program `gainsay`: the whole service in one process, and the commands of people and operators.

mod cli;
mod client;
mod commands;
mod demo;
mod failure;
mod log;
mod openapi;
mod private;
mod serve;
mod settings;
mod table;
mod terminal;

use clap::Parser;
use runtime::ExitCode;

use crate::cli::{Cli, Command};

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
        Command::Projector(command) => commands::projector::run(command).await,
        Command::Token(command) => commands::token::run(command).await,
        Command::Project(command) => commands::project::run(command).await,
        Command::Import(arguments) => commands::import::run(arguments).await,
        Command::Board(arguments) => commands::board::run(arguments).await,
        Command::History(arguments) => commands::history::run(arguments).await,
        Command::Events(arguments) => commands::events::run(arguments).await,
        Command::Verify(arguments) => commands::verify::run(arguments).await,
        Command::Doctor(arguments) => commands::doctor::run(arguments).await,
    }
}
