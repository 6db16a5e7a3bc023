use super::*;

fn found(first: u64, last: u64, messages: u64, checkpoint: u64) -> Option<String> {
    check_ends(Head { first, last, messages, bytes: 0 }, checkpoint).err().map(|fault| fault.to_string())
}

#[test]
fn a_whole_log_has_no_fault() {
    assert_eq!(found(0, 0, 0, 0), None);
    assert_eq!(found(1, 10, 10, 0), None);
    assert_eq!(found(1, 10, 10, 10), None);
}

#[test]
fn each_fault_is_told_in_its_words() {
    assert_eq!(found(1, 10, 9, 10).unwrap(), "count 9 != last - first + 1 = 10 - 1 + 1: the log lost records");
    assert_eq!(found(1, 9, 9, 10).unwrap(), "checkpoint 10 is ahead of the log, which ends at 9: the log lost records");
    assert_eq!(found(3, 10, 8, 10).unwrap(), "gap at 1: the log lost records");
    // A server that lost its only block.
    assert_eq!(found(11, 10, 0, 10).unwrap(), "gap at 1: the log lost records");
    assert_eq!(found(0, 0, 0, 10).unwrap(), "checkpoint 10 is ahead of the log, which ends at 0: the log lost records");
}
