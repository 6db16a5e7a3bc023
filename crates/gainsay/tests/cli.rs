//! The program as people and scripts meet it where no service runs: help, settings and exit codes.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A port on which nothing listens: it is reserved (RFC 6335, section 6).
const NOWHERE: &str = "http://127.0.0.1:1";
const ID: &str = "017f0000-0000-7000-8000-0000000000d0";

fn gainsay(arguments: &[&str], environment: &[(&str, &str)], data: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gainsay"))
        .args(arguments)
        .env_clear()
        .env("GAINSAY_DATA", data)
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

fn code(arguments: &[&str]) -> i32 {
    let data = tempfile::tempdir().unwrap();
    gainsay(arguments, &[], data.path()).status.code().unwrap()
}

#[test]
fn every_command_has_help_that_lists_its_settings() {
    let commands: [&[&str]; 24] = [
        &["serve"],
        &["ingest"],
        &["projector"],
        &["projector", "status"],
        &["projector", "rebuild"],
        &["projector", "dump"],
        &["projector", "compare"],
        &["query"],
        &["token"],
        &["token", "create"],
        &["token", "revoke"],
        &["project", "create"],
        &["import"],
        &["import", "revert"],
        &["imports"],
        &["undo"],
        &["work"],
        &["board"],
        &["suggest", "derivations"],
        &["history"],
        &["events"],
        &["verify"],
        &["doctor"],
        &["health"],
    ];
    let data = tempfile::tempdir().unwrap();
    for command in commands {
        let output = gainsay(&[command, &["--help"]].concat(), &[], data.path());
        assert_eq!(output.status.code(), Some(0), "{command:?}");
        let help = String::from_utf8(output.stdout).unwrap();
        let is_group = command == ["token"];
        assert!(is_group || help.contains("GAINSAY_DATA"), "{command:?}: {help}");
    }
}

#[test]
fn the_help_of_the_program_lists_the_exit_codes() {
    let data = tempfile::tempdir().unwrap();
    let output = gainsay(&["--help"], &[], data.path());
    let help = String::from_utf8(output.stdout).unwrap();
    for line in ["0  done", "2  the command line", "3  the input", "4  a service", "5  a verification", "130  ended"] {
        assert!(help.contains(line), "{line} in {help}");
    }
}

#[test]
fn a_wrong_command_line_is_told_apart_from_a_service_that_is_away() {
    assert_eq!(code(&["flourish"]), 2);
    assert_eq!(code(&["board", "not-a-uuid"]), 2);
    assert_eq!(code(&["board"]), 2, "neither a project nor a demo");
    assert_eq!(code(&["verify", "--repair-orphans"]), 2);
    assert_eq!(code(&["serve", "--demo", "--listen", "0.0.0.0:0"]), 2);
    assert_eq!(code(&["serve", "--cors-origins", "everywhere"]), 2);
    assert_eq!(code(&["query", "--anonymous-reader", ID, "--listen", "0.0.0.0:0"]), 2);
    assert_eq!(code(&["query", "--cors-origins", "everywhere"]), 2);
    assert_eq!(code(&["ingest", "--demo"]), 2);
    assert_eq!(code(&["ingest", "--nats-user", "gainsay"]), 2, "a user without a password");
    assert_eq!(code(&["ingest", "--nats-user", "gainsay", "--nats-password-file", "/nowhere"]), 2);
    assert_eq!(code(&["projector", "--instance", "Not a name"]), 2);
    assert_eq!(code(&["projector", "--instance", "one", "status"]), 2, "of which of the two is it the name?");
    assert_eq!(code(&["projector", "status", "--all", "--instance", "one"]), 2);
    assert_eq!(code(&["health", "--url", NOWHERE, "--listen", "127.0.0.1:1"]), 2);
    assert_eq!(code(&["board", ID, "--project", ID, "--server", NOWHERE]), 4);
    assert_eq!(code(&["token", "create", "--user", "layla", "--server", NOWHERE]), 4);
    assert_eq!(code(&["import", "--project", ID, "--server", NOWHERE]), 2, "which file?");
    assert_eq!(code(&["import", "revert", "not-a-uuid", "--project", ID]), 2);
    assert_eq!(code(&["import", "revert", ID, "--project", ID, "--server", NOWHERE]), 4);
    assert_eq!(code(&["imports", "--project", ID, "--server", NOWHERE]), 4);
    assert_eq!(code(&["undo", "--position", "first", "--project", ID]), 2);
    assert_eq!(code(&["undo", "--project", ID, "--server", NOWHERE]), 4);
    assert_eq!(code(&["work"]), 2, "neither a project nor a demo");
    assert_eq!(code(&["work", "--project", "not-a-uuid"]), 2);
    assert_eq!(code(&["work", "--project", ID, "--server", NOWHERE]), 4);
    assert_eq!(code(&["import", "/nowhere.ndjson", "--project", ID, "--server", NOWHERE]), 1);
}

#[test]
fn settings_come_from_flag_environment_and_file_in_this_order() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("gainsay.toml");
    std::fs::write(&file, "server = \"http://127.0.0.1:2\"\n").unwrap();
    let file = file.to_str().unwrap();
    let asked = |arguments: &[&str], environment: &[(&str, &str)]| {
        let arguments = [&["board", ID, "--project", ID, "--config", file], arguments].concat();
        String::from_utf8(gainsay(&arguments, environment, data.path()).stderr).unwrap()
    };
    let environment = [("GAINSAY_SERVER", "http://127.0.0.1:3")];
    assert!(asked(&[], &[]).contains("127.0.0.1:2/"));
    assert!(asked(&[], &environment).contains("127.0.0.1:3/"));
    assert!(asked(&["--server", NOWHERE], &environment).contains("127.0.0.1:1/"));
}

#[test]
fn a_setting_that_does_not_exist_is_named() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("gainsay.toml");
    std::fs::write(&file, "colour = \"red\"\n").unwrap();
    let output = gainsay(&["board", ID, "--config", file.to_str().unwrap()], &[], data.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("colour"));
}

#[test]
fn health_says_what_it_asked_and_why_it_is_not_well() {
    let data = tempfile::tempdir().unwrap();
    for arguments in [&["health", "--url", NOWHERE][..], &["health", "--listen", "0.0.0.0:1"]] {
        let output = gainsay(arguments, &[], data.path());
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.starts_with("http://127.0.0.1:1/readyz: "), "{text}");
    }
    let output = gainsay(&["health", "--live"], &[("GAINSAY_LISTEN", "127.0.0.1:1")], data.path());
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("http://127.0.0.1:1/livez: "));
}

#[test]
fn services_without_a_nats_server_end_with_the_code_of_what_may_be_repeated() {
    let data = tempfile::tempdir().unwrap();
    let services = ["ingest", "projector", "query"].map(|service| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gainsay"));
        command.args([service, "--nats-url", "nats://127.0.0.1:1", "--listen", "127.0.0.1:0"]);
        command.env_clear().env("GAINSAY_DATA", data.path()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    });
    for mut service in services {
        assert_eq!(service.wait().unwrap().code(), Some(4));
    }
}

#[test]
fn views_whose_log_is_elsewhere_are_not_rebuilt_from_a_new_one() {
    let data = tempfile::tempdir().unwrap();
    std::fs::create_dir(data.path().join("views")).unwrap();
    for command in ["rebuild", "compare"] {
        let output = gainsay(&["projector", command], &[], data.path());
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains("--nats-url"));
    }
}

#[test]
fn doctor_says_what_to_do_where_nothing_runs_yet() {
    let data = tempfile::tempdir().unwrap();
    let arguments = ["doctor", "--json", "--server", NOWHERE, "--listen", "127.0.0.1:0"];
    let output = gainsay(&arguments, &[("PATH", "")], data.path());
    assert_eq!(output.status.code(), Some(1), "there is no nats-server");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("NATS_SERVER") && text.contains("gainsay serve"), "{text}");
}
