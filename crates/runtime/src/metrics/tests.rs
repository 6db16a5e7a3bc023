use super::install;

#[test]
fn several_services_of_one_process_share_the_recorder() {
    let (first, second) = (install(), install());
    ::metrics::counter!("metrics_test_total").increment(2);
    assert!(first.render().contains("metrics_test_total 2"));
    assert!(second.render().contains("metrics_test_total 2"));
}

#[test]
fn durations_lie_in_buckets() {
    let metrics = install();
    ::metrics::histogram!("metrics_test_seconds").record(0.02);
    let text = metrics.render();
    assert!(text.contains(r#"metrics_test_seconds_bucket{le="0.01"} 0"#), "{text}");
    assert!(text.contains(r#"metrics_test_seconds_bucket{le="0.025"} 1"#), "{text}");
}
