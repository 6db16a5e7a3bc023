//! Who may do what: every route, as everybody, in an own project, in a foreign one, and in an own one that is read blind.
//!
//! What is expected stands in [`ROUTES`], one line for each route that a running service describes: one without a line
//! fails the test.

use crate::support::people::{Answer, Person, quote};
use crate::support::system::System;
use anyhow::{Context, ensure};
use bearer::testing::{AUDIENCE, Provider, Signer};
use futures::future::{join_all, try_join_all};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const TEXT: &str = "Rockets fell on the air base before dawn, said the ministry.";
/// A revision that nothing has: who may change something is told that it is not this one, and changes nothing.
const STALE: &str = "\"999\"";

/// The least that somebody has to be. Each includes the ones before it, but for the last two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Needs {
    /// Anybody with a token.
    Token,
    Reader,
    Annotator,
    /// Whose it is, or a curator.
    OwnOrCurator,
    Curator,
    Admin,
    /// Whose it is, and nobody else.
    Own,
    Operator,
}
use Needs::{Admin, Annotator, Curator, Operator, Own, OwnOrCurator, Reader, Token};

/// Every route, as the design has it.
const ROUTES: [(&str, &str, Needs); 108] = [
    ("GET", "/v1/projects", Token),
    ("POST", "/v1/projects", Operator),
    ("POST", "/v1/tokens", Operator),
    ("DELETE", "/v1/tokens/{id}", Operator),
    ("GET", "/v1/projects/{project}", Reader),
    ("GET", "/v1/projects/{project}/members", Reader),
    ("GET", "/v1/projects/{project}/members/{user}", Reader),
    ("PUT", "/v1/projects/{project}/members/{user}", Admin),
    ("DELETE", "/v1/projects/{project}/members/{user}", Admin),
    ("GET", "/v1/projects/{project}/policies", Reader),
    ("GET", "/v1/projects/{project}/policies/{version}", Reader),
    ("POST", "/v1/projects/{project}/policies", Admin),
    ("GET", "/v1/projects/{project}/codebooks", Reader),
    ("GET", "/v1/projects/{project}/codebooks/{version}", Reader),
    ("POST", "/v1/projects/{project}/codebooks", Admin),
    ("GET", "/v1/projects/{project}/sources", Reader),
    ("POST", "/v1/projects/{project}/sources", Annotator),
    ("GET", "/v1/projects/{project}/sources/{id}", Reader),
    ("GET", "/v1/projects/{project}/sources/{id}/ledger", Reader),
    ("POST", "/v1/projects/{project}/sources/{id}/relations", Annotator),
    ("GET", "/v1/projects/{project}/documents", Reader),
    ("POST", "/v1/projects/{project}/documents", Annotator),
    ("GET", "/v1/projects/{project}/documents/{id}", Reader),
    ("POST", "/v1/projects/{project}/documents/{id}/revisions", Curator),
    ("GET", "/v1/projects/{project}/documents/{id}/revisions/{revision}/text", Reader),
    ("DELETE", "/v1/projects/{project}/documents/{id}/revisions/{revision}/text", Admin),
    ("POST", "/v1/projects/{project}/documents/{id}/withdraw", Curator),
    ("GET", "/v1/projects/{project}/incidents", Reader),
    ("POST", "/v1/projects/{project}/incidents", Annotator),
    ("GET", "/v1/projects/{project}/incidents/{id}", Reader),
    ("PATCH", "/v1/projects/{project}/incidents/{id}", OwnOrCurator),
    ("GET", "/v1/projects/{project}/incidents/{id}/board", Reader),
    ("GET", "/v1/projects/{project}/incidents/{id}/origins", Reader),
    ("GET", "/v1/projects/{project}/incidents/{id}/timeline", Reader),
    ("GET", "/v1/projects/{project}/actors", Reader),
    ("POST", "/v1/projects/{project}/actors", Annotator),
    ("GET", "/v1/projects/{project}/actors/{id}", Reader),
    ("GET", "/v1/projects/{project}/actors/{id}/ledger", Reader),
    ("POST", "/v1/projects/{project}/actors/{id}/names", Annotator),
    ("DELETE", "/v1/projects/{project}/actors/{id}/names/{name}", OwnOrCurator),
    ("GET", "/v1/projects/{project}/relations", Reader),
    ("POST", "/v1/projects/{project}/relations", Annotator),
    ("GET", "/v1/projects/{project}/relations/{id}", Reader),
    ("DELETE", "/v1/projects/{project}/relations/{id}", OwnOrCurator),
    ("GET", "/v1/projects/{project}/relations/{id}/board", Reader),
    ("POST", "/v1/projects/{project}/relations/{id}/dispute", Annotator),
    ("DELETE", "/v1/projects/{project}/relations/{id}/dispute", Annotator),
    ("GET", "/v1/projects/{project}/annotations", Reader),
    ("POST", "/v1/projects/{project}/annotations", Annotator),
    ("GET", "/v1/projects/{project}/annotations/{id}", Reader),
    ("PATCH", "/v1/projects/{project}/annotations/{id}", Own),
    ("DELETE", "/v1/projects/{project}/annotations/{id}", Own),
    ("GET", "/v1/projects/{project}/readings", Reader),
    ("POST", "/v1/projects/{project}/readings", Annotator),
    ("GET", "/v1/projects/{project}/readings/{id}", Reader),
    ("PATCH", "/v1/projects/{project}/readings/{id}", Own),
    ("DELETE", "/v1/projects/{project}/readings/{id}", Own),
    ("POST", "/v1/projects/{project}/no-claims", Annotator),
    ("DELETE", "/v1/projects/{project}/no-claims/{id}", Own),
    ("GET", "/v1/projects/{project}/judgements", Reader),
    ("POST", "/v1/projects/{project}/judgements", Curator),
    ("GET", "/v1/projects/{project}/judgements/{id}", Reader),
    ("DELETE", "/v1/projects/{project}/judgements/{id}", Curator),
    ("GET", "/v1/projects/{project}/derivations", Reader),
    ("POST", "/v1/projects/{project}/derivations", Annotator),
    ("GET", "/v1/projects/{project}/derivations/{id}", Reader),
    ("PUT", "/v1/projects/{project}/derivations/{id}/verdict", Curator),
    ("POST", "/v1/projects/{project}/origins", Curator),
    ("GET", "/v1/projects/{project}/assessments", Reader),
    ("POST", "/v1/projects/{project}/assessments", Annotator),
    ("GET", "/v1/projects/{project}/assessments/{id}", Reader),
    ("PATCH", "/v1/projects/{project}/assessments/{id}", Own),
    ("DELETE", "/v1/projects/{project}/assessments/{id}", Own),
    ("GET", "/v1/projects/{project}/tasks", Reader),
    ("POST", "/v1/projects/{project}/tasks", Curator),
    ("GET", "/v1/projects/{project}/tasks/{id}", Reader),
    ("POST", "/v1/projects/{project}/tasks/next", Annotator),
    ("POST", "/v1/projects/{project}/tasks/{id}/renew", Annotator),
    ("POST", "/v1/projects/{project}/tasks/{id}/submit", Annotator),
    ("POST", "/v1/projects/{project}/tasks/{id}/skip", Annotator),
    ("POST", "/v1/projects/{project}/tasks/{id}/close", Curator),
    ("GET", "/v1/projects/{project}/adjudications", Reader),
    ("POST", "/v1/projects/{project}/adjudications", Curator),
    ("GET", "/v1/projects/{project}/adjudications/{id}", Reader),
    ("POST", "/v1/projects/{project}/adjudications/{id}/rulings", Curator),
    ("POST", "/v1/projects/{project}/adjudications/{id}/findings", Curator),
    ("POST", "/v1/projects/{project}/adjudications/{id}/reopen", Curator),
    ("POST", "/v1/projects/{project}/adjudications/{id}/overturn", Curator),
    ("GET", "/v1/projects/{project}/imports", Reader),
    ("POST", "/v1/projects/{project}/imports", Annotator),
    ("GET", "/v1/projects/{project}/imports/{id}", Reader),
    ("POST", "/v1/projects/{project}/imports/{id}/revert", OwnOrCurator),
    ("POST", "/v1/projects/{project}/me/undo", Annotator),
    ("GET", "/v1/projects/{project}/identity/{kind}", Reader),
    ("GET", "/v1/projects/{project}/identity/{kind}/preview", Reader),
    ("GET", "/v1/projects/{project}/history/{kind}/{id}", Reader),
    ("GET", "/v1/projects/{project}/events", Reader),
    ("GET", "/v1/projects/{project}/inbox", Reader),
    ("GET", "/v1/projects/{project}/agreement", Reader),
    ("GET", "/v1/projects/{project}/log/head", Reader),
    ("GET", "/v1/projects/{project}/log/inclusion", Reader),
    ("GET", "/v1/projects/{project}/log/consistency", Reader),
    ("GET", "/v1/projects/{project}/me/feedback", Reader),
    ("GET", "/v1/projects/{project}/changes", Reader),
    ("GET", "/v1/projects/{project}/orphans", Reader),
    ("GET", "/v1/projects/{project}/presence", Reader),
    ("PUT", "/v1/projects/{project}/documents/{id}/presence", Annotator),
    ("DELETE", "/v1/projects/{project}/documents/{id}/presence", Annotator),
];

/// What somebody is in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// Nothing: to them it is not there.
    Stranger,
    Reader,
    Annotator,
    /// The annotator who made everything there that annotators make.
    Author,
    Curator,
    Admin,
    Operator,
}

/// Whom the service takes somebody for.
#[derive(Clone, Copy, Debug)]
enum Known {
    /// They send no token.
    No,
    /// Their token is worthless.
    Never,
    /// What they are in the first project and in the second.
    As(Standing, Standing),
}

/// Somebody who tries everything.
struct Caller {
    name: &'static str,
    person: Person,
    known: Known,
}

/// What is to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Expected {
    /// 401, and what to send.
    Missing,
    /// 401, whatever is wrong with the token.
    Invalid,
    /// 404, as of what does not exist.
    Hidden,
    /// 403.
    Forbidden,
    /// Whatever comes to those who may.
    Allowed,
}

/// Where somebody tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The first project.
    Own,
    /// The second, where most of them are nothing.
    Foreign,
    /// The third, where they are what they are in the first, and one reads the document blind.
    Blind,
}

/// Routes to what the author found in the document, below the project: it is not there for who is kept from it.
const VEILED: [&str; 6] =
    ["annotations/{id}", "readings/{id}", "no-claims/{id}", "derivations/{id}", "imports/{id}", "history/{kind}/{id}"];

fn is_veiled(route: &str) -> bool {
    let below = route.strip_prefix("/v1/projects/{project}/").unwrap_or_default();
    VEILED.iter().any(|veiled| below.starts_with(veiled))
}

fn expected(needs: Needs, known: Known, place: Place, route: &str) -> Expected {
    let standing = match (known, place) {
        (Known::No, _) => return Expected::Missing,
        (Known::Never, _) => return Expected::Invalid,
        (Known::As(first, _), Place::Own | Place::Blind) => first,
        (Known::As(_, second), Place::Foreign) => second,
    };
    // What is hidden from somebody is not there, whatever they would need to be for it.
    if place == Place::Blind && is_veiled(route) && standing < Standing::Author {
        return Expected::Hidden;
    }
    // Hashes of single records are not there for whom something may be hidden from, whose records they may be.
    let is_path = route.ends_with("/log/inclusion") || route.ends_with("/log/consistency");
    if place == Place::Blind && is_path && standing < Standing::Curator {
        return Expected::Hidden;
    }
    let may = match needs {
        Token => return Expected::Allowed,
        Operator if standing == Standing::Operator => return Expected::Allowed,
        Operator => return Expected::Forbidden,
        _ if standing == Standing::Stranger => return Expected::Hidden,
        Reader => true,
        Annotator => standing >= Standing::Annotator,
        OwnOrCurator => standing >= Standing::Author,
        Curator => standing >= Standing::Curator,
        Admin => standing >= Standing::Admin,
        Own => standing == Standing::Author,
    };
    if may { Expected::Allowed } else { Expected::Forbidden }
}

/// A project in which everything is there once; ids by the name of the collection.
struct Furnished {
    project: String,
    /// Where its first record is.
    position: u64,
    ids: BTreeMap<&'static str, String>,
}

impl Furnished {
    async fn make(operator: &Person, author: &Person, blind: bool) -> anyhow::Result<Self> {
        let created = operator.post("/v1/projects", &json!({"name": "Attacks", "blind": blind})).await?.expect(201)?;
        let mut made = Self { project: created.id(), position: created.sequence(), ids: BTreeMap::new() };
        made.grant(operator, "author", "annotator").await?;
        let source = made.add(author, "sources", json!({"name": "River Wire", "kind": "agency"})).await?;
        let document = json!({"title": "Rockets", "source": source, "text": TEXT, "published": "2021-05-05"});
        let document = made.add(author, "documents", document).await?;
        let incident = made.add(author, "incidents", json!({"title": "Rockets", "when": "2021-05-04"})).await?;
        let other = made.create(author, "actors", &json!({"name": "Ministry", "kind": "state_body"})).await?;
        let actor = made.add(author, "actors", json!({"name": "Brigade", "kind": "organisation"})).await?;
        let name = made.create(author, &format!("actors/{actor}/names"), &json!({"name": "The Brigade"})).await?;
        made.ids.extend([("names", name), ("others", other.clone())]);
        let rockets = quote(&document, TEXT, "Rockets fell", "content");
        let copy = made.create(author, "annotations", &quote(&document, TEXT, "said the ministry", "content")).await?;
        let mark = made.add(author, "annotations", rockets.clone()).await?;
        let reading = made.reading(&rockets);
        made.add(author, "readings", reading).await?;
        let blank = json!({"document": document, "revision": 1, "start": 0, "end": 7});
        made.add(author, "no-claims", blank).await?;
        let relation = json!({"type": "front_of", "from": actor, "to": other, "stance": "held", "evidence": [mark]});
        made.add(author, "relations", relation).await?;
        made.add(author, "derivations", json!({"from": copy, "to": mark, "kind": "cites"})).await?;
        made.add(author, "assessments", made.assessment()).await?;
        let judgement = json!({"kind": "actor", "left": actor, "right": other, "verdict": "unsure", "reason": "?"});
        made.add(operator, "judgements", judgement).await?;
        let question = json!({"question": "Was there one?", "targets": [{"incident": incident}]});
        made.add(operator, "adjudications", question).await?;
        let task = json!({"document": document, "revision": 1, "overlap": "everyone"});
        made.add(operator, "tasks", task).await?;
        let lines = [("content-type", "application/x-ndjson")];
        let path = format!("/v1/projects/{}/imports", made.project);
        let import = author.ask(Method::POST, &path, &lines, Some(String::new())).await?.expect(200)?;
        made.ids.insert("imports", import.header("idempotency-key").context("a batch")?.to_owned());
        made.create(operator, "policies", &json!({})).await?;
        made.create(operator, "codebooks", &json!({"guideline": "Read closely."})).await?;
        Ok(made)
    }

    async fn create(&self, person: &Person, collection: &str, body: &Value) -> anyhow::Result<String> {
        let made = person.post(&format!("/v1/projects/{}/{collection}", self.project), body).await?;
        Ok(made.expect(201).with_context(|| collection.to_owned())?.id())
    }

    async fn add(&mut self, person: &Person, collection: &'static str, body: Value) -> anyhow::Result<String> {
        let id = self.create(person, collection, &body).await?;
        self.ids.insert(collection, id.clone());
        Ok(id)
    }

    async fn grant(&self, operator: &Person, user: &str, role: &str) -> anyhow::Result<Answer> {
        let path = format!("/v1/projects/{}/members/{user}", self.project);
        operator.ask(Method::PUT, &path, &[], Some(json!({"role": role}).to_string())).await?.expect(200)
    }

    fn id(&self, collection: &str) -> &str {
        self.ids.get(collection).map_or("", String::as_str)
    }

    fn reading(&self, evidence: &Value) -> Value {
        let actor = self.id("actors");
        json!({
            "speakers": [{"source": self.id("sources"), "stance": "relays"}, {"actor": self.id("others")}],
            "act": "accuses", "polarity": "+", "certainty": "CT", "evidence": [evidence],
            "proposition": {"incident": self.id("incidents"), "facet": "who", "actor": actor, "role": "perpetrator"},
        })
    }

    fn assessment(&self) -> Value {
        json!({"target": {"source": self.id("sources")}, "scale": "admiralty", "value": {"letter": "B", "digit": 2},
               "reason": "It was right before."})
    }

    /// The path of a route, with what is there.
    fn path(&self, route: &str, token: &str) -> String {
        let rest = route.strip_prefix("/v1/projects/{project}/").unwrap_or_default();
        let collection = rest.split('/').next().unwrap_or_default();
        let id = match collection {
            _ if route.starts_with("/v1/tokens") => token,
            "history" => self.id("readings"),
            other => self.id(other),
        };
        let kind = if collection == "history" { "reading" } else { "actor" };
        let path = [
            ("{project}", self.project.as_str()),
            ("{id}", id),
            ("{name}", self.id("names")),
            ("{user}", "author"),
            ("{version}", "1"),
            ("{revision}", "1"),
            ("{kind}", kind),
        ];
        let path = path.into_iter().fold(route.to_owned(), |path, (name, value)| path.replace(name, value));
        if route.ends_with("/preview") {
            return format!("{path}?left={}&right={}", self.id("actors"), self.id("others"));
        }
        if route.ends_with("/log/inclusion") {
            return format!("{path}?position={}", self.position);
        }
        if route.ends_with("/log/consistency") {
            return format!("{path}?from={}", self.position);
        }
        path
    }

    /// A body that every route of writing reads as one of its own.
    fn body(&self, method: &str, route: &str) -> Option<Value> {
        let rest = route.strip_prefix("/v1/projects/{project}").unwrap_or(route);
        let mark = quote(self.id("documents"), TEXT, "the air base", "content");
        let ruled = json!({"uphold": [], "reject": [self.id("readings")], "reason": "No.", "based_on": 1});
        Some(match (method, rest) {
            ("DELETE", "/documents/{id}/revisions/{revision}/text") => json!({"reason": "No."}),
            ("GET" | "DELETE", _)
            | (
                _,
                "/imports"
                | "/imports/{id}/revert"
                | "/documents/{id}/withdraw"
                | "/documents/{id}/presence"
                | "/tasks/next"
                | "/tasks/{id}/renew"
                | "/tasks/{id}/close",
            ) => {
                return None;
            }
            ("PATCH", _) => json!({}),
            ("PUT", "/members/{user}") => json!({"role": "reader"}),
            ("PUT", _) => json!({"verdict": "confirmed", "reason": "Compared."}),
            (_, "/v1/projects" | "/actors/{id}/names") => json!({"name": "Another"}),
            (_, "/v1/tokens") => json!({"user": "somebody", "ttl_days": 1}),
            (_, "/policies") => json!({}),
            // No change stands there, so that whoever may undo undoes nothing.
            (_, "/me/undo") => json!({"position": 0}),
            (_, "/codebooks") => json!({"guideline": "Read closely."}),
            (_, "/sources") => json!({"name": "Wire", "kind": "agency"}),
            (_, "/sources/{id}/relations") => json!({"type": "wire_of", "to": self.id("sources")}),
            (_, "/documents") => json!({"title": "T", "source": self.id("sources"), "text": "Text."}),
            (_, "/documents/{id}/revisions") => json!({"text": "Text.", "captured_at": "2021-05-06T00:00:00Z"}),
            (_, "/incidents") => json!({"title": "Another", "when": "2021"}),
            (_, "/actors") => json!({"name": "Another", "kind": "organisation"}),
            (_, "/relations") => json!({"type": "front_of", "from": self.id("others"), "to": self.id("actors"),
                                        "stance": "reported", "evidence": [self.id("annotations")]}),
            (
                _,
                "/relations/{id}/dispute"
                | "/adjudications/{id}/reopen"
                | "/adjudications/{id}/overturn"
                | "/tasks/{id}/skip",
            ) => json!({"reason": "No."}),
            (_, "/tasks") => json!({"document": self.id("documents"), "revision": 1, "overlap": 1}),
            (_, "/tasks/{id}/submit") => json!({"nothing_found": true}),
            (_, "/annotations") => mark,
            (_, "/readings") => self.reading(&mark),
            (_, "/no-claims") => json!({"document": self.id("documents"), "revision": 1, "start": 0, "end": 7}),
            (_, "/judgements") => json!({"kind": "actor", "left": self.id("actors"), "right": self.id("others"),
                                         "verdict": "unsure", "reason": "?"}),
            (_, "/derivations") => {
                json!({"from": self.id("annotations"), "to": self.id("annotations"), "kind": "cites"})
            }
            (_, "/origins") => json!({"annotation": self.id("annotations"), "reason": "First."}),
            (_, "/assessments") => self.assessment(),
            (_, "/adjudications") => json!({"question": "?", "targets": [{"reading": self.id("readings")}]}),
            (_, "/adjudications/{id}/rulings") => ruled,
            (_, "/adjudications/{id}/findings") => {
                json!({"target": {"incident": self.id("incidents")}, "outcome": "confirmed", "standard": "clear",
                       "reason": "Seen.", "based_on": 1})
            }
            _ => return None,
        })
    }
}

/// A running system with three projects, and everybody who tries.
struct Scene {
    system: System,
    operator: Person,
    own: Furnished,
    foreign: Furnished,
    blind: Furnished,
    callers: Vec<Caller>,
    /// A position that every answer is to know.
    at: u64,
    _provider: Provider,
}

async fn issue(operator: &Person, user: &str) -> anyhow::Result<(String, String)> {
    let issued = operator.post("/v1/tokens", &json!({"user": user, "ttl_days": 1})).await?.expect(201)?;
    Ok((issued.json()["token"].as_str().context("a token")?.to_owned(), issued.id()))
}

impl Scene {
    async fn set() -> anyhow::Result<Self> {
        let signer = Signer::p256("key");
        let provider = Provider::start(&[&signer]).await;
        let issuer = provider.issuer();
        let arguments =
            ["--oidc-issuer", &issuer, "--oidc-audience", AUDIENCE, "--oidc-roles-claim", "realm_access.roles"];
        let system = System::start_with(&arguments).await?;
        let at = |token: &str| Person::at(system.base(), Some(token.to_owned()));
        let operator = at(&system.operator()?);
        let author = at(&issue(&operator, "author").await?.0);
        let own = Furnished::make(&operator, &author, false).await?;
        let foreign = Furnished::make(&operator, &author, false).await?;
        let blind = Furnished::make(&operator, &author, true).await?;

        let stranger = Standing::Stranger;
        let mut callers = Vec::new();
        let mut add = |name, person, known| callers.push(Caller { name, person, known });
        add("nobody", Person::at(system.base(), None), Known::No);
        add("an operator", operator.clone(), Known::As(Standing::Operator, Standing::Operator));
        add("the author", author, Known::As(Standing::Author, Standing::Author));
        let (revoked, id) = issue(&operator, "revoked").await?;
        own.grant(&operator, "revoked", "admin").await?;
        operator.ask(Method::DELETE, &format!("/v1/tokens/{id}"), &[], None).await?.expect(200)?;
        add("an admin whose token was revoked", at(&revoked), Known::Never);
        add("a stranger", at(&issue(&operator, "stranger").await?.0), Known::As(stranger, stranger));
        for (role, standing) in [
            ("reader", Standing::Reader),
            ("annotator", Standing::Annotator),
            ("curator", Standing::Curator),
            ("admin", Standing::Admin),
        ] {
            own.grant(&operator, role, role).await?;
            blind.grant(&operator, role, role).await?;
            add(role, at(&issue(&operator, role).await?.0), Known::As(standing, stranger));
        }
        foreign.grant(&operator, "neighbour", "admin").await?;
        let neighbour = at(&issue(&operator, "neighbour").await?.0);
        add("an admin of another project", neighbour, Known::As(stranger, Standing::Admin));
        own.grant(&operator, "gone", "admin").await?;
        let path = format!("/v1/projects/{}/members/gone", own.project);
        operator.ask(Method::DELETE, &path, &[], None).await?.expect(200)?;
        add("an admin who was removed", at(&issue(&operator, "gone").await?.0), Known::As(stranger, stranger));

        // Users of the provider: one with a membership, those with roles from their tokens, one with nothing.
        let member = system.run(&["token", "user", "--issuer", &issuer, "--subject", "member"])?;
        own.grant(&operator, member.stdout.trim(), "curator").await?;
        let last = blind.grant(&operator, member.stdout.trim(), "curator").await?.sequence();
        let token = |subject: &str, roles: &[String]| {
            let mut claims = provider.claims(subject);
            claims["realm_access"] = json!({"roles": roles});
            at(&signer.token(&signer.header(), &claims))
        };
        let role = |made: &Furnished, role: &str| format!("gainsay:{}:{role}", made.project);
        add("a curator of the provider", token("member", &[]), Known::As(Standing::Curator, stranger));
        add("a stranger of the provider", token("other", &["admin".to_owned()]), Known::As(stranger, stranger));
        add(
            "a reader by token",
            token("reader", &[role(&own, "reader"), role(&blind, "reader")]),
            Known::As(Standing::Reader, stranger),
        );
        let all =
            [role(&foreign, "annotator"), role(&own, "admin"), role(&blind, "admin"), "offline_access".to_owned()];
        add("an admin by token", token("admin", &all), Known::As(Standing::Admin, Standing::Annotator));
        let raised = [role(&own, "reader"), role(&blind, "reader")];
        add(
            "a curator by membership and reader by token",
            token("member", &raised),
            Known::As(Standing::Curator, stranger),
        );
        let operating = token("operator", &["gainsay:operator".to_owned()]);
        add("an operator by token", operating, Known::As(Standing::Operator, Standing::Operator));
        Ok(Self { operator, own, foreign, blind, callers, at: last, system, _provider: provider })
    }

    /// Asks one route as one caller.
    async fn ask(&self, caller: &Caller, method: &str, route: &str, made: &Furnished) -> anyhow::Result<Answer> {
        let token = if route == "/v1/tokens/{id}" { issue(&self.operator, "victim").await?.1 } else { String::new() };
        let path = made.path(route, &token);
        ensure!(!path.contains('{') && !path.contains("//"), "{route}: {path}");
        let media = if route.ends_with("/imports") { "application/x-ndjson" } else { "application/json" };
        if route.ends_with("/changes") {
            // Where it is given, it goes on for ever.
            let answer = caller.person.open(&path, &[]).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let text = if status.is_success() { String::new() } else { answer.text().await? };
            return Ok(Answer { status, headers, text });
        }
        let body = made.body(method, route).map(|body| body.to_string());
        let headers = [("if-match", STALE), ("content-type", media)];
        let headers = if method == "GET" { &[][..] } else { &headers };
        caller.person.ask(method.parse()?, &path, headers, body).await
    }
}

/// What a problem says, apart from which request it answers.
fn said(answer: &Answer) -> Value {
    let mut problem = answer.json();
    problem.as_object_mut().map(|members| members.remove("instance"));
    problem
}

/// The headers that may tell something.
fn told(answer: &Answer) -> BTreeSet<(String, String)> {
    let headers = answer.headers.iter().filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
    headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned())).collect()
}

/// What is wrong with an answer; nothing if it is as expected.
fn fault(expected: Expected, method: &str, route: &str, answer: &Answer) -> Option<String> {
    let (status, code) = (answer.status.as_u16(), answer.code());
    let right = match expected {
        Expected::Missing => (status, code.as_str()) == (401, "token_missing"),
        Expected::Invalid => (status, code.as_str()) == (401, "token_invalid"),
        Expected::Hidden => (status, code.as_str()) == (404, "not_found"),
        Expected::Forbidden => (status, code.as_str()) == (403, "forbidden"),
        // What changes something that is there was asked to change a revision that is not.
        Expected::Allowed if changes(method, route) => (status, code.as_str()) == (412, "revision_conflict"),
        Expected::Allowed if method == "GET" => status == 200,
        Expected::Allowed => [200, 201, 204, 409, 412, 422].contains(&status),
    };
    (!right).then(|| format!("expected {expected:?}, got {status} {}", answer.text))
}

fn changes(method: &str, route: &str) -> bool {
    let part = |name: &str| route.ends_with(name);
    match method {
        // Presence has no revisions.
        "PUT" | "DELETE" if part("/presence") => false,
        "PATCH" | "PUT" => true,
        "DELETE" => route != "/v1/tokens/{id}",
        "POST" => {
            route.contains("{id}/")
                && [
                    "relations",
                    "names",
                    "revisions",
                    "withdraw",
                    "dispute",
                    "rulings",
                    "findings",
                    "reopen",
                    "overturn",
                    "revert",
                ]
                .iter()
                .any(|name| part(name))
        }
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_admits_whom_it_should_and_nobody_else() -> anyhow::Result<()> {
    let scene = Scene::set().await?;
    let base = scene.system.base();
    let described: Value = reqwest::get(format!("{base}/openapi.json")).await?.json().await?;
    let mut routes = BTreeSet::new();
    for (path, item) in described["paths"].as_object().context("paths")? {
        for method in ["get", "head", "post", "put", "patch", "delete", "options", "trace"] {
            if item.get(method).is_some() {
                routes.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    let table: BTreeSet<_> =
        ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    let missing: Vec<_> = routes.symmetric_difference(&table).collect();
    ensure!(missing.is_empty(), "routes with no line in the table, or lines without a route: {missing:?}");

    // The read side knows of the last grant and of what was revoked before it.
    let path = format!("/v1/projects/{}?at_least={}&wait_ms=5000", scene.own.project, scene.at);
    scene.operator.get(&path).await?.expect(200)?;
    let mut faults = Vec::new();
    let mut answers: BTreeMap<Expected, Vec<(String, Answer)>> = BTreeMap::new();
    let mut cases = 0_usize;
    for (method, route, needs) in ROUTES {
        let in_project = route.contains("{project}");
        let projects = [(Place::Own, &scene.own), (Place::Foreign, &scene.foreign), (Place::Blind, &scene.blind)];
        for (place, made) in projects {
            if place != Place::Own && !in_project {
                continue;
            }
            let asked = scene.callers.iter().map(|caller| scene.ask(caller, method, route, made));
            for (caller, answer) in scene.callers.iter().zip(join_all(asked).await) {
                let expected = expected(needs, caller.known, place, route);
                let what = format!("{method} {route} as {} ({place:?})", caller.name);
                let answer = answer.with_context(|| what.clone())?;
                cases += 1;
                if let Some(fault) = fault(expected, method, route, &answer) {
                    faults.push(format!("{what}: {fault}"));
                }
                answers.entry(expected).or_default().push((what, answer));
            }
        }
    }
    println!("access: {cases} cases");
    ensure!(faults.is_empty(), "{} of {cases}:\n{}", faults.len(), faults.join("\n"));
    ensure!(cases >= 500);
    for uniform in [Expected::Missing, Expected::Invalid, Expected::Forbidden] {
        let all = answers.get(&uniform).context("none")?;
        let (first, example) = &all[0];
        for (what, answer) in all {
            assert_eq!(said(answer), said(example), "{what} differs from {first}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_answers_as_what_is_not_there() -> anyhow::Result<()> {
    let scene = Scene::set().await?;
    let path = format!("/v1/projects/{}?at_least={}&wait_ms=5000", scene.own.project, scene.at);
    scene.operator.get(&path).await?.expect(200)?;
    let nowhere = Furnished {
        project: uuid::Uuid::now_v7().to_string(),
        position: scene.own.position,
        ids: scene.own.ids.clone(),
    };
    let strangers = scene.callers.iter().filter(|caller| matches!(caller.known, Known::As(Standing::Stranger, _)));
    for caller in strangers {
        let routes = || ROUTES.into_iter().filter(|(_, route, _)| route.contains("{project}"));
        let asked = routes().map(async |(method, route, _needs)| {
            let hidden = scene.ask(caller, method, route, &scene.own).await?.expect(404)?;
            let absent = scene.ask(caller, method, route, &nowhere).await?.expect(404)?;
            assert_eq!(said(&hidden), said(&absent), "{method} {route} as {}", caller.name);
            assert_eq!(told(&hidden), told(&absent), "{method} {route} as {}", caller.name);
            anyhow::Ok(())
        });
        try_join_all(asked).await?;
        let listed = caller.person.get("/v1/projects").await?.expect(200)?;
        ensure!(!listed.text.contains(&scene.own.project), "{}: {}", caller.name, listed.text);
        // The records of users are the operators' alone.
        let history = format!("/v1/projects/{}/history/user/{}", uuid::Uuid::nil(), uuid::Uuid::now_v7());
        caller.person.get(&history).await?.expect(404)?;
    }
    Ok(())
}
