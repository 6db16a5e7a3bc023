//! What annotators are kept from while a document is read blind, on every route that reads.
//!
//! Two worlds are made in the same way, but that in one of them nobody else works on the document. As long as its task is
//! open, who is below curator cannot tell the worlds apart: every route of `openapi.json` answers the same, but for
//! positions and times, which are compared by their rank among what that viewer sees.

use crate::support::people::{Answer, Person, quote};
use crate::support::soak;
use crate::support::system::System;
use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;
use uuid::Uuid;

const TEXT: &str = "Rockets fell before dawn. \"The Brigade fired them,\" the ministry said; the Brigade denied it.";
/// Positions of one length: what is compared has no other reason to differ in length.
const FIRST_POSITION: u64 = 100;
/// Fields that hold positions.
const POSITIONS: [&str; 7] = ["position", "as_of", "sequence", "based_on", "created", "next_position", "size"];
/// Fields of records that hold ids which the services drew.
const DRAWN: [&str; 4] = ["/record", "/log", "/credential", "/batch/id"];
/// The most bytes of an `ETag` that is a revision, with its quotes.
const REVISION_LEN_MAX: usize = 6;
/// So many differences are enough to see what is amiss.
const FAULTS_SHOWN: usize = 20;
/// Presence is said again so often, before it expires.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long a stream may take to tell what is there.
const PATIENCE: Duration = Duration::from_mins(1);

/// An id that is the same in both worlds.
fn id(name: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
}

/// What may be named.
const NAMES: [&str; 25] = [
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
    "other reading of layla",
    "reading of omar",
    "reading of nadia",
    "blank of layla",
    "blank of omar",
    "derivation",
    "assessment",
    "judgement",
    "judgement on layla",
    "adjudication",
    "import of omar",
    "nothing",
];
/// Of these, what others recorded, and what nobody did.
const HIDDEN: [&str; 11] = [
    "mark of omar",
    "other mark of omar",
    "reading of omar",
    "reading of nadia",
    "blank of omar",
    "derivation",
    "assessment",
    "judgement",
    "adjudication",
    "import of omar",
    "nothing",
];

/// Of these, what is asked for in every way that there is.
const SHOWN: [&str; 9] = [
    "source",
    "document",
    "incident",
    "brigade",
    "task",
    "edge",
    "mark of layla",
    "reading of layla",
    "judgement on layla",
];
/// Statuses that the things of lists have.
const STATUSES: [&str; 6] = ["live", "open", "disputed", "differing", "suggested", "unattributed"];

/// The kind of what is called so, and another, as which there is no such thing.
fn kinds_of(name: &str) -> [&'static str; 2] {
    let kinds = [
        ("source", "source"),
        ("document", "document"),
        ("incident", "incident"),
        ("ministry", "actor"),
        ("brigade", "actor"),
        ("task", "task"),
        ("edge", "relation"),
        ("mark", "annotation"),
        ("blank", "reading"),
        ("derivation", "derivation"),
        ("assessment", "assessment"),
        ("judgement", "identity"),
        ("adjudication", "adjudication"),
        ("import", "import"),
    ];
    let kind = kinds.into_iter().find(|(word, _)| name.contains(word)).map_or("reading", |(_, kind)| kind);
    [kind, if kind == "annotation" { "reading" } else { "annotation" }]
}

/// A command: method, path and body.
type Attempt = (Method, String, Value);

/// A body that a command about a part of something takes.
fn body_for(part: &str) -> Value {
    match part {
        "verdict" => json!({"verdict": "confirmed", "reason": "So."}),
        "submit" => json!({"nothing_found": true}),
        "rulings" => json!({"uphold": [], "reject": [], "reason": "So.", "based_on": 1}),
        "findings" => json!({
            "target": {"reading": id("reading of omar")}, "outcome": "confirmed", "standard": "balance", "reason": "So.",
            "based_on": 1,
        }),
        "skip" | "dispute" | "reopen" | "overturn" => json!({"reason": "So."}),
        _ => json!({}),
    }
}

/// Who is kept from the others, and whether they are to ask with every query: those who only read see the same.
const VIEWERS: [(&str, bool); 5] =
    [("layla", true), ("idle", false), ("reader", true), ("stranger", false), ("nobody", false)];
const BEFORE: &str = "before the submission";

/// One of the two worlds.
struct World {
    system: System,
    project: String,
    people: BTreeMap<&'static str, Person>,
    /// Whether others work on the document.
    others: bool,
    /// The position at which one of the others and the one who is watched have read.
    middle: OnceLock<u64>,
}

impl World {
    async fn make(others: bool) -> anyhow::Result<Self> {
        let project = id("project");
        let system = System::start_with(&["--anonymous-reader", &project]).await?;
        let operator = Person::at(system.base(), Some(system.operator()?));
        let created = json!({"name": "Attacks", "id": project, "blind": true});
        operator.post_as(id("project-key").parse()?, "/v1/projects", &created).await?.expect(201)?;
        let mut people = BTreeMap::from([("operator", operator.clone()), ("nobody", Person::at(system.base(), None))]);
        for (name, role) in [
            ("layla", "annotator"),
            ("omar", "annotator"),
            ("nadia", "annotator"),
            ("idle", "annotator"),
            ("reader", "reader"),
            ("curator", "curator"),
            ("stranger", ""),
        ] {
            let token = operator.post("/v1/tokens", &json!({"user": name, "ttl_days": 1})).await?.expect(201)?.json();
            let token = token["token"].as_str().context("a token")?.to_owned();
            if !role.is_empty() {
                let path = format!("/v1/projects/{project}/members/{name}");
                let role = json!({"role": role}).to_string();
                operator.ask(Method::PUT, &path, &[("idempotency-key", &id(&path))], Some(role)).await?.expect(200)?;
            }
            people.insert(name, Person::at(system.base(), Some(token)));
        }
        let world = Self { system, project, people, others, middle: OnceLock::new() };
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

    fn passage(exact: &str) -> Value {
        quote(&id("document"), TEXT, exact, "content")
    }

    fn reading(act: &str, polarity: &str, exact: &str) -> Value {
        json!({
            "speakers": [{"source": id("source"), "stance": "relays"}, {"actor": id("ministry")}],
            "act": act, "polarity": polarity, "certainty": "CT", "evidence": [Self::passage(exact)],
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
        self.fill().await
    }

    /// Records elsewhere, up to where positions have their length.
    async fn fill(&self) -> anyhow::Result<()> {
        let (operator, elsewhere) = (self.person("operator"), id("elsewhere"));
        let created = json!({"name": "Elsewhere", "id": elsewhere});
        operator.post_as(id("key of elsewhere").parse()?, "/v1/projects", &created).await?.expect(201)?;
        let path = format!("/v1/projects/{elsewhere}/actors");
        loop {
            let filled = operator.post(&path, &json!({"name": "Filler", "kind": "person"})).await?.expect(201)?;
            if filled.sequence() >= FIRST_POSITION {
                return Ok(());
            }
        }
    }

    /// Everybody works on the document, up to where the one who is watched has not submitted yet.
    async fn work(&self) -> anyhow::Result<()> {
        let task = json!({"document": id("document"), "revision": 1, "overlap": "everyone", "lease_seconds": 3600});
        self.act("curator", "tasks", "task", task).await?;
        self.act("curator", "annotations", "mark of the curator", Self::passage("Rockets fell")).await?;
        if self.others {
            self.others_begin().await?;
        }
        self.act("layla", "tasks/next", "lease of layla", json!({})).await?;
        self.open("layla").await?;
        self.act("layla", "annotations", "mark of layla", Self::passage("before dawn")).await?;
        let read = Self::reading("accuses", "+", "The Brigade fired them");
        let read = self.act("layla", "readings", "reading of layla", read).await?;
        ensure!(self.middle.set(read.sequence()).is_ok(), "the work is done once");
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
        // What may be seen stands behind what may not, in an aggregate that all judgements on readings share.
        self.act("layla", "readings", "other reading of layla", Self::reading("denies", "-", "the Brigade denied it"))
            .await?;
        let distinct = json!({
            "kind": "reading", "left": id("reading of layla"), "right": id("other reading of layla"),
            "verdict": "distinct", "reason": "One accuses, the other denies.",
        });
        self.act("curator", "judgements", "judgement on layla", distinct).await?;
        // So does a batch: it takes along what nobody but its author sees.
        let revision = json!({"text": format!("{TEXT} So it was said."), "captured_at": "2021-05-06T08:00:00Z"});
        self.act("curator", &format!("documents/{}/revisions", id("document")), "revision", revision).await?;
        Ok(())
    }

    /// Somebody has the document open, for as long as the test takes.
    async fn open(&self, who: &str) -> anyhow::Result<()> {
        let path = self.path(&format!("documents/{}/presence", id("document")));
        let person = self.person(who).clone();
        person.ask(Method::PUT, &path, &[], None).await?.expect(200)?;
        tokio::spawn(async move {
            let mut beat = tokio::time::interval(HEARTBEAT);
            loop {
                beat.tick().await;
                // The service is gone with the world.
                if person.ask(Method::PUT, &path, &[], None).await.is_err() {
                    return;
                }
            }
        });
        Ok(())
    }

    async fn others_begin(&self) -> anyhow::Result<()> {
        self.open("omar").await?;
        self.act("omar", "tasks/next", "lease of omar", json!({})).await?;
        self.act("nadia", "tasks/next", "lease of nadia", json!({})).await?;
        self.act("omar", "annotations", "mark of omar", Self::passage("the ministry said")).await?;
        let denial = Self::reading("denies", "-", "the Brigade denied it");
        self.act("omar", "readings", "reading of omar", denial).await?;
        Ok(())
    }

    async fn others_go_on(&self) -> anyhow::Result<()> {
        let accusation = Self::reading("accuses", "+", "The Brigade fired them");
        self.act("nadia", "readings", "reading of nadia", accusation).await?;
        let blank = json!({"document": id("document"), "revision": 1, "start": 0, "end": 12});
        self.act("omar", "no-claims", "blank of omar", blank).await?;
        let line = json!({
            "resource": "no-claims", "key": id("key of a line"),
            "body": {"document": id("document"), "revision": 1, "start": 8, "end": 12},
        });
        let batch = id("import of omar");
        let headers = [("content-type", "application/x-ndjson"), ("idempotency-key", batch.as_str())];
        let (omar, path) = (self.person("omar"), self.path("imports"));
        omar.ask(Method::POST, &path, &headers, Some(format!("{line}\n"))).await?.expect(200)?;
        let other = Self::passage("the Brigade denied");
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

    /// Every route that reads, with everything that may be there, and what is not; where that is wanted, with every query too.
    async fn routes(&self, queried: bool) -> anyhow::Result<Vec<String>> {
        let described: Value = reqwest::get(format!("{}/openapi.json", self.system.base())).await?.json().await?;
        let mut paths = Vec::new();
        for (route, item) in described["paths"].as_object().context("paths")? {
            // The streams are read each in its own way.
            let is_read = (route.contains("{project}") || route == "/v1/projects") && !route.ends_with("/changes");
            let Some(get) = item.get("get").filter(|_| is_read) else {
                continue;
            };
            let takes: BTreeSet<_> = get["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .iter()
                .filter_map(|parameter| parameter["name"].as_str())
                .collect();
            paths.extend(self.filled(route, &NAMES));
            if queried {
                paths.extend(self.queried(route, &takes));
            }
        }
        Ok(paths)
    }

    /// The route with what it takes as a query.
    fn queried(&self, route: &str, takes: &BTreeSet<&str>) -> Vec<String> {
        // Of each kind everything is asked for, of which little is there.
        if route.contains("{kind}") && route.contains("{id}") {
            return Vec::new();
        }
        let queries: Vec<String> = if route.ends_with("/preview") {
            let pair = |left: &str, right: &str| format!("?left={}&right={}", id(left), id(right));
            vec![
                pair("brigade", "ministry"),
                pair("reading of layla", "reading of omar"),
                pair("reading of layla", "blank of layla"),
            ]
        } else {
            self.queries().into_iter().filter(|(name, _)| takes.contains(name)).map(|(_, query)| query).collect()
        };
        let with = |path: &String| queries.iter().map(|query| format!("{path}{query}")).collect::<Vec<_>>();
        self.filled(route, &SHOWN).iter().flat_map(with).collect()
    }

    /// What a route may take as a query, by name.
    fn queries(&self) -> Vec<(&'static str, String)> {
        let middle = self.middle.get().copied().unwrap_or_default();
        let mut values = vec![
            ("limit", "1".to_owned()),
            ("document", id("document")),
            ("document", id("another document")),
            ("author", "omar".to_owned()),
            ("author", "layla".to_owned()),
            ("actor", id("brigade")),
            ("actor", id("ministry")),
            ("incident", id("incident")),
            ("kind", "organisation".to_owned()),
            ("kind", "agency".to_owned()),
            ("q", "ri".to_owned()),
            ("codebook", "1".to_owned()),
            ("policy", "0".to_owned()),
            ("quotes", "1".to_owned()),
            ("as_of", middle.to_string()),
            ("position", middle.to_string()),
            ("from", middle.to_string()),
        ];
        values.extend(STATUSES.map(|status| ("status", status.to_owned())));
        values.into_iter().map(|(name, value)| (name, format!("?{name}={value}"))).collect()
    }

    /// Every command on something that is not there for whom it is kept from, and commands that name it. None of them changes
    /// anything: they are refused in both worlds.
    async fn attempts(&self) -> anyhow::Result<Vec<Attempt>> {
        let described: Value = reqwest::get(format!("{}/openapi.json", self.system.base())).await?.json().await?;
        let mut attempts = Vec::new();
        for (route, item) in described["paths"].as_object().context("paths")? {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                let is_there = item.get(method.as_str().to_lowercase()).is_some();
                if is_there && route.contains("{project}") && route.contains("{id}") {
                    let part = route.rsplit('/').next().unwrap_or_default();
                    let paths = self.filled(route, &HIDDEN).into_iter();
                    attempts.extend(paths.map(|path| (method.clone(), path, body_for(part))));
                }
            }
        }
        let mut named = |rest: String, body: Value| attempts.push((Method::POST, self.path(&rest), body));
        for mark in ["mark of omar", "other mark of omar", "nothing"].map(id) {
            named("origins".to_owned(), json!({"annotation": mark, "reason": "The first."}));
            named("derivations".to_owned(), json!({"from": id("mark of layla"), "to": mark, "kind": "cites"}));
            named(format!("actors/{}/names", id("brigade")), json!({"name": "They", "evidence": [mark]}));
            let edge = json!({
                "type": "part_of", "from": id("brigade"), "to": id("ministry"), "stance": "held", "evidence": [mark],
            });
            named("relations".to_owned(), edge);
            let mut reading = Self::reading("accuses", "+", "The Brigade fired them");
            reading["evidence"] = json!([mark]);
            named("readings".to_owned(), reading);
        }
        for read in ["reading of omar", "reading of nadia", "blank of omar", "nothing"].map(id) {
            let mut reading = Self::reading("retracts", "0", "The Brigade fired them");
            reading["changes"] = json!([read]);
            named("readings".to_owned(), reading);
            let value = json!({"letter": "B", "digit": 2});
            let target = json!({"utterance": read});
            let opinion = json!({"target": target, "scale": "admiralty", "value": value, "reason": "So."});
            named("assessments".to_owned(), opinion);
            named(format!("tasks/{}/submit", id("task")), json!({"readings": [read], "no_claims": []}));
            named("adjudications".to_owned(), json!({"question": "Which?", "targets": [{"reading": read}]}));
            let same = json!({"kind": "reading", "left": id("reading of layla"), "right": read, "verdict": "same", "reason": "x"});
            named("judgements".to_owned(), same);
        }
        Ok(attempts)
    }

    fn filled(&self, route: &str, names: &[&str]) -> BTreeSet<String> {
        let route = route.replace("{project}", &self.project);
        if route.contains("{kind}") && route.contains("{id}") {
            let of = |name: &&str| kinds_of(name).map(|kind| (kind, id(name)));
            let fill = |(kind, id): (&str, String)| route.replace("{kind}", kind).replace("{id}", &id);
            return names.iter().flat_map(of).map(fill).collect();
        }
        let users = ["layla", "omar", "nobody"];
        let options: [(&str, Vec<String>); 6] = [
            ("{id}", names.iter().map(|name| id(name)).collect()),
            ("{kind}", ["actor", "incident", "reading", "source"].map(str::to_owned).to_vec()),
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
        paths
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
        let events = person.get(&self.path("events?after=0")).await?;
        if !events.status.is_success() {
            return Ok(seen);
        }
        let mut on_incident = 0;
        for line in events.text.lines() {
            let record: Value = serde_json::from_str(line)?;
            let position = record["position"].as_u64().context("a position")?;
            seen.positions.insert(position);
            if line.contains(&id("incident")) {
                on_incident = position;
            }
            seen.times.insert(record["recorded_at"].as_str().context("a time")?.to_owned());
            for pointer in DRAWN {
                let (drawn, number) = (record.pointer(pointer).and_then(Value::as_str), seen.drawn.len());
                if let Some(drawn) = drawn {
                    seen.drawn.entry(drawn.to_owned()).or_insert_with(|| format!("{pointer} {number}"));
                }
            }
        }
        let last = seen.positions.last().copied().context("records")?;
        // The last record is about the document, whoever looks; what is about the incident names it.
        for (query, last) in [
            (String::new(), last),
            (format!("?document={}", id("document")), last),
            (format!("?incident={}", id("incident")), on_incident),
        ] {
            seen.stream.extend(self.streamed_to(person, &query, last).await?.items);
        }
        if who != "nobody" {
            let live = self.streamed_to(person, "?presence=true", last).await?;
            seen.present = live.presence.first().cloned().context("presence")?;
        }
        Ok(seen)
    }

    /// What a viewer is answered who commands what must be refused.
    async fn attempted_by(&self, who: &str) -> anyhow::Result<Vec<(String, Answer)>> {
        let (person, mut answers) = (self.person(who), Vec::new());
        for (method, path, body) in self.attempts().await? {
            let kind = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
            let key = id(&format!("{method} {path} {body}"));
            let headers = [("if-match", "\"1\""), ("content-type", kind), ("idempotency-key", key.as_str())];
            let answer = person.ask(method.clone(), &path, &headers, Some(body.to_string())).await?;
            ensure!(answer.status.is_client_error(), "{who}: {method} {path} {body}: {}", answer.text);
            answers.push((format!("{method} {path} {body}"), answer));
        }
        Ok(answers)
    }

    /// A stream up to a position, and up to the first word of presence where that is asked for.
    async fn streamed_to(&self, person: &Person, query: &str, last: u64) -> anyhow::Result<Live> {
        let response = person.open(&self.path(&format!("changes{query}")), &[("last-event-id", "0")]).await?;
        let mut live = Live::new(response);
        let is_presence = query.contains("presence");
        live.until(|live| {
            let has_last = live.items.last().is_some_and(|(position, _)| *position >= last);
            has_last && (!is_presence || !live.presence.is_empty())
        })
        .await?;
        Ok(live)
    }
}

/// A stream of changes that is read.
struct Live {
    response: reqwest::Response,
    text: String,
    /// Records with their positions.
    items: Vec<(u64, Value)>,
    /// What was said of presence.
    presence: Vec<Value>,
}

impl Live {
    fn new(response: reqwest::Response) -> Self {
        Self { response, text: String::new(), items: Vec::new(), presence: Vec::new() }
    }

    /// Reads on until this holds.
    async fn until(&mut self, holds: impl Fn(&Self) -> bool) -> anyhow::Result<()> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !holds(self) {
            let bytes = tokio::time::timeout_at(deadline, self.response.chunk()).await;
            let bytes = bytes.with_context(|| format!("only {:?} and {:?} came", self.items, self.presence))?;
            self.text.push_str(std::str::from_utf8(&bytes?.context("the stream ended")?)?);
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                match (field("id: "), field("data: ")) {
                    (Some(id), Some(data)) => self.items.push((id.parse()?, serde_json::from_str(data)?)),
                    (None, Some(data)) => self.presence.push(serde_json::from_str(data)?),
                    (Some(_) | None, None) => {}
                }
                self.text = rest.to_string();
            }
        }
        Ok(())
    }

    /// Whether the last that was said of presence is such a change.
    fn last_said(&self, change: &str) -> bool {
        self.presence.last().is_some_and(|said| said["change"] == change)
    }

    fn has(&self, position: u64) -> bool {
        self.items.iter().any(|(at, _)| *at == position)
    }
}

/// What one viewer sees.
#[derive(Default)]
struct Seen {
    answers: Vec<(String, Answer)>,
    stream: Vec<(u64, Value)>,
    /// What a stream says first of presence.
    present: Value,
    positions: BTreeSet<u64>,
    times: BTreeSet<String>,
    /// Names for ids that the services drew.
    drawn: BTreeMap<String, String>,
}

impl Seen {
    /// An answer with ranks for positions and times, and with names for what is drawn by lot.
    fn leveled(&self, answer: &Answer) -> Value {
        let mut headers = Vec::new();
        for (name, value) in &answer.headers {
            let value = value.to_str().unwrap_or_default();
            headers.push(match name.as_str() {
                "date" | "x-request-id" | "content-length" | "gainsay-text-salt" => name.to_string(),
                "gainsay-as-of" | "gainsay-sequence" => {
                    format!("{name}: {}", self.rank(value.parse().unwrap_or_default()))
                }
                // A revision, or a hash.
                "etag" if value.len() <= REVISION_LEN_MAX => format!("{name}: {value}"),
                "etag" | "link" | "memento-datetime" => format!("{name} of {} bytes", value.len()),
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
                        // Hashes, what is drawn by lot, and cursors.
                        (
                            Value::String(text),
                            "sha256" | "previous_sha256" | "root" | "salt" | "correlation_id" | "instance" | "next",
                        ) => format!("{} bytes", text.len()).into(),
                        _ => self.level(value),
                    };
                    (name, value)
                });
                Value::Object(leveled.collect::<Map<_, _>>())
            }
            Value::Array(values) => values.into_iter().map(|value| self.level(value)).collect(),
            Value::String(text) if is_time(&text) => format!("time {}", self.times.range(..=text).count()).into(),
            // A link to the same as of a position.
            Value::String(text) if text.starts_with("/v1/") => format!("link of {} bytes", text.len()).into(),
            Value::String(text) => self.drawn.get(&text).cloned().unwrap_or(text).into(),
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
async fn indistinguishable(
    (who, queried): (&str, bool),
    when: &str,
    crowded: &World,
    lonely: &World,
) -> anyhow::Result<usize> {
    let (routes, others) = (crowded.routes(queried).await?, lonely.routes(queried).await?);
    let (mut one, mut other) = tokio::try_join!(crowded.seen_by(who, &routes), lonely.seen_by(who, &others))?;
    one.answers.extend(crowded.attempted_by(who).await?);
    other.answers.extend(lonely.attempted_by(who).await?);
    if who == "layla" && when == BEFORE {
        // Who holds a lease is given it again.
        let next = async |world: &World| {
            let path = world.path("tasks/next");
            let answer = world.person(who).post_as(id("key of another look").parse()?, &path, &json!({})).await?;
            anyhow::Ok((path, answer.expect(200)?))
        };
        one.answers.push(next(crowded).await?);
        other.answers.push(next(lonely).await?);
    }
    let told = told_of_others(&one);
    let mut faults: Vec<_> = told.into_iter().map(|path| format!("{path} names something of the others")).collect();
    let paths = |seen: &Seen| seen.answers.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    ensure!(paths(&one).len() == paths(&other).len(), "{who} {when}: as many pages in both worlds");
    for ((path, crowded), (_, lonely)) in one.answers.iter().zip(&other.answers) {
        let (crowded, lonely) = (one.leveled(crowded), other.leveled(lonely));
        if crowded != lonely {
            faults.push(format!("{path}{}", difference("", &crowded, &lonely)));
        }
    }
    let present = difference("", &one.level(one.present.clone()), &other.level(other.present.clone()));
    if !present.is_empty() {
        faults.push(format!("presence in changes{present}"));
    }
    let (crowded, lonely) = (one.stream(), other.stream());
    for n in 0..crowded.len().max(lonely.len()) {
        let item = |stream: &[Value]| stream.get(n).cloned().unwrap_or_default();
        let (crowded, lonely) = (item(&crowded), item(&lonely));
        if crowded != lonely {
            faults.push(format!("changes, item {n}{}", difference("", &crowded, &lonely)));
        }
    }
    ensure!(
        faults.is_empty(),
        "{who} {when}: {} of {} answers differ:\n{}",
        faults.len(),
        one.answers.len(),
        faults.iter().take(FAULTS_SHOWN).cloned().collect::<Vec<_>>().join("\n")
    );
    Ok(one.answers.len())
}

/// Where two values differ: JSON pointers, and what stands there in each.
fn difference(pointer: &str, one: &Value, other: &Value) -> String {
    match (one, other) {
        (one, other) if one == other => String::new(),
        (Value::Object(one), Value::Object(other)) => {
            let names: BTreeSet<_> = one.keys().chain(other.keys()).collect();
            let at = |members: &Map<String, Value>, name: &str| members.get(name).cloned().unwrap_or_default();
            let of = |name: &String| difference(&format!("{pointer}/{name}"), &at(one, name), &at(other, name));
            names.into_iter().map(of).collect()
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let of = |(n, (one, other))| difference(&format!("{pointer}/{n}"), one, other);
            one.iter().zip(other).enumerate().map(of).collect()
        }
        (one, other) => format!("\n  {pointer}\n       with others: {one}\n    without others: {other}"),
    }
}

/// The paths at which answers name something of the others. What was asked for is repeated in nothing but a refusal.
fn told_of_others(seen: &Seen) -> BTreeSet<String> {
    let hidden = HIDDEN.into_iter().filter(|name| *name != "nothing").map(id).collect::<Vec<_>>();
    let tells = |(path, answer): &(String, Answer)| {
        let told = hidden.iter().any(|id| answer.text.contains(id));
        (answer.status.is_success() && told).then(|| path.clone())
    };
    seen.answers.iter().filter_map(tells).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_others_do_not_exist_until_a_document_has_been_read() -> anyhow::Result<()> {
    let (crowded, lonely) = (World::make(true).await?, World::make(false).await?);
    let mut compared = 0;
    for world in [&crowded, &lonely] {
        world.work().await?;
    }
    let routes = crowded.routes(false).await?;
    let told = told_of_others(&crowded.seen_by("curator", &routes).await?);
    ensure!(told.len() > 20, "curators see all: {told:?}");
    for who in VIEWERS {
        compared += indistinguishable(who, BEFORE, &crowded, &lonely).await?;
    }
    for world in [&crowded, &lonely] {
        world.submit().await?;
    }
    for (who, queried) in VIEWERS {
        let who = (who, queried && soak());
        compared += indistinguishable(who, "after the submission", &crowded, &lonely).await?;
    }
    let close = format!("tasks/{}/close", id("task"));
    for world in [&crowded, &lonely] {
        world.act("curator", &close, "the end", json!({})).await?;
    }
    let told = told_of_others(&crowded.seen_by("layla", &routes).await?);
    ensure!(told.len() > 20, "what was hidden is there once the task is closed: {told:?}");
    // The comparison can fail.
    ensure!(
        indistinguishable(("layla", false), "at the end", &crowded, &lonely).await.is_err(),
        "there is a difference at last"
    );
    println!("blindness: {compared} answers compared, {} tell of the others once the task is closed", told.len());
    Ok(())
}

/// A reader who is there all the time is kept from the others from the opening of a task to its end, and misses nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_blind_while_a_task_is_open() -> anyhow::Result<()> {
    let world = World::make(true).await?;
    let layla = world.person("layla");
    let mut live = Live::new(layla.open(&world.path("changes?presence=true"), &[]).await?);
    live.until(|live| live.last_said("all")).await?;
    world.open("omar").await?;
    live.until(|live| live.last_said("came")).await?;
    let mark = async |who: &'static str, name: &'static str, exact: &'static str| {
        anyhow::Ok(world.act(who, "annotations", name, World::passage(exact)).await?.sequence())
    };
    let before = mark("omar", "before", "Rockets").await?;
    let task = json!({"document": id("document"), "revision": 1, "overlap": "everyone", "lease_seconds": 3600});
    let opened = world.act("curator", "tasks", "task", task).await?.sequence();
    let meanwhile = mark("omar", "meanwhile", "fell").await?;
    let own = mark("layla", "own", "dawn").await?;
    live.until(|live| live.has(own) && live.last_said("left")).await?;
    let close = format!("tasks/{}/close", id("task"));
    let closed = world.act("curator", &close, "the end", json!({})).await?.sequence();
    let after = mark("omar", "after", "ministry").await?;
    live.until(|live| live.has(after) && live.last_said("came")).await?;
    let positions: Vec<_> = live.items.iter().map(|(position, _)| *position).collect();
    ensure!(positions == [before, opened, own, closed, after], "{positions:?}, and not {meanwhile}");
    Ok(())
}
