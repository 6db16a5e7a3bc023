//! What the log holds, read back whole and checked without the code under test.

use super::people::{Answer, Person, Project};
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a projector may take to get to a position: it notices a lost nats-server after ten seconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// Every record of the project, in order.
pub async fn records(project: &Project) -> anyhow::Result<Vec<Value>> {
    read(&project.operator, &project.path("events?after=0")).await
}

/// Every record of the project up to one that is made now, that one included.
pub async fn records_up_to_now(project: &Project) -> anyhow::Result<Vec<Value>> {
    let further = json!({"name": "Further", "kind": "person"});
    let further = project.curator.post(&project.path("actors"), &further).await?.expect(201)?.sequence();
    until(&project.operator, project, further).await
}

/// Every record of the project, in order, as the query service at `base` knows it once it knows this position.
pub async fn records_until(project: &Project, base: &str, position: u64) -> anyhow::Result<Vec<Value>> {
    until(&project.operator.reading_at(base), project, position).await
}

async fn until(person: &Person, project: &Project, position: u64) -> anyhow::Result<Vec<Value>> {
    let path = project.path(&format!("events?after=0&at_least={position}&wait_ms=5000"));
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = person.get(&path).await?;
        if answer.status.as_u16() != 503 || Instant::now() > deadline {
            return lines(answer);
        }
    }
}

/// The position of the last of these records.
pub fn last(records: &[Value]) -> u64 {
    records.last().and_then(|record| record["position"].as_u64()).unwrap_or_default()
}

async fn read(person: &Person, path: &str) -> anyhow::Result<Vec<Value>> {
    lines(person.get(path).await?)
}

fn lines(answer: Answer) -> anyhow::Result<Vec<Value>> {
    let answer = answer.expect(200)?;
    answer.text.lines().map(|line| serde_json::from_str(line).context("a line of the events is JSON")).collect()
}

/// Checks what must hold of any history: positions rise, revisions of an aggregate follow each other, each names its
/// predecessor by digest, and no command stands twice in an aggregate.
pub fn check(records: &[Value]) -> anyhow::Result<()> {
    let mut last = 0;
    let mut aggregates: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let mut commands: BTreeMap<(String, String), u64> = BTreeMap::new();
    for record in records {
        let position = record["position"].as_u64().context("a position")?;
        ensure!(position > last, "position {position} follows {last}");
        last = position;
        let id = format!("{}/{}", text(record, "kind")?, text(record, "id")?);
        let revision = record["revision"].as_u64().context("a revision")?;
        let digest = text(record, "sha256")?;
        let (before, previous) = aggregates.get(&id).cloned().unwrap_or_default();
        ensure!(revision == before + 1, "{id}: revision {revision} follows {before}");
        ensure!(
            record["previous_sha256"].as_str().unwrap_or_default() == previous,
            "{id}: revision {revision} names another predecessor"
        );
        let command = (id.clone(), text(record, "command_id")?);
        if let Some(other) = commands.insert(command, position) {
            anyhow::bail!("{id}: one command stands at {other} and at {position}");
        }
        aggregates.insert(id, (revision, digest));
    }
    Ok(())
}

fn text(record: &Value, field: &str) -> anyhow::Result<String> {
    Ok(record[field].as_str().with_context(|| format!("`{field}` in {record}"))?.to_owned())
}
