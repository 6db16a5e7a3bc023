//! Changes: against which revision they are made, and what they leave behind.

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;

use super::world::{Behind, User, World, id};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_states_the_revision_it_was_made_against() {
    let world = World::new().await;
    let scene = world.scene().await;
    let annotation = scene.annotation("rockets").await;
    let reading =
        scene.annotator.post(&scene.at("readings"), &scene.reading(&json!([annotation]))).await.created().id();
    let no_claim = json!({"document": scene.document, "revision": 1, "start": 0, "end": 3});
    let no_claim = scene.annotator.post(&scene.at("no-claims"), &no_claim).await.created().id();
    let other = scene.annotator.post(&scene.at("actors"), &json!({"name": "O", "kind": "office"})).await.created().id();
    let relation = json!({
        "type": "part_of", "from": scene.actor, "to": other, "stance": "held", "evidence": [annotation],
    });
    let relation = scene.annotator.post(&scene.at("relations"), &relation).await.created().id();
    for (method, path, body) in [
        (Method::PATCH, format!("incidents/{}", scene.incident), Some(json!({"title": "Renamed"}))),
        (Method::PATCH, format!("readings/{reading}"), Some(json!({"certainty": "PR"}))),
        (Method::PATCH, format!("annotations/{annotation}"), Some(json!({"note": "Look again"}))),
        (Method::DELETE, format!("no-claims/{no_claim}"), None),
        (Method::DELETE, format!("relations/{relation}"), None),
        (Method::DELETE, format!("readings/{reading}"), None),
        (Method::DELETE, format!("annotations/{annotation}"), None),
    ] {
        let path = scene.at(&path);
        let send =
            async |headers: &[(&str, &str)]| scene.annotator.send(method.clone(), &path, headers, body.as_ref()).await;
        let missing = send(&[]).await.refused(428, "revision_required");
        let current = missing.body["revision"].as_u64().expect("the refusal names the current revision");
        let tag = format!("\"{current}\"");
        let stale = format!("\"{}\"", current + 1);
        let refused = send(&[("if-match", &stale)]).await.refused(412, "revision_conflict");
        assert_eq!(refused.body["revision"], current);
        for malformed in ["3", "W/\"1\"", "\"a\"", "\"1\", \"2\"", ""] {
            send(&[("if-match", malformed)]).await.refused(400, "if_match_invalid");
        }
        let key = id();
        let first = send(&[("if-match", &tag), ("idempotency-key", &key)]).await.ok();
        assert_eq!(first.header("etag"), Some(format!("\"{}\"", current + 1).as_str()), "{path}");
        // The repetition names a revision that is no longer the current one, as the first did.
        let again = send(&[("if-match", &tag), ("idempotency-key", &key)]).await.ok();
        assert!(again.replayed());
        assert_eq!(again.body, first.body);
        send(&[("if-match", &stale), ("idempotency-key", &key)]).await.refused(422, "command_id_reused");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_changes_against_one_revision_one_wins_and_no_update_is_lost() {
    let world = World::new().await;
    let scene = world.scene().await;
    let annotation = scene.annotation("rockets").await;
    let path = scene.at(&format!("annotations/{annotation}"));
    let clients = (0..16).map(|client| {
        let (annotator, path) = (scene.annotator.clone(), path.clone());
        tokio::spawn(async move {
            let (mut won, mut revision) = (Vec::new(), 1);
            while won.len() < 5 {
                let note = format!("note {} of {client}", won.len());
                let answer = annotator.patch(&path, &format!("\"{revision}\""), &json!({"note": note})).await;
                if answer.status == 412 {
                    revision = answer.body["revision"].as_u64().expect("the current revision is named");
                } else {
                    revision = answer.ok().body["revision"].as_u64().expect("a change answers its revision");
                    won.push(revision);
                }
            }
            won
        })
    });
    let won = futures::future::try_join_all(clients).await.expect("no client panics");
    let mut won: Vec<u64> = won.into_iter().flatten().collect();
    won.sort_unstable();
    assert_eq!(won, (2..=81).collect::<Vec<_>>(), "each revision was made by one client");
    let of_annotation = world.records().await.into_iter().filter(|record| record.envelope.id.to_string() == annotation);
    assert_eq!(of_annotation.count(), 81);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_patch_changes_what_it_names_and_removes_what_is_null() {
    let world = World::new().await;
    let scene = world.scene().await;
    let incident = scene.at(&format!("incidents/{}", scene.incident));
    scene
        .annotator
        .patch(&incident, "\"1\"", &json!({"kind": "rocket attack", "places": ["Anbar"], "targets": [scene.actor]}))
        .await
        .ok();
    scene.annotator.patch(&incident, "\"2\"", &json!({"kind": null, "when": "2021-05-04~"})).await.ok();
    scene.annotator.patch(&incident, "\"3\"", &json!({"when": null})).await.refused(422, "missing_field").at("/when");
    scene.annotator.patch(&incident, "\"3\"", &json!({"id": id()})).await.refused(422, "unknown_field").at("/id");
    scene.annotator.patch(&incident, "\"3\"", &json!({"color": 1})).await.refused(422, "unknown_field").at("/color");
    scene.annotator.patch(&incident, "\"3\"", &json!(["title"])).await.refused(422, "invalid_value").at("");
    scene
        .annotator
        .patch(&incident, "\"3\"", &json!({"class": {}}))
        .await
        .refused(422, "incident_or_class")
        .at("/when");
    let records = world.records().await;
    let last = records.last().expect("there are records");
    let domain::Event::Incident(domain::incident::Event::IncidentDetailRevised(detail)) = &last.events[0] else {
        panic!("the last record revises an incident: {last:?}");
    };
    assert_eq!(detail.kind, None);
    assert_eq!(detail.when.as_str(), "2021-05-04~");
    assert_eq!(detail.places.len(), 1);
    assert_eq!(detail.targets.len(), 1);

    let annotation = scene.annotation("rockets").await;
    let path = scene.at(&format!("annotations/{annotation}"));
    scene.annotator.patch(&path, "\"1\"", &json!({"end": 12})).await.refused(422, "quote_missing").at("/exact");
    let moved = scene.passage("May");
    let change = json!({"start": moved["start"], "end": moved["end"], "exact": "May"});
    scene.annotator.patch(&path, "\"1\"", &change).await.ok();
    scene
        .annotator
        .patch(&path, "*", &json!({"document": id()}))
        .await
        .refused(422, "annotation_moved")
        .at("/document");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_annotation_that_another_cites_stays() {
    let world = World::new().await;
    let scene = world.scene().await;
    let annotation = scene.annotation("rockets").await;
    let other = world.member(&scene.project, "omar", "annotator").await;
    let reading = other.post(&scene.at("readings"), &scene.reading(&json!([annotation]))).await.created().id();
    let path = scene.at(&format!("annotations/{annotation}"));
    scene.annotator.delete(&path, "\"1\"").await.refused(409, "annotation_in_use");
    other.delete(&path, "\"1\"").await.refused(403, "forbidden");
    other.delete(&scene.at(&format!("readings/{reading}")), "\"1\"").await.ok();
    scene.annotator.delete(&path, "\"1\"").await.ok();
    scene.annotator.delete(&path, "\"2\"").await.refused(409, "annotation_retracted");
    let cites = scene.reading(&json!([annotation]));
    scene.annotator.post(&scene.at("readings"), &cites).await.refused(422, "evidence_not_live").at("/evidence");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_read_side_no_annotation_is_retracted() {
    let world = World::with_views(|_log| Arc::new(Behind)).await;
    let scene = world.scene().await;
    let annotation = scene.annotation("rockets").await;
    let path = scene.at(&format!("annotations/{annotation}"));
    let refused = scene.annotator.delete(&path, "\"1\"").await.refused(503, "views_unavailable");
    assert!(refused.header("retry-after").is_some());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_take_revisions_and_withdrawals() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let document = scene.at(&format!("documents/{}", scene.document));
    let revisions = format!("{document}/revisions");
    let body = json!({"text": "A corrected text.", "captured_at": "2021-05-05T10:00:00Z"});
    scene.annotator.post(&revisions, &body).await.refused(403, "forbidden");
    let key = id();
    let first = curator.post_with(&revisions, &[("idempotency-key", &key)], &body).await.created();
    assert_eq!(first.body["revision"], 2, "the text is the second one");
    assert_eq!(first.body["document"], scene.document);
    let again = curator.post_with(&revisions, &[("idempotency-key", &key)], &body).await.created();
    assert!(again.replayed());
    assert_eq!(again.body, first.body);
    let third = curator.post_with(&revisions, &[("if-match", "\"2\"")], &body).await.created();
    assert_eq!((&third.body["revision"], third.header("etag")), (&json!(3), Some("\"3\"")));
    curator.post_with(&revisions, &[("if-match", "\"2\"")], &body).await.refused(412, "revision_conflict");
    let undated = json!({"text": "A", "captured_at": "yesterday"});
    curator.post(&revisions, &undated).await.refused(422, "time_invalid").at("/captured_at");
    let passage = json!({
        "document": scene.document, "revision": 2, "start": 2, "end": 11, "exact": "corrected", "role": "content",
    });
    scene.annotator.post(&scene.at("annotations"), &passage).await.created();

    let withdraw = format!("{document}/withdraw");
    curator.send(Method::POST, &withdraw, &[], None).await.refused(428, "revision_required");
    curator.send(Method::POST, &withdraw, &[("if-match", "\"3\"")], None).await.ok();
    curator.send(Method::POST, &withdraw, &[("if-match", "*")], None).await.refused(409, "already_withdrawn");
    let unknown = scene.at(&format!("documents/{}/withdraw", id()));
    curator.send(Method::POST, &unknown, &[("if-match", "*")], None).await.refused(404, "not_found");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn admins_erase_a_text_once_and_nothing_in_it_is_marked_any_more() {
    let world = World::new().await;
    let scene = world.scene().await;
    let curator = world.member(&scene.project, "curator", "curator").await;
    let admin = world.member(&scene.project, "admin", "admin").await;
    let annotation = scene.annotation("rockets").await;
    let document = scene.at(&format!("documents/{}", scene.document));
    let text = format!("{document}/revisions/1/text");
    let body = json!({"reason": "A witness asked."});
    let erase = async |who: &User, path: &str, headers: &[(&str, &str)]| {
        who.send(Method::DELETE, path, headers, Some(&body)).await
    };
    erase(&scene.annotator, &text, &[]).await.refused(403, "forbidden");
    erase(&curator, &text, &[]).await.refused(403, "forbidden");
    erase(&admin, &format!("{document}/revisions/2/text"), &[]).await.refused(404, "not_found");
    erase(&admin, &text, &[("if-match", "\"9\"")]).await.refused(412, "revision_conflict");
    admin.send(Method::DELETE, &text, &[], Some(&json!({"reason": ""}))).await.refused(422, "text_blank").at("/reason");
    let key = id();
    let first = erase(&admin, &text, &[("idempotency-key", &key)]).await.ok();
    assert_eq!((&first.body["document"], &first.body["revision"]), (&json!(scene.document), &json!(1)));
    let again = erase(&admin, &text, &[("idempotency-key", &key)]).await.ok();
    assert!(again.replayed());
    erase(&admin, &text, &[]).await.refused(409, "already_erased");
    scene.annotator.post(&scene.at("annotations"), &scene.passage("rockets")).await.refused(409, "text_erased");

    // A text that comes later has no place for what was marked in it, and takes new marks.
    let revision = json!({"text": "The rockets again.", "captured_at": "2021-05-05T10:00:00Z"});
    let captured = curator.post(&format!("{document}/revisions"), &revision).await.created();
    assert_eq!((&captured.body["lost"], &captured.body["reanchored"]), (&json!([annotation]), &json!(0)));
    let passage = json!({
        "document": scene.document, "revision": 2, "start": 4, "end": 11, "exact": "rockets", "role": "content",
    });
    scene.annotator.post(&scene.at("annotations"), &passage).await.created();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_relations_and_disputes_come_and_go() {
    let world = World::new().await;
    let scene = world.scene().await;
    let actor = scene.at(&format!("actors/{}", scene.actor));
    let name = json!({"name": "الأخ", "language": "ar"});
    let name = scene.annotator.post(&format!("{actor}/names"), &name).await.created().id();
    scene.annotator.send(Method::DELETE, &format!("{actor}/names/{name}"), &[], None).await.ok();
    scene.annotator.send(Method::DELETE, &format!("{actor}/names/{name}"), &[], None).await.refused(404, "not_found");

    let annotation = scene.annotation("rockets").await;
    let other = scene.annotator.post(&scene.at("actors"), &json!({"name": "O", "kind": "office"})).await.created().id();
    let relation = json!({
        "type": "front_of", "from": scene.actor, "to": other, "stance": "held", "evidence": [annotation],
    });
    let relation = scene.annotator.post(&scene.at("relations"), &relation).await.created().id();
    let dispute = scene.at(&format!("relations/{relation}/dispute"));
    scene.annotator.post(&dispute, &json!({"reason": "No."})).await.created();
    scene.annotator.post(&dispute, &json!({"reason": "No."})).await.refused(409, "already_disputed");
    scene.annotator.send(Method::DELETE, &dispute, &[], None).await.ok();
    scene.annotator.send(Method::DELETE, &dispute, &[], None).await.refused(409, "not_disputed");

    let source =
        scene.annotator.post(&scene.at("sources"), &json!({"name": "P", "kind": "outlet"})).await.created().id();
    let relations = scene.at(&format!("sources/{source}/relations"));
    let wire = json!({"type": "wire_of", "to": scene.source});
    scene.annotator.post(&relations, &wire).await.created();
    scene.annotator.post(&relations, &wire).await.refused(409, "relation_known");
    scene
        .annotator
        .post(&relations, &json!({"type": "owned_by", "to": source}))
        .await
        .refused(422, "relation_to_itself");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_policies_and_codebooks_are_the_admins() {
    let world = World::new().await;
    let scene = world.scene().await;
    let admin = world.member(&scene.project, "admin", "admin").await;
    let policies = scene.at("policies");
    scene.annotator.post(&policies, &json!({})).await.refused(403, "forbidden");
    let policy = json!({
        "readings": "majority", "theta": 0.75, "opinions": {"CT": {"r": 9, "s": 9}}, "officials": {"include": [id()]},
    });
    let key = id();
    let first = admin.post_with(&policies, &[("idempotency-key", &key)], &policy).await.created();
    assert_eq!(first.body["version"], 1);
    let again = admin.post_with(&policies, &[("idempotency-key", &key)], &policy).await.created();
    assert_eq!(again.body, first.body);
    assert_eq!(admin.post(&policies, &json!({})).await.created().body["version"], 2);
    admin.post(&policies, &json!({"theta": 0.5})).await.refused(422, "policy_invalid").at("/theta");
    admin.post(&policies, &json!({"readings": "drawn"})).await.refused(422, "invalid_value").at("/readings");
    assert_eq!(admin.post(&policies, &json!({"readings": "adjudicated"})).await.created().body["version"], 3);
    admin.post(&policies, &json!({"opinions": {"XX": {"r": 1, "s": 1}}})).await.refused(422, "invalid_value");
    let codebook =
        json!({"guideline": "Read closely.", "acts": ["accuses"], "roles": ["perpetrator"], "modes": ["call"]});
    assert_eq!(admin.post(&scene.at("codebooks"), &codebook).await.created().body["version"], 1);

    let member = scene.at("members/omar");
    let put = admin.send(Method::PUT, &member, &[], Some(&json!({"role": "reader"}))).await.ok();
    assert_eq!(put.body["role"], "reader");
    let tag = put.header("etag").expect("a project has a revision").to_owned();
    let curator = json!({"role": "curator"});
    admin.send(Method::PUT, &member, &[("if-match", "\"1\"")], Some(&curator)).await.refused(412, "revision_conflict");
    admin.send(Method::PUT, &member, &[("if-match", &tag)], Some(&curator)).await.ok();
    admin.send(Method::DELETE, &member, &[], None).await.ok();
    admin.send(Method::DELETE, &member, &[], None).await.refused(404, "not_found");
    admin.send(Method::PUT, &scene.at("members/A%20B"), &[], Some(&curator)).await.refused(422, "user_invalid");
    admin
        .send(Method::PUT, &member, &[], Some(&json!({"role": "king"})))
        .await
        .refused(422, "invalid_value")
        .at("/role");
    world.end().await;
}
