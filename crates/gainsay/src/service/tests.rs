use super::url;

#[test]
fn a_listener_on_all_interfaces_is_reached_on_loopback() {
    assert_eq!(url("0.0.0.0:7180".parse().unwrap()), "http://127.0.0.1:7180");
    assert_eq!(url("[::]:7180".parse().unwrap()), "http://[::1]:7180");
    assert_eq!(url("192.0.2.1:7180".parse().unwrap()), "http://192.0.2.1:7180");
}
