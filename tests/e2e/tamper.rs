//! Heads of the log that are kept: asked for over HTTP, proven by other people's code, and compared by `verify --since`.

use crate::pipeline::Scene;
use crate::support::people::Answer;
use crate::support::system::System;
use anyhow::Context;
use ct_merkle::{ConsistencyProof, RootHash};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The exit code of a log that is not proven.
const DAMAGED: i32 = 5;

fn bytes(text: &Value) -> anyhow::Result<Vec<u8>> {
    Ok(hex::decode(text.as_str().context("a hash")?)?)
}

/// The root to which a path leads, as section 2.1.3.2 of RFC 9162 has it.
fn folded(inclusion: &Value) -> anyhow::Result<Vec<u8>> {
    let number = |name: &str| inclusion[name].as_u64().context("a number");
    let (mut node, mut last) = (number("position")? - 1, number("size")? - 1);
    let mut hash = bytes(&inclusion["leaf"])?;
    for sibling in inclusion["path"].as_array().context("a path")? {
        let sibling = bytes(sibling)?;
        let is_right = node % 2 == 1 || node == last;
        let pair = if is_right { [sibling, hash] } else { [hash, sibling] };
        hash = Sha256::new().chain_update([1]).chain_update(pair.concat()).finalize().to_vec();
        while is_right && node % 2 == 0 && node > 0 {
            (node, last) = (node / 2, last / 2);
        }
        (node, last) = (node / 2, last / 2);
    }
    anyhow::ensure!(last == 0, "the path is too short");
    Ok(hash)
}

fn path_of(answer: &Value) -> anyhow::Result<Vec<u8>> {
    let path: anyhow::Result<Vec<_>> = answer["path"].as_array().context("a path")?.iter().map(bytes).collect();
    Ok(path?.concat())
}

fn root_of(head: &Value) -> anyhow::Result<RootHash<Sha256>> {
    let root: [u8; 32] = bytes(&head["root"])?.try_into().ok().context("32 bytes")?;
    Ok(RootHash::new(root.into(), head["size"].as_u64().context("a size")?))
}

fn refused(answer: &Answer, status: u16, code: &str, named: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (status, code.to_owned()), "{}", answer.text);
    assert!(answer.text.contains(named), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_was_kept_shows_whether_the_log_only_grew() -> anyhow::Result<()> {
    let mut system = System::start().await?;
    let scene = Scene::set(&system, 0).await?;
    let (project, reader) = (&scene.project, &scene.project.curator);
    let mut heads = Vec::new();
    for n in 0..40 {
        let body = json!({"name": format!("Actor {n}"), "kind": "person"});
        let last = reader.post(&project.path("actors"), &body).await?.expect(201)?.sequence();
        let head = reader.get(&project.path(&format!("log/head?at_least={last}&wait_ms=5000"))).await?.expect(200)?;
        assert_eq!(head.header("gainsay-as-of"), Some(&*last.to_string()));
        assert_eq!((&head.json()["size"], &head.json()["as_of"]), (&json!(last), &json!(last)));
        heads.push(head.json());
    }
    let (first, last) = (&heads[0], &heads[39]);
    let newest = last["size"].as_u64().context("a size")?;

    // An earlier head can be asked for again, and the later ones continue it.
    for head in &heads {
        let size = &head["size"];
        let again = reader.get(&project.path(&format!("log/head?as_of={size}"))).await?.expect(200)?;
        assert_eq!(&again.json(), head);
        let proof = reader.get(&project.path(&format!("log/consistency?from={size}"))).await?.expect(200)?.json();
        assert_eq!((&proof["log"], &proof["from"], &proof["to"]), (&last["log"], size, &json!(newest)));
        if head == last {
            assert_eq!(proof["path"], json!([]));
        } else {
            let proof = ConsistencyProof::try_from_bytes(path_of(&proof)?).ok().context("a proof")?;
            assert!(root_of(last)?.verify_consistency(&root_of(head)?, &proof).is_ok());
        }
    }

    // Each record of the project has a path to both roots that it is in.
    let mut proven = 0;
    for line in reader.get(&project.path("events")).await?.expect(200)?.text.lines() {
        let position = serde_json::from_str::<Value>(line)?["position"].as_u64().context("a position")?;
        for head in [first, last].into_iter().filter(|head| head["size"].as_u64() >= Some(position)) {
            let path = format!("log/inclusion?position={position}&size={}", head["size"]);
            let inclusion = reader.get(&project.path(&path)).await?.expect(200)?.json();
            assert_eq!(folded(&inclusion)?, bytes(&head["root"])?, "{inclusion}");
            proven += 1;
        }
    }
    assert!(proven > 50, "{proven}");

    for (path, status, code, named) in [
        ("log/inclusion", 400, "missing_parameter", "position"),
        ("log/inclusion?position=0", 400, "invalid_parameter", "position"),
        ("log/inclusion?position=x", 400, "invalid_parameter", "position"),
        ("log/inclusion?position=3&size=0", 400, "invalid_parameter", "size"),
        ("log/inclusion?position=3&of=2", 400, "unknown_parameter", "of"),
        (&format!("log/inclusion?position={newest}&size={}", first["size"]), 422, "position_beyond_size", "position"),
        ("log/consistency", 400, "missing_parameter", "from"),
        ("log/consistency?from=0", 400, "invalid_parameter", "from"),
        (&format!("log/consistency?from={newest}&to={}", first["size"]), 422, "from_beyond_to", "from"),
        ("log/head?as_of=-1", 400, "invalid_parameter", "as_of"),
        (&format!("log/head?as_of={}&wait_ms=0", newest + 1_000), 503, "behind", "position"),
    ] {
        refused(&reader.get(&project.path(path)).await?, status, code, named);
    }
    // A record of another project is not there, though the log holds it.
    let operator = &project.operator;
    let elsewhere = operator.post("/v1/projects", &json!({"name": "Elsewhere"})).await?.expect(201)?.sequence();
    let path = format!("log/inclusion?position={elsewhere}&size={elsewhere}");
    refused(&reader.get(&project.path(&path)).await?, 404, "not_found", "nothing here");

    assert!(system.stop()?.success(), "{}", system.log_tail());
    let folder = tempfile::tempdir()?;
    let compare = |head: &Value| -> anyhow::Result<_> {
        let file = folder.path().join("head.json");
        std::fs::write(&file, head.to_string())?;
        system.run(&["verify", "--since", &file.display().to_string()])
    };
    for head in [first, last] {
        let compared = compare(head)?;
        assert_eq!(compared.code, 0, "{}{}", compared.stdout, compared.stderr);
        assert!(compared.stdout.contains("earlier head"), "{}", compared.stdout);
    }
    // What `verify` prints can be kept as well, and is what the read side says.
    let printed: Value = serde_json::from_str(&system.run(&["verify", "--json"])?.stdout)?;
    assert_eq!((&printed["head"]["log"], &printed["head"]["size"]), (&last["log"], &json!(elsewhere)));
    assert_eq!(compare(&printed)?.code, 0);
    let other = json!({"log": uuid::Uuid::nil(), "size": 1, "root": first["root"]});
    for (head, said) in [
        (json!({"log": first["log"], "size": first["size"], "root": last["root"]}), "NOT THE SAME LOG"),
        (json!({"log": first["log"], "size": newest + 1_000, "root": last["root"]}), "NOT SOUND"),
        (other, "NOT COMPARED"),
    ] {
        let compared = compare(&head)?;
        assert_eq!(compared.code, DAMAGED, "{}{}", compared.stdout, compared.stderr);
        assert!(compared.stdout.contains(said), "{}", compared.stdout);
    }
    let misread = compare(&json!({"log": first["log"], "size": 1}))?;
    assert_eq!(misread.code, 2, "{}{}", misread.stdout, misread.stderr);
    assert!(misread.stderr.contains("head.json") && misread.stderr.contains("`root`"), "{}", misread.stderr);
    Ok(())
}
