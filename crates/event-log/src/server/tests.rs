use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use futures::StreamExt;
use tempfile::TempDir;

use super::*;
use crate::EventLog;
use crate::append::tests::{address, append_to};
use crate::testing::{self, TestServer};

const DEADLINE: Duration = Duration::from_secs(30);

fn settings(data: &Path) -> ServerSettings {
    ServerSettings { binary: testing::binary(), ..ServerSettings::new(data) }
}

fn is_alive(pid: u32) -> bool {
    // A zombie has a folder in /proc too, but no memory.
    process::resident_bytes(pid).is_some()
}

async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < deadline, "{what} in time");
        tokio::time::sleep(POLL).await;
    }
}

#[tokio::test]
async fn a_folder_has_one_server() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(settings(folder.path())).await.unwrap();
    let error = Server::start(settings(folder.path())).await.unwrap_err();
    assert!(matches!(&error, Error::InUse { by: Some(pid), .. } if *pid == std::process::id()), "{error}");
    server.stop().await;
    Server::start(settings(folder.path())).await.unwrap().stop().await;
}

#[tokio::test]
async fn a_stopped_server_is_gone_and_its_log_stays() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(settings(folder.path())).await.unwrap();
    let log = EventLog::connect(&server.log_settings()).await.unwrap();
    log.append(append_to(address(), 0, "one")).await.unwrap();
    let (pid, state) = (server.pid().unwrap(), server.state());
    server.stop().await;
    assert!(!is_alive(pid));
    assert_eq!(*state.borrow(), State::Stopped);
    let server = Server::start(settings(folder.path())).await.unwrap();
    let again = EventLog::connect(&server.log_settings()).await.unwrap();
    assert_eq!((again.id(), again.head().await.unwrap().last), (log.id(), 1));
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_was_left_over_is_ended_before_a_new_one_starts() {
    let folder = TempDir::new().unwrap();
    let mut left_over = leave_over(folder.path()).await;
    let server = Server::start(settings(folder.path())).await.unwrap();
    assert!(left_over.child.try_wait().unwrap().is_some());
    assert_ne!(server.pid(), Some(left_over.pid));
    let log = EventLog::connect(&server.log_settings()).await.unwrap();
    assert_eq!(log.head().await.unwrap().last, 1);
    server.stop().await;
}

/// What a `kill -9` of the process leaves: a server with the store's lock, and no lock on the data.
async fn leave_over(data: &Path) -> Running {
    let server = settings(data);
    let folder = Folder::create(data).unwrap();
    let mut launch = Launch {
        ports: Ports { client: 0, monitor: 0 },
        password: folder::password(),
        lock: process::take_over(&folder).await.unwrap(),
        binary: binary::find(server.binary.as_deref()).await.unwrap(),
        folder,
        settings: server,
        monitor: None,
    };
    let running = launch.start().await.unwrap();
    let log = EventLog::connect(&launch.endpoint().log_settings()).await.unwrap();
    log.append(append_to(address(), 0, "one")).await.unwrap();
    running
}

#[tokio::test]
async fn a_crashed_server_comes_back_under_the_same_url() {
    let server = TestServer::start().await;
    let log = server.log().await;
    log.append(append_to(address(), 0, "one")).await.unwrap();
    let url = server.server().client_url().to_owned();
    for restarts in 1..=2 {
        server.restart().await;
        assert!(
            matches!(*server.server().state().borrow(), State::Running { restarts: found, .. } if found == restarts)
        );
    }
    server.reconnected(&log).await;
    assert_eq!(server.server().client_url(), url);
    assert_eq!(log.head().await.unwrap().last, 1);
}

#[tokio::test]
async fn a_server_that_cannot_come_back_is_given_up() {
    let folder = TempDir::new().unwrap();
    // Only its first start finds a program that runs.
    let program = folder.path().join("nats-server");
    let real = binary::find(testing::binary().as_deref()).await.unwrap();
    std::os::unix::fs::symlink(real, &program).unwrap();
    let settings = ServerSettings { binary: Some(program.clone()), ..ServerSettings::new(folder.path().join("data")) };
    let server = Server::start(settings).await.unwrap();
    std::fs::remove_file(&program).unwrap();
    process::kill(server.pid().unwrap());
    let mut state = server.state();
    let failed = tokio::time::timeout(DEADLINE, state.wait_for(|state| matches!(state, State::Failed(_)))).await;
    failed.expect("it is given up in time").unwrap();
    assert_eq!(server.pid(), None);
}

#[tokio::test]
async fn a_server_above_its_memory_limit_is_ended_and_stays_ended() {
    let server = TestServer::start_with(|settings| settings.memory_limit_bytes = 1024 * 1024).await;
    let mut state = server.server().state();
    let failed = state.wait_for(|state| matches!(state, State::Failed(_)));
    let failed = tokio::time::timeout(DEADLINE, failed).await.expect("it is ended in time").unwrap().clone();
    assert!(matches!(&failed, State::Failed(reason) if reason.contains("memory")), "{failed:?}");
}

#[tokio::test]
async fn a_dropped_server_is_killed() {
    let server = TestServer::start().await;
    let pid = server.server().pid().unwrap();
    drop(server);
    eventually("the server is gone", || !is_alive(pid)).await;
}

#[tokio::test]
async fn a_server_that_cannot_start_shows_its_log() {
    let folder = TempDir::new().unwrap();
    let first = Server::start(settings(folder.path())).await.unwrap();
    let taken = first.client_url().rsplit(':').next().unwrap().parse().unwrap();
    let other = TempDir::new().unwrap();
    let error = Server::start(ServerSettings { port: taken, ..settings(other.path()) }).await.unwrap_err();
    assert!(matches!(&error, Error::NotReady { log, .. } if log.contains("address already in use")), "{error}");
    first.stop().await;
}

#[tokio::test]
async fn a_folder_that_the_server_cannot_name_is_refused() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join(OsStr::from_bytes(b"not-\xff-unicode"));
    let error = Server::start(settings(&data)).await.unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error}");
}

#[tokio::test]
async fn a_folder_with_quotes_and_spaces_is_taken() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("it's a \"folder\" für $HOME");
    Server::start(settings(&data)).await.unwrap().stop().await;
}

#[tokio::test]
async fn a_program_that_is_no_or_an_old_server_is_refused() {
    let folder = TempDir::new().unwrap();
    for (name, says, expected) in
        [("old", "nats-server: v2.9.10", "version 2.9.10 is too old"), ("other", "hello", "does not tell its version")]
    {
        let program = folder.path().join(name);
        std::fs::write(&program, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let error = find(Some(&program)).await.unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains(name), "{error}");
    }
    let error = find(Some(&folder.path().join("missing"))).await.unwrap_err().to_string();
    assert!(error.contains("cannot be run"), "{error}");
}

#[tokio::test]
async fn the_servers_files_are_private_and_its_door_is_in_them() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    assert!(endpoint(&data).is_none());
    let server = Server::start(settings(&data)).await.unwrap();
    for file in ["lock", "nats", "nats/endpoint.json", "nats/nats-server.conf", "nats/nats-server.out"] {
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(data.join(file)).unwrap());
        assert_eq!(mode & 0o077, 0, "{file}");
    }
    let door = endpoint(&data).unwrap();
    let log = EventLog::connect(&door.log_settings()).await.unwrap();
    log.append(append_to(address(), 0, "one")).await.unwrap();
    assert!(log.follow(1).next().await.unwrap().is_ok());
    server.stop().await;
}
