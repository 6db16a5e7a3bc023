//! From the acknowledgement of a command to the moment at which reads show it.

use crate::client::Client;
use crate::load::{Measured, open};
use crate::report::{Bound, Report};
use crate::run::Run;
use crate::stage::{Size, Stage};
use crate::system::Serve;
use std::cell::{Cell, RefCell};
use std::time::Instant;

/// What the acceptance asks for.
const P50_MS_MAX: f64 = 10.0;
const P99_MS_MAX: f64 = 50.0;
const COMMANDS_PER_SECOND: f64 = 200.0;
/// Of so many commands one is a reading with two inline spans, the others are annotations.
const READING_EVERY: u64 = 4;
const SIZE: Size = Size::usual(20, 100, 12);

/// Sends commands at a constant rate and asks, at each acknowledgement, for what was made at the position of its record.
pub async fn run(run: &Run, report: &mut Report) -> anyhow::Result<()> {
    let serve = Serve::start(&run.parent, &[]).await?;
    let stage = Stage::set(&serve.operator()?, SIZE, run.seed).await?;
    let target = serve.process().target().with_token(&stage.tokens[0]);
    let commands = Cell::new(0_u64);
    let acknowledgements = RefCell::new(Measured::default());
    let idle = RefCell::default();
    let visible = open(
        COMMANDS_PER_SECOND,
        run.whole(),
        &idle,
        async || Client::connect(&target).await,
        async |client, due| {
            commands.set(commands.get() + 1);
            let (collection, body) = if commands.get().is_multiple_of(READING_EVERY) {
                ("readings", stage.reading(stage.some_incident(), 2))
            } else {
                ("annotations", stage.annotation())
            };
            let answer = client.post(&stage.path(collection), &body).await?.unless_busy()?;
            let Some(answer) = answer else { return Ok(None) };
            let acknowledged = Instant::now();
            acknowledgements.borrow_mut().record(due.elapsed(), answer.body.len());
            let (id, sequence) = (answer.text("id")?, answer.sequence()?);
            let path = stage.path(&format!("{collection}/{id}?at_least={sequence}&wait_ms=5000"));
            let shown = client.get(&path).await?.expect(200)?;
            Ok(Some((acknowledged.elapsed(), shown.body.len())))
        },
    )
    .await?;
    let acknowledgements = acknowledgements.into_inner();
    let how = format!(
        "{}, {:.0} bytes per answer; acknowledged after p50 {:.2} ms, p99 {:.2} ms from when they were due, {} refused",
        run.open(COMMANDS_PER_SECOND),
        visible.bytes_mean(),
        acknowledgements.quantile_ms(0.5),
        acknowledgements.quantile_ms(0.99),
        visible.refused
    );
    let mut tell = |name: &str, quantile, most| {
        report.figure(name, visible.quantile_ms(quantile), " ms", Bound::AtMost(most), &how);
    };
    tell("acknowledged to visible, p50", 0.5, P50_MS_MAX);
    tell("acknowledged to visible, p99", 0.99, P99_MS_MAX);
    Ok(())
}
