use clap::Parser;

use super::plan;
use crate::cli::{Cli, Command};

fn plan_of(arguments: &[&str]) -> anyhow::Result<super::Plan> {
    let Command::Serve(serve) = Cli::parse_from([&["gainsay", "serve"], arguments].concat()).command else {
        panic!("the command is `serve`")
    };
    plan(&serve)
}

#[test]
fn projects_are_readable_without_a_token_on_loopback_only() {
    for arguments in [&["--demo"][..], &["--anonymous-reader", "017f0000-0000-7000-8000-0000000000d0"]] {
        let loopback = [arguments, &["--listen", "127.0.0.1:0"]].concat();
        assert_eq!(plan_of(&loopback).unwrap().readers.anonymous.len(), 1);
        for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            let error = plan_of(&[arguments, &["--listen", listen]].concat()).err().unwrap();
            assert_eq!(crate::failure::code(&error), runtime::ExitCode::Usage);
        }
    }
}

#[test]
fn an_origin_that_is_none_is_refused_before_anything_starts() {
    assert!(plan_of(&["--cors-origins", "example.org"]).is_err());
    assert!(plan_of(&["--cors-origins", "https://example.org"]).is_ok());
}
