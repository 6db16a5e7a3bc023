//! What loads are played on: a project with people, documents, actors and incidents, made over HTTP.

use crate::client::{Client, Target};
use anyhow::ensure;
use futures::future::try_join_all;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

/// Code points of every document. With some Arabic words in it that is some 20 kB.
const TEXT_LEN: usize = 18_000;
/// Clients that set a stage.
const SETTERS: usize = 32;
/// Actors of a stage.
const ACTORS: usize = 40;
/// How many annotators read each utterance of a board.
pub const OVERLAP: usize = 3;
/// One utterance in so many is long.
const LONG_EVERY: usize = 20;

/// How large a stage is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Documents, each with marked passages.
    pub documents: usize,
    /// Passages of each document that are marked beforehand.
    pub marks: usize,
    /// Annotators.
    pub annotators: usize,
    /// Incidents.
    pub incidents: usize,
    /// Readings about each incident.
    pub readings: usize,
    /// Passages that a long utterance has, one in twenty; the others have one.
    pub passages: usize,
}

impl Size {
    /// A few people who read the same documents again and again.
    pub const fn usual(documents: usize, incidents: usize, readings: usize) -> Self {
        Self { documents, marks: 40, annotators: 6, incidents, readings, passages: 1 }
    }
}

/// A project that is set up.
pub struct Stage {
    project: String,
    /// The curator's token.
    pub curator: String,
    /// The annotators' tokens.
    pub tokens: Vec<String>,
    /// The incidents.
    pub incidents: Vec<String>,
    source: String,
    /// The actors.
    pub actors: Vec<String>,
    documents: Vec<Document>,
    random: RefCell<StdRng>,
}

/// A document with its text.
struct Document {
    id: String,
    text: Vec<char>,
    /// Passages that are marked.
    marks: Vec<String>,
}

impl Stage {
    /// Sets a stage: the same seed gives the same content.
    pub async fn set(operator: &Target, size: Size, seed: u64) -> anyhow::Result<Self> {
        ensure!(
            size.annotators >= OVERLAP,
            "each utterance is read by {OVERLAP}: there are {} annotators",
            size.annotators
        );
        let mut client = Client::connect(operator).await?;
        let project = json!({"name": "Attacks of 2021", "blind": false});
        let project = client.post("/v1/projects", &project).await?.expect(201)?.text("id")?;
        let mut tokens = Vec::new();
        for n in 0..=size.annotators {
            let (user, role) = (format!("person-{n}"), if n == 0 { "curator" } else { "annotator" });
            let member = format!("/v1/projects/{project}/members/{user}");
            let granted = client.put(&member, &json!({"role": role})).await?;
            ensure!(granted.status < 300, "{}", String::from_utf8_lossy(&granted.body));
            let token = json!({"user": user, "ttl_days": 1});
            tokens.push(client.post("/v1/tokens", &token).await?.expect(201)?.text("token")?);
        }
        let mut stage = Self {
            project,
            curator: String::new(),
            tokens,
            incidents: Vec::new(),
            source: String::new(),
            actors: Vec::new(),
            documents: Vec::new(),
            random: RefCell::new(StdRng::seed_from_u64(seed)),
        };
        stage.curator = stage.tokens.remove(0);
        let mut curators = operator.clients(std::slice::from_ref(&stage.curator), SETTERS).await?;
        let mut annotators = operator.clients(&stage.tokens, SETTERS).await?;
        stage.furnish(&mut curators, size).await?;
        stage.mark(&mut annotators, size.marks).await?;
        stage.read(operator, size).await?;
        Ok(stage)
    }

    /// Writes readings, by all annotators in turn.
    pub async fn write(&self, operator: &Target, readings: &[Value]) -> anyhow::Result<()> {
        let mut annotators = operator.clients(&self.tokens, SETTERS).await?;
        create(&mut annotators, &self.path("readings"), readings).await?;
        Ok(())
    }

    /// A path below the project.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/projects/{}/{rest}", self.project)
    }

    /// The path of an incident's board.
    pub fn board(&self, incident: &str) -> String {
        self.path(&format!("incidents/{incident}/board"))
    }

    /// One of the incidents.
    pub fn some_incident(&self) -> &str {
        self.incidents.choose(&mut *self.random.borrow_mut()).expect("a stage has incidents")
    }

    /// The body of an annotation of some passage.
    pub fn annotation(&self) -> Value {
        let mut random = self.random.borrow_mut();
        let document = self.documents.choose(&mut random).expect("a stage has documents");
        document.passage(&mut random)
    }

    /// The body of a reading about an incident, with passages to mark along.
    pub fn reading(&self, incident: &str, inline: usize) -> Value {
        let mut random = self.random.borrow_mut();
        let document = self.documents.choose(&mut random).expect("a stage has documents");
        let evidence = (0..inline).map(|_| document.passage(&mut random)).collect();
        self.claim(&mut random, incident, &evidence)
    }

    /// What a reading says; the same for whoever reads the passage.
    fn claim(&self, random: &mut StdRng, incident: &str, evidence: &Value) -> Value {
        let acts = [("accuses", "+", "CT"), ("denies", "-", "CT"), ("suspects", "+", "PS"), ("confirms", "+", "CT")];
        let act = *acts.choose(random).expect("there are acts");
        let mut actor = || self.actors.choose(random).expect("a stage has actors");
        self.says(actor(), act, incident, actor(), evidence)
    }

    /// That a speaker says of an actor, by an act with its polarity and certainty, that it perpetrated an incident.
    pub fn says(
        &self,
        speaker: &str,
        (act, polarity, certainty): (&str, &str, &str),
        incident: &str,
        actor: &str,
        evidence: &Value,
    ) -> Value {
        json!({
            "speakers": [{"source": self.source, "stance": "relays"}, {"actor": speaker}],
            "act": act,
            "proposition": {"incident": incident, "facet": "who", "actor": actor, "role": "perpetrator"},
            "polarity": polarity,
            "certainty": certainty,
            "uttered": "2021-05-05",
            "evidence": evidence,
        })
    }

    /// Makes the source, the actors, the incidents and the documents.
    async fn furnish(&mut self, curators: &mut [Client], size: Size) -> anyhow::Result<()> {
        let random = self.random.get_mut();
        let source = json!({"name": "River Wire", "kind": "agency"});
        let actors: Vec<_> =
            (0..ACTORS).map(|n| json!({"name": format!("{} {n}", words(random, 3)), "kind": "organisation"})).collect();
        let incidents: Vec<_> = (0..size.incidents)
            .map(|_| json!({"title": words(random, 6), "when": "2021-05-04", "kind": "rocket_attack"}))
            .collect();
        let texts: Vec<String> = (0..size.documents).map(|_| text(random)).collect();
        let path = self.path("sources");
        self.source = curators[0].post(&path, &source).await?.expect(201)?.text("id")?;
        self.actors = create(curators, &self.path("actors"), &actors).await?;
        self.incidents = create(curators, &self.path("incidents"), &incidents).await?;
        let source = &self.source;
        let documents: Vec<_> = texts
            .iter()
            .map(|text| json!({"title": "Report", "source": source, "text": text, "published": "2021-05-05"}))
            .collect();
        let documents = create(curators, &self.path("documents"), &documents).await?;
        let documents = documents.into_iter().zip(texts);
        self.documents =
            documents.map(|(id, text)| Document { id, text: text.chars().collect(), marks: Vec::new() }).collect();
        Ok(())
    }

    /// Marks passages of each document.
    async fn mark(&mut self, annotators: &mut [Client], of_each: usize) -> anyhow::Result<()> {
        let random = self.random.get_mut();
        let passages: Vec<_> =
            self.documents.iter().flat_map(|document| vec![document; of_each]).map(|d| d.passage(random)).collect();
        let marks = create(annotators, &self.path("annotations"), &passages).await?;
        for (document, marks) in self.documents.iter_mut().zip(marks.chunks(of_each)) {
            document.marks = marks.to_vec();
        }
        Ok(())
    }

    /// Makes so many readings about each incident: each utterance is read by several annotators.
    async fn read(&mut self, operator: &Target, size: Size) -> anyhow::Result<()> {
        let count = size.readings;
        let mut utterances = Vec::new();
        for incident in &self.incidents {
            let mut random = self.random.borrow_mut();
            for n in 0..count.div_ceil(OVERLAP) {
                let passages = if n % LONG_EVERY == 0 { size.passages } else { 1 };
                let mut marks = BTreeSet::new();
                while marks.len() < passages {
                    let document = self.documents.choose(&mut random).expect("a stage has documents");
                    marks.insert(document.marks.choose(&mut random).expect("a document has marks"));
                }
                utterances.push((n, self.claim(&mut random, incident, &json!(marks))));
            }
        }
        for turn in 0..OVERLAP {
            let dealt = |turn: usize| turn * self.tokens.len() / OVERLAP;
            let tokens = &self.tokens[dealt(turn)..dealt(turn + 1)];
            let due = utterances.iter().filter(|(n, _)| n * OVERLAP + turn < count);
            let readings: Vec<_> = due.map(|(_, reading)| reading.clone()).collect();
            let mut annotators = operator.clients(tokens, SETTERS).await?;
            create(&mut annotators, &self.path("readings"), &readings).await?;
        }
        Ok(())
    }
}

impl Document {
    /// Some passage to mark.
    fn passage(&self, random: &mut StdRng) -> Value {
        let start = random.random_range(0..self.text.len() - 100);
        let end = start + random.random_range(10..100);
        let exact: String = self.text[start..end].iter().collect();
        json!({"document": self.id, "revision": 1, "start": start, "end": end, "exact": exact, "role": "content"})
    }
}

/// Creates all of these, many at a time, and answers their ids in the same order.
async fn create(clients: &mut [Client], path: &str, bodies: &[Value]) -> anyhow::Result<Vec<String>> {
    let next = Cell::new(0);
    let ids = RefCell::new(vec![String::new(); bodies.len()]);
    let (next, ids_of_all) = (&next, &ids);
    try_join_all(clients.iter_mut().map(|client| async move {
        loop {
            let at = next.get();
            let Some(body) = bodies.get(at) else { return anyhow::Ok(()) };
            next.set(at + 1);
            let id = client.post(path, body).await?.expect(201)?.text("id")?;
            ids_of_all.borrow_mut()[at] = id;
        }
    }))
    .await?;
    Ok(ids.into_inner())
}

/// A text of made-up words, some of them Arabic, so that code points and bytes differ.
fn text(random: &mut StdRng) -> String {
    let mut text = String::new();
    let mut len = 0;
    while len < TEXT_LEN {
        let word = if random.random_range(0..8) == 0 { "الفصيل ".to_owned() } else { words(random, 1) + " " };
        len += word.chars().count();
        text.push_str(&word);
    }
    text
}

/// Words of made-up syllables.
fn words(random: &mut StdRng, count: usize) -> String {
    crate::history::words(random, count).as_str().to_owned()
}
