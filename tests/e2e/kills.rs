//! `kill -9` of each service, of the nats-server, and of two at once, under load.
//!
//! Clients ask the services themselves, so that a killed query takes its connections along; `deploy/kills` does the same
//! through the gateway, where every read is answered or refused.

use crate::pipeline::Scene;
use crate::support::load::Load;
use crate::support::people::Project;
use crate::support::services::{Process, Services, Shape};
use crate::support::{count, history, seeded};
use anyhow::ensure;
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use std::time::{Duration, Instant};

const ONE_OF_EACH: Shape = Shape { ingests: 1, projectors: 1, queries: 1 };
const TWO_OF_EACH: Shape = Shape { ingests: 2, projectors: 2, queries: 2 };

/// A process among those of the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Ingest(usize),
    Projector(usize),
    Query(usize),
    Nats,
}

impl Victim {
    fn of(self, services: &mut Services) -> &mut Process {
        match self {
            Self::Ingest(n) => &mut services.ingests[n],
            Self::Projector(n) => &mut services.projectors[n],
            Self::Query(n) => &mut services.queries[n],
            Self::Nats => &mut services.nats,
        }
    }
}

/// Every pair of different processes out of two of each service and the nats-server.
fn pairs() -> Vec<[Victim; 2]> {
    let both = |service: fn(usize) -> Victim| [service(0), service(1)];
    let mut all = [both(Victim::Ingest), both(Victim::Projector), both(Victim::Query)].concat();
    all.push(Victim::Nats);
    let mut pairs = Vec::new();
    for (n, one) in all.iter().enumerate() {
        pairs.extend(all[n + 1..].iter().map(|other| [*one, *other]));
    }
    pairs
}

/// Kills the victims of each round at once, starts them again, and checks everything at the end.
async fn killed(
    scenario: &str,
    shape: Shape,
    times: usize,
    victims: impl Fn(&mut StdRng) -> Vec<Victim>,
) -> anyhow::Result<()> {
    let mut rng = seeded(&format!("kill -9 of {scenario}"));
    let mut services = Services::start(shape).await?;
    let scene = Scene::set_in(Project::make_by(&services.operator(0, 0)?, 1).await?).await?;
    let load = Load::start(&scene, services.addresses());
    let (mut away, mut is_query_spared) = (Duration::ZERO, true);
    for _ in 0..times {
        tokio::time::sleep(Duration::from_millis(rng.random_range(200..900))).await;
        let victims = victims(&mut rng);
        for victim in &victims {
            is_query_spared &= !matches!(victim, Victim::Query(_));
            victim.of(&mut services).kill()?;
        }
        let killed = Instant::now();
        // Sometimes it is back before anybody notices.
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..300))).await;
        for victim in &victims {
            victim.of(&mut services).spawn()?;
        }
        services.nats.ready().await?;
        for process in services.all() {
            process.ready().await?;
        }
        away = away.max(killed.elapsed());
        load.moved(services.addresses());
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let outcome = load.stop().await?;

    let project = Project { operator: services.operator(0, 0)?, ..scene.project };
    let records = outcome.check(&project, services.queries[0].base()).await?;
    println!("{times} kills of {scenario}, ready again after at most {away:.1?}; {outcome}; {} records", records.len());
    let unanswered = outcome.reads.unanswered;
    ensure!(!is_query_spared || unanswered == 0, "{unanswered} reads had no answer, though query was there");
    services.are_sound(history::last(&records)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_ingest_loses_and_doubles_nothing() -> anyhow::Result<()> {
    killed("ingest", ONE_OF_EACH, count(3, 50), |_| vec![Victim::Ingest(0)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_projector_loses_and_doubles_nothing() -> anyhow::Result<()> {
    killed("the projector", ONE_OF_EACH, count(3, 50), |_| vec![Victim::Projector(0)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_query_loses_and_doubles_nothing() -> anyhow::Result<()> {
    killed("query", ONE_OF_EACH, count(3, 50), |_| vec![Victim::Query(0)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_nats_server_loses_and_doubles_nothing() -> anyhow::Result<()> {
    killed("the nats-server", ONE_OF_EACH, count(2, 50), |_| vec![Victim::Nats]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_killed_at_once_lose_and_double_nothing() -> anyhow::Result<()> {
    let pairs = pairs();
    killed("two at once", TWO_OF_EACH, count(3, 50), |rng| {
        pairs.choose(rng).map(|pair| pair.to_vec()).unwrap_or_default()
    })
    .await
}
