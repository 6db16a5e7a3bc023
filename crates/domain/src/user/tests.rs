use super::*;
use crate::Why;
use crate::testing::{given, id, refused, text};

fn registered() -> Event {
    Event::UserRegistered { display_name: text("Reader A") }
}

fn issued(token: u128) -> Event {
    Event::TokenIssued { token: id(token), expires_at_us: 1_620_086_400_000_000, operator: false }
}

fn issue(token: u128) -> Command {
    Command::IssueToken {
        display_name: text("Reader A"),
        token: id(token),
        expires_at_us: 1_620_086_400_000_000,
        operator: false,
    }
}

#[test]
fn the_first_token_registers_the_user() {
    let events = User::Absent.decide(issue(1)).unwrap();
    assert_eq!(events, [registered(), issued(1)]);
    let tokens = BTreeMap::from([(id(1), 1_620_086_400_000_000)]);
    let expected = User::Registered { display_name: text("Reader A"), tokens };
    assert_eq!(given::<User>(events), expected);
}

#[test]
fn a_further_token_registers_nobody_and_keeps_the_name() {
    let user: User = given([registered(), issued(1)]);
    let Command::IssueToken { token, expires_at_us, .. } = issue(2) else { unreachable!() };
    let command = Command::IssueToken { display_name: text("Another"), token, expires_at_us, operator: true };
    let events = user.decide(command).unwrap();
    assert_eq!(events, [Event::TokenIssued { token, expires_at_us, operator: true }]);
    let User::Registered { display_name, tokens } = user.evolve(&events[0], id(1)) else {
        panic!("the user is registered")
    };
    assert_eq!((display_name, tokens.len()), (text("Reader A"), 2));
}

#[test]
fn a_token_is_issued_once() {
    let user: User = given([registered(), issued(1)]);
    refused(user.decide(issue(1)), Why::Conflict, "id_taken", "");
}

#[test]
fn a_revoked_token_is_gone() {
    let user: User = given([registered(), issued(1), issued(2)]);
    let revoke = Command::RevokeToken { token: id(1) };
    let events = user.decide(revoke.clone()).unwrap();
    assert_eq!(events, [Event::TokenRevoked { token: id(1) }]);
    let user = user.evolve(&events[0], id(1));
    refused(user.decide(revoke), Why::Absent, "not_found", "");
    assert!(user.decide(Command::RevokeToken { token: id(2) }).is_ok());
}

#[test]
fn a_token_that_was_never_issued_is_not_revoked() {
    let revoke = Command::RevokeToken { token: id(9) };
    refused(User::Absent.decide(revoke.clone()), Why::Absent, "not_found", "");
    refused(given::<User>([registered()]).decide(revoke), Why::Absent, "not_found", "");
}

#[test]
fn events_out_of_place_change_nothing() {
    assert_eq!(given::<User>([issued(1), Event::TokenRevoked { token: id(1) }]), User::Absent);
    let again = Event::UserRegistered { display_name: text("Another") };
    assert_eq!(given::<User>([registered(), again]), given([registered()]));
}
