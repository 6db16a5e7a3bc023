//! What `serve` keeps in memory once the demo was loaded and read and nobody asks any more.

use crate::client::Client;
use crate::machine;
use crate::report::{Bound, Report};
use crate::run::Run;
use crate::system::Serve;
use anyhow::ensure;
use serde_json::Value;

/// What the acceptance asks for.
const MEMORY_MIB_MAX: f64 = 100.0;
/// The lists that are read.
const COLLECTIONS: [&str; 8] =
    ["sources", "documents", "incidents", "actors", "relations", "annotations", "readings", "members"];

/// Loads the demo, reads its lists and boards, waits, and looks at the memory.
pub async fn run(run: &Run, report: &mut Report) -> anyhow::Result<()> {
    let serve = Serve::start(&run.parent, &["--demo"]).await?;
    let mut client = Client::connect(&serve.operator()?).await?;
    let (mut lists, mut boards) = (0, 0);
    let projects: Value = serde_json::from_slice(&client.get("/v1/projects").await?.expect(200)?.body)?;
    for project in ids(&projects) {
        let path = |rest: &str| format!("/v1/projects/{project}/{rest}");
        for collection in COLLECTIONS {
            client.get(&path(&format!("{collection}?limit=1000"))).await?.expect(200)?;
            lists += 1;
        }
        client.get(&path("events?after=0")).await?.expect(200)?;
        let incidents = client.get(&path("incidents?limit=1000")).await?.expect(200)?;
        for incident in ids(&serde_json::from_slice(&incidents.body)?) {
            // A class has no board.
            let board = client.get(&path(&format!("incidents/{incident}/board"))).await?;
            boards += usize::from(board.status == 200);
        }
    }
    ensure!(boards > 0, "the demo has no boards to read");
    drop(client);
    tokio::time::sleep(run.whole()).await;
    let process = serve.process().id().to_string();
    let (now, peak) = (machine::memory_mib(&process, "VmRSS")?, machine::memory_mib(&process, "VmHWM")?);
    let how = format!(
        "resident {:?} after the demo was loaded and {lists} lists and {boards} boards were read; peak {peak:.0} MiB; its \
         nats-server is not counted",
        run.whole()
    );
    report.figure("memory of an idle serve", now, " MiB", Bound::AtMost(MEMORY_MIB_MAX), &how);
    Ok(())
}

/// The ids of a page's items.
fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().into_iter().flatten();
    items.filter_map(|item| Some(item["id"].as_str()?.to_owned())).collect()
}
