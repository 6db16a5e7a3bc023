//! What annotators are kept from while a document is read blind, on every route that reads.
//!
//! Two worlds are made in the same way, but that in one of them nobody else works on the document. As long as its task is
//! open, who is below curator cannot tell the worlds apart: every route of `openapi.json` answers the same, but for
//! positions and times, which are compared by their rank among what that viewer sees.

use crate::support::people::{Answer, Person, quote};
use crate::support::system::System;
use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

const TEXT: &str = "Rockets fell before dawn. \"The Brigade fired them,\" the ministry said; the Brigade denied it.";
/// Positions of one length: what is compared has no other reason to differ in length.
const FIRST_POSITION: u64 = 100;
/// Fields that hold positions.
const POSITIONS: [&str; 6] = ["position", "as_of", "sequence", "based_on", "created", "next_position"];
/// How long a stream may take to tell what is there.
const PATIENCE: Duration = Duration::from_mins(1);

/// An id that is the same in both worlds.
fn id(name: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
}

/// One of the two worlds.
struct World {
    system: System,
    project: String,
    people: BTreeMap<&'static str, Person>,
    /// Whether others work on the document.
    others: bool,
}

impl World {
    async fn make(others: bool) -> anyhow::Result<Self> {
        let system = System::start().await?;
        let operator = Person::at(system.base(), Some(system.operator()?));
        let project = id("project");
        let created = json!({"name": "Attacks", "id": project, "blind": true});
        operator.post_as(id("project-key").parse()?, "/v1/projects", &created).await?.expect(201)?;
        let mut people = BTreeMap::from([("operator", operator.clone())]);
        for (name, role) in [
            ("layla", "annotator"),
            ("omar", "annotator"),
            ("nadia", "annotator"),
            ("idle", "annotator"),
            ("reader", "reader"),
            ("curator", "curator"),
        ] {
            let token = operator.post("/v1/tokens", &json!({"user": name, "ttl_days": 1})).await?.expect(201)?.json();
            let token = token["token"].as_str().context("a token")?.to_owned();
            let path = format!("/v1/projects/{project}/members/{name}");
            let role = json!({"role": role}).to_string();
            operator.ask(Method::PUT, &path, &[("idempotency-key", &id(&path))], Some(role)).await?.expect(200)?;
            people.insert(name, Person::at(system.base(), Some(token)));
        }
        let world = Self { system, project, people, others };
        world.furnish().await?;
        Ok(world)
    }

    fn person(&self, name: &str) -> &Person {
        &self.people[name]
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/projects/{}/{rest}", self.project)
    }

    /// Somebody does something, under a key that is the same in both worlds.
    async fn act(&self, who: &str, rest: &str, name: &str, mut body: Value) -> anyhow::Result<Answer> {
        if !rest.contains('/') {
            body["id"] = id(name).into();
        }
        let answer = self.person(who).post_as(id(&format!("key of {name}")).parse()?, &self.path(rest), &body).await?;
        ensure!(answer.status.is_success(), "{who} at {rest} ({name}): {}", answer.text);
        Ok(answer)
    }

    fn passage(&self, exact: &str) -> Value {
        quote(&id("document"), TEXT, exact, "content")
    }

    fn reading(&self, act: &str, polarity: &str, exact: &str) -> Value {
        json!({
            "speakers": [{"source": id("source"), "stance": "relays"}, {"actor": id("ministry")}],
            "act": act, "polarity": polarity, "certainty": "CT", "evidence": [self.passage(exact)],
            "proposition": {
                "incident": id("incident"), "facet": "who", "actor": id("brigade"), "role": "perpetrator",
            },
        })
    }

    async fn furnish(&self) -> anyhow::Result<()> {
        let curator = "curator";
        self.act(curator, "sources", "source", json!({"name": "River Wire", "kind": "agency"})).await?;
        for name in ["document", "another document"] {
            let document = json!({"title": name, "source": id("source"), "text": TEXT, "published": "2021-05-05"});
            self.act(curator, "documents", name, document).await?;
        }
        self.act(curator, "incidents", "incident", json!({"title": "Rockets", "when": "2021-05-04"})).await?;
        self.act(curator, "actors", "ministry", json!({"name": "Ministry", "kind": "state_body"})).await?;
        self.act(curator, "actors", "brigade", json!({"name": "Brigade", "kind": "organisation"})).await?;
        let mut n = 0;
        loop {
            let name = format!("filler {n}");
            let filled = self.act(curator, "actors", &name, json!({"name": name, "kind": "person"})).await?;
            n += 1;
            if filled.sequence() >= FIRST_POSITION {
                return Ok(());
            }
        }
    }

    /// Everybody works on the document, up to where the one who is watched has not submitted yet.
    async fn work(&self) -> anyhow::Result<()> {
        let task = json!({"document": id("document"), "revision": 1, "overlap": "everyone", "lease_seconds": 3600});
        self.act("curator", "tasks", "task", task).await?;
        self.act("curator", "annotations", "mark of the curator", self.passage("Rockets fell")).await?;
        if self.others {
            self.others_begin().await?;
        }
        self.act("layla", "tasks/next", "lease of layla", json!({})).await?;
        self.act("layla", "annotations", "mark of layla", self.passage("before dawn")).await?;
        self.act("layla", "readings", "reading of layla", self.reading("accuses", "+", "The Brigade fired them"))
            .await?;
        let blank = json!({"document": id("document"), "revision": 1, "start": 0, "end": 7});
        self.act("layla", "no-claims", "blank of layla", blank).await?;
        if self.others {
            self.others_go_on().await?;
        }
        // What is everybody's cites what is not.
        let mut evidence = vec![id("mark of the curator")];
        evidence.extend(self.others.then(|| id("mark of omar")));
        let edge = json!({
            "type": "front_of", "from": id("brigade"), "to": id("ministry"), "stance": "held", "evidence": evidence,
        });
        self.act("curator", "relations", "edge", edge).await?;
        let name = json!({"name": "The Brigade", "evidence": evidence});
        self.act("curator", &format!("actors/{}/names", id("brigade")), "name", name).await?;
        Ok(())
    }

    async fn others_begin(&self) -> anyhow::Result<()> {
        self.act("omar", "tasks/next", "lease of omar", json!({})).await?;
        self.act("nadia", "tasks/next", "lease of nadia", json!({})).await?;
        self.act("omar", "annotations", "mark of omar", self.passage("the ministry said")).await?;
        let denial = self.reading("denies", "-", "the Brigade denied it");
        self.act("omar", "readings", "reading of omar", denial).await?;
        Ok(())
    }

    async fn others_go_on(&self) -> anyhow::Result<()> {
        let accusation = self.reading("accuses", "+", "The Brigade fired them");
        self.act("nadia", "readings", "reading of nadia", accusation).await?;
        let blank = json!({"document": id("document"), "revision": 1, "start": 0, "end": 12});
        self.act("omar", "no-claims", "blank of omar", blank).await?;
        let other = self.passage("the Brigade denied");
        self.act("omar", "annotations", "other mark of omar", other).await?;
        let derivation = json!({"from": id("other mark of omar"), "to": id("mark of omar"), "kind": "cites"});
        self.act("omar", "derivations", "derivation", derivation).await?;
        let assessment = json!({
            "target": {"utterance": id("reading of omar")}, "scale": "admiralty", "value": {"letter": "B", "digit": 2},
            "reason": "Plain.",
        });
        self.act("curator", "assessments", "assessment", assessment).await?;
        let same = json!({
            "kind": "reading", "left": id("reading of layla"), "right": id("reading of nadia"), "verdict": "same",
            "reason": "The same words.",
        });
        self.act("curator", "judgements", "judgement", same).await?;
        let targets = json!([{"reading": id("reading of layla")}, {"reading": id("reading of omar")}]);
        self.act("curator", "adjudications", "adjudication", json!({"question": "Which?", "targets": targets})).await?;
        let task = id("task");
        self.act("nadia", &format!("tasks/{task}/renew"), "renewal of nadia", json!({})).await?;
        self.act("nadia", &format!("tasks/{task}/skip"), "skip of nadia", json!({"reason": "I know them."})).await?;
        Ok(())
    }

    async fn submit(&self) -> anyhow::Result<()> {
        let submit = format!("tasks/{}/submit", id("task"));
        let found = json!({"readings": [id("reading of layla")], "no_claims": [id("blank of layla")]});
        self.act("layla", &submit, "submission of layla", found).await?;
        if self.others {
            let found = json!({"readings": [id("reading of omar")], "no_claims": [id("blank of omar")]});
            self.act("omar", &submit, "submission of omar", found).await?;
        }
        Ok(())
    }

    /// Every route that reads, with everything that may be there, and what is not.
    async fn routes(&self) -> anyhow::Result<Vec<String>> {
        let described: Value = reqwest::get(format!("{}/openapi.json", self.system.base())).await?.json().await?;
        let mut paths = Vec::new();
        for (route, item) in described["paths"].as_object().context("paths")? {
            if item.get("get").is_some() && route.contains("{project}") && !route.ends_with("/changes") {
                paths.extend(self.filled(route));
            }
        }
        Ok(paths)
    }

    fn filled(&self, route: &str) -> BTreeSet<String> {
        let route = route.replace("{project}", &self.project);
        let names: &[&str] = &[
            "source",
            "document",
            "another document",
            "incident",
            "ministry",
            "brigade",
            "task",
            "edge",
            "mark of the curator",
            "mark of layla",
            "mark of omar",
            "other mark of omar",
            "reading of layla",
            "reading of omar",
            "reading of nadia",
            "blank of layla",
            "blank of omar",
            "derivation",
            "assessment",
            "judgement",
            "adjudication",
            "nothing",
        ];
        let kinds = [
            "project",
            "source",
            "document",
            "incident",
            "actor",
            "relation",
            "annotation",
            "reading",
            "derivation",
            "assessment",
            "identity",
            "adjudication",
            "task",
        ];
        let users = ["layla", "omar", "nobody"];
        let options: [(&str, Vec<String>); 6] = [
            ("{id}", names.iter().map(|name| id(name)).collect()),
            ("{kind}", kinds.into_iter().map(str::to_owned).collect()),
            ("{version}", ["0", "1"].map(str::to_owned).to_vec()),
            ("{revision}", vec!["1".to_owned()]),
            ("{user}", users.map(str::to_owned).to_vec()),
            ("{name}", vec![id("name")]),
        ];
        let mut paths = BTreeSet::from([route]);
        for (parameter, values) in options {
            paths = paths
                .into_iter()
                .flat_map(|path| {
                    let has = path.contains(parameter);
                    let values: Vec<_> = if has { values.clone() } else { vec![String::new()] };
                    values.into_iter().map(move |value| path.replace(parameter, &value))
                })
                .collect();
        }
        let with = |path: &String| {
            let document = id("document");
            let queries = if path.ends_with("/preview") {
                let pair = |left: &str, right: &str| format!("?left={}&right={}", id(left), id(right));
                vec![
                    pair("brigade", "ministry"),
                    pair("reading of layla", "reading of omar"),
                    pair("reading of layla", "blank of layla"),
                ]
            } else {
                let omar = format!("?author={}", "omar");
                vec![String::new(), "?limit=1".to_owned(), format!("?document={document}"), omar]
            };
            queries.into_iter().map(|query| format!("{path}{query}")).collect::<Vec<_>>()
        };
        paths.iter().flat_map(with).collect()
    }

    /// What a viewer is answered everywhere, pages to their ends and the stream included.
    async fn seen_by(&self, who: &str, routes: &[String]) -> anyhow::Result<Seen> {
        let person = self.person(who);
        let mut seen = Seen::default();
        for route in routes {
            let mut next = Some(route.clone());
            while let Some(path) = next {
                let answer = person.get(&path).await?;
                ensure!(answer.status.as_u16() < 500, "{path}: {}", answer.text);
                next =
                    answer.header("link").and_then(|link| Some(link.split_once('<')?.1.split_once('>')?.0.to_owned()));
                let is_page = path.contains("cursor=");
                let what = if is_page { format!("{route}, a further page") } else { path };
                seen.answers.push((what, answer));
            }
        }
        let events = person.get(&self.path("events?after=0")).await?.expect(200)?;
        for line in events.text.lines() {
            let record: Value = serde_json::from_str(line)?;
            seen.positions.insert(record["position"].as_u64().context("a position")?);
            seen.times.insert(record["recorded_at"].as_str().context("a time")?.to_owned());
        }
        let last = seen.positions.last().copied().context("records")?;
        seen.stream = self.streamed_to(person, last).await?;
        Ok(seen)
    }

    async fn streamed_to(&self, person: &Person, last: u64) -> anyhow::Result<Vec<(u64, Value)>> {
        let mut response = person.open(&self.path("changes"), &[("last-event-id", "0")]).await?;
        let (mut text, mut items) = (String::new(), Vec::new());
        while items.last().is_none_or(|(position, _)| *position < last) {
            let bytes = tokio::time::timeout(PATIENCE, response.chunk()).await??.context("the stream ended")?;
            text.push_str(std::str::from_utf8(&bytes)?);
            while let Some((event, rest)) = text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                if let (Some(id), Some(data)) = (field("id: "), field("data: ")) {
                    items.push((id.parse()?, serde_json::from_str(data)?));
                }
                text = rest.to_owned();
            }
        }
        Ok(items)
    }
}

/// What one viewer sees.
#[derive(Default)]
struct Seen {
    answers: Vec<(String, Answer)>,
    stream: Vec<(u64, Value)>,
    positions: BTreeSet<u64>,
    times: BTreeSet<String>,
}

impl Seen {
    /// An answer with ranks for positions and times, and with names for what is drawn by lot.
    fn leveled(&self, answer: &Answer) -> Value {
        let mut headers = Vec::new();
        for (name, value) in &answer.headers {
            let value = value.to_str().unwrap_or_default();
            headers.push(match name.as_str() {
                "date" | "x-request-id" | "content-length" => name.to_string(),
                "gainsay-as-of" => format!("{name}: {}", self.rank(value.parse().unwrap_or_default())),
                // A hash, or a cursor within a URL.
                "etag" | "link" => format!("{name} of {} bytes", value.len()),
                _ => format!("{name}: {value}"),
            });
        }
        let lines = answer.text.lines().map(|line| match serde_json::from_str(line) {
            Ok(value) => self.level(value),
            Err(_) => line.into(),
        });
        json!({"status": answer.status.as_u16(), "headers": headers, "body": lines.collect::<Vec<_>>()})
    }

    fn level(&self, value: Value) -> Value {
        match value {
            Value::Object(members) => {
                let leveled = members.into_iter().map(|(name, value)| {
                    let value = match (&value, name.as_str()) {
                        (Value::Number(number), name) if POSITIONS.contains(&name) => {
                            self.rank(number.as_u64().unwrap_or_default()).into()
                        }
                        (Value::String(text), "sha256" | "previous_sha256" | "correlation_id" | "instance") => {
                            format!("{} bytes", text.len()).into()
                        }
                        (Value::String(text), "next") => format!("{} bytes", text.len()).into(),
                        _ => self.level(value),
                    };
                    (name, value)
                });
                Value::Object(leveled.collect::<Map<_, _>>())
            }
            Value::Array(values) => values.into_iter().map(|value| self.level(value)).collect(),
            Value::String(text) if is_time(&text) => format!("time {}", self.times.range(..=text).count()).into(),
            other => other,
        }
    }

    fn rank(&self, position: u64) -> usize {
        self.positions.range(..=position).count()
    }

    fn stream(&self) -> Vec<Value> {
        self.stream.iter().map(|(id, record)| json!([self.rank(*id), self.level(record.clone())])).collect()
    }
}

/// Whether a text is a time that was recorded, not one that somebody said.
fn is_time(text: &str) -> bool {
    text.len() >= 20 && text.starts_with("20") && text.ends_with('Z') && text.as_bytes()[10] == b'T'
}

/// Checks that a viewer is answered the same in both worlds; gives how many answers were compared.
async fn indistinguishable(who: &str, when: &str, crowded: &World, lonely: &World) -> anyhow::Result<usize> {
    let routes = crowded.routes().await?;
    let (one, other) = (crowded.seen_by(who, &routes).await?, lonely.seen_by(who, &routes).await?);
    let mut faults = Vec::new();
    let paths = |seen: &Seen| seen.answers.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    ensure!(paths(&one).len() == paths(&other).len(), "{who} {when}: as many pages in both worlds");
    for ((path, crowded), (_, lonely)) in one.answers.iter().zip(&other.answers) {
        let (crowded, lonely) = (one.leveled(crowded), other.leveled(lonely));
        if crowded != lonely {
            faults.push(format!("{path}\n   with others: {crowded}\nwithout others: {lonely}"));
        }
    }
    ensure!(one.stream() == other.stream(), "{who} {when}: the streams differ");
    ensure!(
        faults.is_empty(),
        "{who} {when}: {} of {} answers differ:\n{}",
        faults.len(),
        one.answers.len(),
        faults.iter().take(5).cloned().collect::<Vec<_>>().join("\n")
    );
    Ok(one.answers.len())
}

/// The paths at which a viewer's answers name something of the others.
async fn told_of_others(who: &str, world: &World) -> anyhow::Result<BTreeSet<String>> {
    let hidden =
        ["mark of omar", "reading of omar", "reading of nadia", "blank of omar", "derivation", "assessment"].map(id);
    let seen = world.seen_by(who, &world.routes().await?).await?;
    let tells = |(path, answer): &(String, Answer)| {
        // What was asked for is repeated in nothing but a refusal.
        let told = hidden.iter().any(|id| answer.text.contains(id));
        (answer.status.is_success() && told).then(|| path.clone())
    };
    Ok(seen.answers.iter().filter_map(tells).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_others_do_not_exist_until_a_document_has_been_read() -> anyhow::Result<()> {
    let (crowded, lonely) = (World::make(true).await?, World::make(false).await?);
    let mut compared = 0;
    for world in [&crowded, &lonely] {
        world.work().await?;
    }
    // The comparison can fail: a curator sees both worlds as they are.
    ensure!(indistinguishable("curator", "before", &crowded, &lonely).await.is_err(), "a curator sees no difference");
    for who in ["layla", "idle", "reader"] {
        compared += indistinguishable(who, "before the submission", &crowded, &lonely).await?;
        let told = told_of_others(who, &crowded).await?;
        ensure!(told.is_empty(), "{who} is told of the others at {told:?}");
    }
    for world in [&crowded, &lonely] {
        world.submit().await?;
    }
    for who in ["layla", "idle", "reader"] {
        compared += indistinguishable(who, "after the submission", &crowded, &lonely).await?;
    }
    let close = format!("tasks/{}/close", id("task"));
    crowded.act("curator", &close, "the end", json!({})).await?;
    let told = told_of_others("layla", &crowded).await?;
    ensure!(told.len() > 20, "what was hidden is there once the task is closed: {told:?}");
    println!("blindness: {compared} answers compared, {} tell of the others once the task is closed", told.len());
    Ok(())
}
