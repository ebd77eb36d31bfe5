use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use latchkey_store::{PageQuery, Store, keys, memories, new_id, projects};
use latchkey_types::{KeyId, MemoryId, ProjectId, UserId};

use crate::support::{a_key, ada_and_project, databases, later, new_project, on_each, read, write};

struct Scene<'a> {
    store: &'a Store,
    ada: UserId,
    project: ProjectId,
    key: KeyId,
}

impl<'a> Scene<'a> {
    fn new(store: &'a Store) -> Self {
        let (ada, project) = ada_and_project(store);
        let key = a_key(store, project, ada, "Production - Claude").id;
        Self {
            store,
            ada,
            project,
            key,
        }
    }

    /// Another project, with a key.
    fn other(&self, slug: &str) -> Self {
        let project = write(self.store, |tx| {
            projects::create_project(tx, &new_project(slug))
        });
        Self {
            project: project.id,
            key: a_key(self.store, project.id, self.ada, "Other").id,
            ..*self
        }
    }

    fn keep(&self, text: &str, tags: &[&str], seconds: i64) -> MemoryId {
        let new = memories::NewMemory {
            id: new_id(),
            project_id: self.project,
            key_id: self.key,
            text: text.to_owned(),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            created_at: later(seconds),
        };
        write(self.store, |tx| memories::create_memory(tx, &new)).id
    }

    fn search(&self, query: &str) -> Vec<memories::FoundMemory> {
        read(self.store, |db| {
            memories::search_memories(db, self.project, query, 10)
        })
    }

    fn found(&self, query: &str) -> Vec<MemoryId> {
        let found = self.search(query);
        found.iter().map(|found| found.memory.id).collect()
    }

    fn listed(&self, q: Option<&str>) -> Vec<MemoryId> {
        let (rows, next) = read(self.store, |db| {
            memories::list_memories(db, self.project, q, &PageQuery::first(100))
        });
        assert_eq!(next, None);
        rows.iter().map(|memory| memory.id).collect()
    }

    fn forget(&self, id: MemoryId) -> bool {
        write(self.store, |tx| {
            memories::delete_memory(tx, self.project, id)
        })
    }
}

#[test]
fn a_memory_comes_back_as_it_was_kept_with_its_key_as_it_is_now() {
    on_each(|_, store| {
        let scene = Scene::new(store);
        let text = "Zeile 1\n\tЛиния 2 \"quoted\" 'and' \\ 🔑 %";
        let id = scene.keep(text, &["a b", "ü"], 5);
        let change = keys::KeyChange {
            description: Some("Renamed".to_owned()),
            ..Default::default()
        };
        write(store, |tx| keys::set_key(tx, scene.key, &change));
        let memory = read(store, |db| memories::find_memory(db, scene.project, id)).unwrap();
        assert_eq!(memory.text, text);
        assert_eq!(memory.tags, ["a b", "ü"]);
        assert_eq!(memory.created_at, later(5));
        assert_eq!(
            (memory.key.id, memory.key.description.as_str()),
            (scene.key, "Renamed")
        );
        assert_eq!(memory.to_memory().id, id);
    });
}

#[test]
fn projects_never_see_each_others_memories() {
    on_each(|_, store| {
        let one = Scene::new(store);
        let other = one.other("otherlake");
        let id = one.keep("the harbour opens at nine", &[], 0);
        assert_eq!(one.found("harbour"), [id]);
        assert_eq!(other.found("harbour"), []);
        assert_eq!(other.listed(None), []);
        assert_eq!(other.listed(Some("harbour")), []);
        assert_eq!(
            read(store, |db| memories::find_memory(db, other.project, id)),
            None
        );
        assert!(!other.forget(id));
        let count =
            |scene: &Scene<'_>| read(store, |db| memories::count_memories(db, scene.project));
        assert_eq!((count(&one), count(&other)), (1, 0));
        // The project's id bounds a search, and is itself no text to find.
        let hex = one.project.as_uuid().simple().to_string();
        assert_eq!(one.found(&hex), []);
        assert_eq!(one.found("proj"), []);
    });
}

#[test]
fn what_is_forgotten_is_found_no_more() {
    on_each(|database, store| {
        let scene = Scene::new(store);
        let first = scene.keep("apples and pears", &["fruit"], 0);
        let second = scene.keep("apples and plums", &["fruit"], 1);
        assert!(scene.forget(second));
        assert!(!scene.forget(second));
        assert_eq!(scene.found("apples"), [first]);
        assert_eq!(scene.found("plums"), []);
        assert_eq!(scene.found("fruit"), [first]);
        assert_eq!(scene.listed(None), [first]);
        // The number that became free is given again: its entry in the index must be gone.
        let third = scene.keep("bread", &[], 2);
        assert_eq!(scene.found("plums"), []);
        assert_eq!(scene.found("bread"), [third]);
        if database.url.starts_with("sqlite") {
            database.run(
                "INSERT INTO memories_search (memories_search, rank) VALUES ('integrity-check', 1)",
            );
        }
    });
}

#[test]
fn the_best_fit_comes_first_with_its_words_marked() {
    on_each(|_, store| {
        let scene = Scene::new(store);
        let filler = "so much to say about nothing at all ".repeat(30);
        let long = scene.keep(&format!("{filler} deploy {filler}"), &[], 0);
        let best = scene.keep("We deploy on Tuesdays: deploy with care, Ada said.", &[], 1);
        scene.keep("nothing of interest", &[], 2);
        let found = scene.search("When do we DEPLOY?");
        let ids: Vec<_> = found.iter().map(|found| found.memory.id).collect();
        assert_eq!(ids, [best, long]);
        assert!(found[0].rank > found[1].rank, "{found:?}");
        assert!(found[0].snippet.contains("**deploy**"), "{found:?}");
        assert!(found[1].snippet.contains("**deploy**"), "{found:?}");
        assert!(found[1].snippet.chars().count() <= 401, "{found:?}");
        assert!(found[1].snippet.len() < found[1].memory.text.len());
        let limited = read(store, |db| {
            memories::search_memories(db, scene.project, "deploy nothing", 1)
        });
        assert_eq!(limited.len(), 1);
    });
}

#[test]
fn equal_fits_come_newest_first() {
    on_each(|_, store| {
        let scene = Scene::new(store);
        let ids: Vec<_> = (0..4).map(|n| scene.keep("same words", &[], n)).collect();
        let newest_first: Vec<_> = ids.into_iter().rev().collect();
        assert_eq!(scene.found("words"), newest_first);
    });
}

#[test]
fn words_are_found_by_beginning_accent_script_and_tag() {
    on_each(|_, store| {
        let scene = Scene::new(store);
        let zurich = scene.keep(
            "Die Filiale in Zürich schließt um 18:30.",
            &["Öffnungszeit"],
            0,
        );
        let typed_apart = scene.keep("cafe\u{301} crème at St. Gallen", &[], 1);
        let tokyo = scene.keep("東京都の会議は明日です。", &["会議"], 2);
        let moscow = scene.keep("Встреча в Москве", &[], 3);
        let thai = scene.keep("ประชุมที่กรุงเทพ", &[], 4);
        let hindi = scene.keep("दिल्ली में बैठक", &[], 5);
        let mail = scene.keep(
            "Write to ada@example.com about v2.5 and foo_bar-baz",
            &[],
            6,
        );
        for (query, wanted) in [
            ("zürich", vec![zurich]),
            ("ZURICH", vec![zurich]),
            ("Zu\u{308}rich", vec![zurich]),
            ("zur", vec![zurich]),
            ("schließt", vec![zurich]),
            ("öffnungs", vec![zurich]),
            ("offnungszeit", vec![zurich]),
            ("café", vec![typed_apart]),
            ("cafe", vec![typed_apart]),
            ("creme", vec![typed_apart]),
            ("東京", vec![tokyo]),
            ("会議", vec![tokyo]),
            ("京東", vec![]),
            ("москве", vec![moscow]),
            ("МОСК", vec![moscow]),
            ("กรุงเทพ", vec![thai]),
            ("दिल्ली", vec![hindi]),
            ("ada@example.com", vec![mail]),
            ("v2.5", vec![mail]),
            ("foo_bar", vec![mail]),
            ("ürich", vec![]),
        ] {
            assert_eq!(scene.found(query), wanted, "recall {query:?}");
            assert_eq!(scene.listed(Some(query)), wanted, "list {query:?}");
        }
    });
}

#[test]
fn a_list_has_all_words_and_a_question_any() {
    on_each(|_, store| {
        let scene = Scene::new(store);
        let both = scene.keep("red and green", &[], 0);
        let one = scene.keep("red only", &[], 1);
        assert_eq!(scene.listed(Some("red gre")), [both]);
        assert_eq!(scene.listed(Some("r")), [one, both]);
        let mut any = scene.found("green or red?");
        assert_eq!(any.first(), Some(&both));
        any.sort();
        assert_eq!(any, [both, one]);
    });
}

#[test]
fn nothing_that_is_typed_is_an_operator() {
    on_each(|_, store| {
        let scene = Scene::new(store);
        let id = scene.keep("plain text", &[], 0);
        scene.keep("other", &[], 1);
        for odd in [
            "\"plain",
            "plain\"",
            "pl\"ain\" text",
            "'plain'",
            "plain*",
            "^plain",
            "plain AND",
            "NOT",
            "NEAR(plain text)",
            "text:plain",
            "project_id:plain",
            "-plain",
            "plain & | !",
            "<->",
            "plain:*A",
            "{text} : plain",
            "(plain",
            "plain)",
            "\\",
            "plain\\",
            "%",
            "_",
            "?",
            "$1",
            ";--",
            "plain\0text",
            "\u{202e}plain",
            "🔑",
            "plain 🔑",
            "words",
            "rank",
            "memories_search",
        ] {
            let found = scene.found(odd);
            let wanted: &[MemoryId] = if odd.contains("plain") { &[id] } else { &[] };
            assert!(
                found == wanted || odd == "pl\"ain\" text",
                "{odd:?}: {found:?}"
            );
            scene.listed(Some(odd));
        }
        let long = "plain ".repeat(20_000);
        assert_eq!(scene.found(&long), [id]);
        assert_eq!(scene.found(&"p".repeat(100_000)), []);
        assert_eq!(scene.found(&"東".repeat(100_000)), []);
    });
}

#[test]
fn the_longest_text_is_kept_and_found() {
    on_each(|_, store| {
        let scene = Scene::new(store);
        let one_word = scene.keep(&"𝕏".repeat(20_000), &["big"], 0);
        let characters = scene.keep(&"会".repeat(20_000), &["big"], 1);
        let words: String = (0..4000).map(|n| format!("w{n} ")).collect();
        let words = scene.keep(&words, &["big"], 2);
        assert_eq!(scene.listed(Some("big")), [words, characters, one_word]);
        assert_eq!(scene.found("w3999"), [words]);
        assert_eq!(scene.found("会会"), [characters]);
        for found in scene.search("big") {
            assert!((2..=401).contains(&found.snippet.chars().count()));
        }
    });
}

#[test]
fn a_list_goes_on_where_the_page_before_ended() {
    on_each(|_, store| {
        let scene = Scene::new(store);
        for n in 0..7 {
            // Three share each moment.
            scene.keep(&format!("number {n}"), &[], n / 3);
        }
        for q in [None, Some("number")] {
            let mut page = PageQuery::first(2);
            let mut seen = Vec::new();
            loop {
                let (rows, next) = read(store, |db| {
                    memories::list_memories(db, scene.project, q, &page)
                });
                seen.extend(rows.into_iter().map(|memory| memory.id));
                let Some(next) = next else { break };
                page.after = Some(next);
            }
            assert_eq!(seen, scene.listed(None));
            assert_eq!(seen.len(), 7);
        }
    });
}

#[test]
fn the_index_survives_a_vacuum_and_a_new_start() {
    for database in databases() {
        let store = database.open();
        let scene = Scene::new(&store);
        let gone = scene.keep("first", &[], 0);
        let id = scene.keep("second harbour", &[], 1);
        scene.forget(gone);
        store.close();
        // SQLite renumbers its own row ids here.
        database.run("VACUUM");
        let store = database.open();
        let found = read(&store, |db| {
            let (listed, _) = projects::list_projects(
                db,
                &projects::ProjectFilter::default(),
                &PageQuery::first(1),
            )?;
            memories::search_memories(db, listed[0].0.id, "harbour", 10)
        });
        assert_eq!(found[0].memory.id, id);
        store.close();
    }
}

#[test]
fn a_memory_is_never_changed_behind_its_index() {
    let databases = databases();
    let store = databases[0].open();
    Scene::new(&store).keep("text", &[], 0);
    store.close();
    let path = databases[0].folder().join("data/latchkey.db");
    let mut db = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let changed = db.batch_execute("UPDATE memories SET text = 'other'");
    assert!(changed.unwrap_err().to_string().contains("never changed"));
}
