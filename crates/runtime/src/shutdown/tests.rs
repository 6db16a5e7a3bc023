use rustix::process::{Signal, getpid, kill_process};

use super::Shutdown;

#[tokio::test]
async fn every_clone_and_child_sees_the_request() {
    let shutdown = Shutdown::new();
    let (clone, child) = (shutdown.clone(), shutdown.child());
    assert!(!shutdown.is_requested());
    clone.trigger();
    shutdown.requested().await;
    child.requested().await;
    assert!(shutdown.is_requested() && child.is_requested());
}

#[tokio::test]
async fn a_part_may_end_alone() {
    let shutdown = Shutdown::new();
    shutdown.child().trigger();
    assert!(!shutdown.is_requested());
}

#[tokio::test]
async fn a_terminate_signal_asks_for_it() {
    let shutdown = Shutdown::on_signals().unwrap();
    kill_process(getpid(), Signal::TERM).unwrap();
    shutdown.requested().await;
}
