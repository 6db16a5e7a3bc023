use super::{closed, open};
use std::cell::{Cell, RefCell};
use std::time::Duration;
use tokio::sync::Semaphore;

#[tokio::test]
async fn an_open_loop_begins_every_step_while_none_of_them_has_ended() {
    const STEPS: usize = 20;
    let (begun, last) = (Cell::new(0), Semaphore::new(0));
    let connected = Cell::new(0);
    let connect = async || {
        connected.set(connected.get() + 1);
        Ok(())
    };
    let idle = RefCell::default();
    let measured = open(1_000.0, Duration::from_millis(20), &idle, connect, async |(), due| {
        begun.set(begun.get() + 1);
        if begun.get() == STEPS {
            last.add_permits(STEPS);
        }
        let _permit = last.acquire().await?;
        Ok(Some((due.elapsed(), 1)))
    });
    let measured = tokio::time::timeout(Duration::from_mins(1), measured).await.unwrap().unwrap();
    assert_eq!(measured.count(), STEPS as u64);
    assert_eq!(connected.get(), STEPS, "none was idle");
}

#[tokio::test]
async fn a_closed_loop_has_one_step_of_each_client_under_way() {
    let (mut clients, under_way) = ([0; 3], Cell::new(0));
    let measured = closed(&mut clients, Duration::from_millis(50), async |steps| {
        *steps += 1;
        under_way.set(under_way.get() + 1);
        assert!(under_way.get() <= 3);
        tokio::task::yield_now().await;
        under_way.set(under_way.get() - 1);
        Ok(7)
    });
    let measured = measured.await.unwrap();
    assert_eq!(measured.count(), clients.iter().sum::<u64>());
    assert!((measured.bytes_mean() - 7.0).abs() < f64::EPSILON);
}
