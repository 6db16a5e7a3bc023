//! A judgement that two actors are one, which touches very many incidents: how long until every list is right.

use crate::client::Client;
use crate::report::{Bound, Report};
use crate::run::Run;
use crate::stage::{Size, Stage};
use crate::system::Serve;
use anyhow::ensure;
use serde_json::{Value, json};
use std::time::Instant;

/// What the acceptance asks for.
const RIGHT_S_MAX: f64 = 2.0;
/// Entries of a page of a list.
const LIMIT: usize = 1_000;
const DOCUMENTS: usize = 10;

/// How much it touches.
#[derive(clap::Args, Debug, Clone, Copy)]
pub struct Count {
    /// Incidents that the two actors are accused of, or deny
    #[arg(long, default_value_t = INCIDENTS)]
    incidents: usize,
}

const INCIDENTS: usize = 1_000;

impl Default for Count {
    fn default() -> Self {
        Self { incidents: INCIDENTS }
    }
}

/// What all lists say.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    /// How many incidents have the status that is expected of all.
    incidents: usize,
    /// Readings that are about the first actor, by the list that is filtered by it.
    readings: usize,
    /// Lines of its ledger.
    lines: usize,
}

/// Judges two actors to be one, takes that back, and does both again; each time every list is read until its end.
pub async fn run(run: &Run, count: Count, report: &mut Report) -> anyhow::Result<()> {
    let serve = Serve::start(&run.parent, &[]).await?;
    let operator = serve.operator()?;
    let incidents = count.incidents;
    let size = Size { documents: DOCUMENTS, marks: 1, annotators: 6, incidents, readings: 0, passages: 1 };
    let stage = Stage::set(&operator, size, run.seed).await?;
    let [one, other, witness] = &stage.actors[..3] else { anyhow::bail!("a stage has three actors") };
    let evidence = || json!([stage.annotation()]);
    let said = |incident: &String| {
        let accused = stage.says(witness, ("accuses", "+", "CT"), incident, one, &evidence());
        let denial = stage.says(other, ("denies", "-", "CT"), incident, other, &evidence());
        [accused, denial]
    };
    let readings: Vec<Value> = stage.incidents.iter().flat_map(said).collect();
    stage.write(&operator, &readings).await?;
    let mut client = Client::connect(&serve.process().target().with_token(&stage.curator)).await?;

    // One accuses the first, and the second denies: of one actor that is a dispute. Each is a line of the
    // ledger of the one.
    let apart = Told { incidents, readings: incidents, lines: incidents };
    let merged = Told { incidents, readings: 2 * incidents, lines: 2 * incidents };
    ensure!(told(&mut client, &stage, one, "accused", 0).await? == apart, "before the merge");
    let mut longest: [f64; 2] = [0.0; 2];
    for _ in 0..run.rounds {
        let begun = Instant::now();
        let same = json!({"kind": "actor", "left": one, "right": other, "verdict": "same", "reason": "One group."});
        let judged = client.post(&stage.path("judgements"), &same).await?.expect(201)?;
        let found = told(&mut client, &stage, one, "disputed", judged.sequence()?).await?;
        longest[0] = longest[0].max(begun.elapsed().as_secs_f64());
        ensure!(found == merged, "after the merge: {found:?}, not {merged:?}");
        let begun = Instant::now();
        let path = stage.path(&format!("judgements/{}", judged.text("id")?));
        let withdrawn = client.delete(&path, "\"1\"").await?;
        ensure!(withdrawn.status < 300, "{}", String::from_utf8_lossy(&withdrawn.body));
        let found = told(&mut client, &stage, one, "accused", withdrawn.sequence()?).await?;
        longest[1] = longest[1].max(begun.elapsed().as_secs_f64());
        ensure!(found == apart, "after it was taken back: {found:?}, not {apart:?}");
    }
    let how = format!(
        "longest of {}, from the request to the end of the last list: incidents with their statuses, readings about the \
         actor, its ledger; 1 client, seed {}",
        run.rounds, run.seed
    );
    for (what, took) in [("merge", longest[0]), ("merge taken back", longest[1])] {
        let name = format!("{what} of two actors of {incidents} incidents, all lists right");
        report.figure(&name, took, " s", Bound::AtMost(RIGHT_S_MAX), &how);
    }
    Ok(())
}

/// Reads every list to its end, as of this position or later.
async fn told(client: &mut Client, stage: &Stage, actor: &str, status: &str, sequence: u64) -> anyhow::Result<Told> {
    let incidents = all(client, &stage.path("incidents?"), "items", sequence).await?;
    let readings = all(client, &stage.path(&format!("readings?actor={actor}&")), "items", sequence).await?;
    let lines = all(client, &stage.path(&format!("actors/{actor}/ledger?quotes=0&")), "lines", sequence).await?;
    Ok(Told {
        incidents: incidents.iter().filter(|incident| incident["status"] == status).count(),
        readings: readings.len(),
        lines: lines.len(),
    })
}

/// All pages of a list.
async fn all(client: &mut Client, path: &str, member: &str, sequence: u64) -> anyhow::Result<Vec<Value>> {
    let mut entries = Vec::new();
    let mut page = format!("{path}limit={LIMIT}&at_least={sequence}&wait_ms=5000");
    loop {
        let mut answer: Value = serde_json::from_slice(&client.get(&page).await?.expect(200)?.body)?;
        if let Value::Array(more) = answer[member].take() {
            entries.extend(more);
        }
        let Some(next) = answer["next"].as_str() else { return Ok(entries) };
        page = format!("{path}limit={LIMIT}&cursor={next}");
    }
}
