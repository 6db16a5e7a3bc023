//! The demo corpus: imported once, through the interface that everybody uses.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::client::{Client, Error};
use crate::commands::import::{Batch, Tally, import};
use crate::commands::token::Issued;
use crate::private;

const PLAN: &str = include_str!("../demo/demo.json");
/// The files that the plan names.
const FILES: [(&str, &str); 7] = [
    ("codebook.ndjson", include_str!("../demo/codebook.ndjson")),
    ("setup.ndjson", include_str!("../demo/setup.ndjson")),
    ("annotator-a.ndjson", include_str!("../demo/annotator-a.ndjson")),
    ("annotator-b.ndjson", include_str!("../demo/annotator-b.ndjson")),
    ("annotator-c.ndjson", include_str!("../demo/annotator-c.ndjson")),
    ("derivations.ndjson", include_str!("../demo/derivations.ndjson")),
    ("judgements.ndjson", include_str!("../demo/judgements.ndjson")),
];
/// Days that the tokens of the demo's users are valid.
const TTL_DAYS: u32 = 3650;
/// How long the board may take to show what was imported, in milliseconds; what a read may wait at most.
const WAIT_MS: u32 = 5000;

/// What the demo consists of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    project: Project,
    members: Vec<Member>,
    /// In the order in which they are imported.
    files: Vec<File>,
    /// On derivations of these files.
    verdicts: Vec<Judged>,
    look_at: LookAt,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Project {
    id: Uuid,
    name: String,
    blind: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    user: String,
    role: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    file: String,
    user: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Judged {
    derivation: Uuid,
    user: String,
    verdict: String,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LookAt {
    incident: Uuid,
}

/// What a data folder with the demo in it says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marker {
    /// The demo's project.
    pub project: Uuid,
    /// The incident to look at first.
    pub incident: Uuid,
}

impl Marker {
    /// The marker of a data folder; none where the demo was not imported to its end.
    pub fn read(data: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(data.join("demo.json")).ok()?).ok()
    }

    fn write(self, data: &Path) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(&self).expect("two ids always serialise");
        private::write(&data.join("demo.json"), &text)
    }
}

fn plan() -> Plan {
    serde_json::from_str(PLAN).expect("a test reads the plan")
}

/// The demo's project, which anybody may read.
pub(crate) fn project() -> Uuid {
    plan().project.id
}

/// Puts the demo into the service, unless it is there.
pub(crate) async fn ensure(operator: &Client, data: &Path) -> anyhow::Result<Marker> {
    if let Some(marker) = Marker::read(data) {
        return Ok(marker);
    }
    let plan = plan();
    let project = plan.project.id;
    operator.post_as(project, "/v1/projects", &plan.project).await.context("cannot create the demo project")?;
    for Member { user, role } in &plan.members {
        let path = format!("/v1/projects/{project}/members/{user}");
        operator.put_as(key(project, user), &path, &json!({ "role": role })).await.context("cannot make a member")?;
    }
    let users: BTreeSet<&str> = plan.files.iter().map(|file| file.user.as_str()).collect();
    for user in users {
        ensure_token(operator, data, user).await?;
    }
    let mut sequence = 0;
    for File { file, user } in &plan.files {
        let tally = import_file(operator, data, project, file, user).await?;
        sequence = sequence.max(tally.sequence);
    }
    for verdict in &plan.verdicts {
        sequence = sequence.max(pass(operator, data, project, verdict).await?);
    }
    let marker = Marker { project, incident: plan.look_at.incident };
    wait_for(operator, marker, sequence).await?;
    marker.write(data).context("cannot write demo.json")?;
    Ok(marker)
}

/// A command of the demo has the same id in every installation: after an interruption it is begun anew, and what is
/// there already is found again.
fn key(project: Uuid, name: &str) -> Uuid {
    Uuid::new_v5(&project, name.as_bytes())
}

fn token_path(data: &Path, user: &str) -> PathBuf {
    data.join("demo").join(format!("{user}.token"))
}

/// Keeps a token for a user of the demo, so that one can write as them.
async fn ensure_token(operator: &Client, data: &Path, user: &str) -> anyhow::Result<()> {
    let path = token_path(data, user);
    if path.exists() {
        return Ok(());
    }
    let body = json!({ "user": user, "ttl_days": TTL_DAYS });
    let issued: Issued = operator.post("/v1/tokens", &body).await.context("cannot issue a token")?;
    private::write(&path, issued.token.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

/// The client of a user of the demo.
fn client_of(operator: &Client, data: &Path, user: &str) -> anyhow::Result<Client> {
    let token = fs::read_to_string(token_path(data, user))?;
    Ok(operator.with_token(token.trim().to_owned()))
}

/// Passes a verdict on a derivation that nobody judged; answers the position of its record.
async fn pass(operator: &Client, data: &Path, project: Uuid, judged: &Judged) -> anyhow::Result<u64> {
    let Judged { derivation, user, verdict, reason } = judged;
    let path = format!("/v1/projects/{project}/derivations/{derivation}/verdict");
    let command = key(project, &format!("verdict {derivation}"));
    let body = json!({ "verdict": verdict, "reason": reason });
    let passed = client_of(operator, data, user)?.put_against(1, command, &path, &body).await;
    passed.with_context(|| format!("cannot pass the verdict on {derivation}"))
}

async fn import_file(operator: &Client, data: &Path, project: Uuid, file: &str, user: &str) -> anyhow::Result<Tally> {
    let (_, content) =
        FILES.iter().find(|(name, _)| *name == file).context("the plan names a file that is not there")?;
    let client = client_of(operator, data, user)?;
    let mut refused = None;
    let batch = Batch { id: Some(key(project, &format!("import {file}"))), name: Some(file.to_owned()) };
    let tally = import(&client, project, &batch, *content, |_, line| {
        if let (None, Some(problem)) = (&refused, &line.problem) {
            refused = Some(format!("line {}: {problem}", line.line));
        }
        Ok(())
    });
    let tally = tally.await.with_context(|| format!("cannot import {file} of the demo"))?;
    match refused {
        None => Ok(tally),
        Some(refused) => anyhow::bail!("{file} of the demo was refused in part: {refused}"),
    }
}

/// Waits until the board shows what was imported. A projector that is slow is waited for again.
async fn wait_for(operator: &Client, marker: Marker, sequence: u64) -> anyhow::Result<()> {
    let path = board_path(marker);
    loop {
        let query = [("at_least", sequence.to_string()), ("wait_ms", WAIT_MS.to_string())];
        match operator.get(&path, &query).await {
            Err(Error::Problem(problem)) if problem.code() == "behind" => {}
            answer => return Ok(answer.map(drop)?),
        }
    }
}

/// Where the board of the demo's incident is.
pub(crate) fn board_path(Marker { project, incident }: Marker) -> String {
    format!("/v1/projects/{project}/incidents/{incident}/board")
}

#[cfg(test)]
mod tests;
