use latchkey_store::{PageQuery, StoreError, Unique, members, projects, users};
use latchkey_types::{member::Role, user::InstanceRole};

use crate::support::{NOW, ada_and_project, later, new_project, new_user, on_each, read, write};

#[test]
fn a_slug_is_used_once_even_after_archiving() {
    on_each(|_, store| {
        let (_, project) = ada_and_project(store);
        let archived = write(store, |tx| projects::archive_project(tx, project, later(1)));
        assert_eq!(archived.archived_at, Some(later(1)));
        let again = write(store, |tx| projects::archive_project(tx, project, later(2)));
        assert_eq!(again, archived);
        let taken = store.write(|tx| projects::create_project(tx, &new_project("memorylake")));
        assert_eq!(taken.err(), Some(StoreError::Taken(Unique::Slug)));
        let found = read(store, |db| projects::find_project_by_slug(db, "memorylake"));
        assert_eq!(found.unwrap().id, project);
    });
}

#[test]
fn changing_a_project_keeps_what_is_not_named() {
    on_each(|_, store| {
        let (_, project) = ada_and_project(store);
        let change = projects::ProjectChange {
            name: Some("Ölberg".to_owned()),
            allow_key_in_url: Some(false),
            allowed_origins: Some(Vec::new()),
            ..Default::default()
        };
        let changed = write(store, |tx| {
            projects::set_project(tx, project, &change, later(3))
        });
        assert_eq!(changed.version, 2);
        assert_eq!(changed.updated_at, later(3));
        assert!(!changed.allow_key_in_url);
        assert!(changed.allowed_origins.is_empty());
        assert_eq!(changed.backend, r#"{"kind":"memory"}"#);
        let filter = projects::ProjectFilter {
            q: Some("ÖLBERG"),
            ..Default::default()
        };
        let (found, _) = read(store, |db| {
            projects::list_projects(db, &filter, &PageQuery::first(10))
        });
        assert_eq!(found.len(), 1);
    });
}

#[test]
fn projects_are_listed_for_their_members_with_the_role() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let other = write(store, |tx| {
            projects::create_project(tx, &new_project("otherlake"))
        });
        let list = |filter: &projects::ProjectFilter<'_>| {
            read(store, |db| {
                projects::list_projects(db, filter, &PageQuery::first(10))
            })
            .0
            .into_iter()
            .map(|(project, role)| (project.id, role))
            .collect::<Vec<_>>()
        };
        let mine = projects::ProjectFilter {
            member: Some(ada),
            ..Default::default()
        };
        assert_eq!(list(&mine), [(project, Some(Role::Owner))]);
        assert_eq!(
            list(&projects::ProjectFilter::default()),
            [(other.id, None), (project, None)]
        );
        for (q, wanted) in [
            ("LAKE", 1),
            ("memory l", 1),
            ("m_m", 0),
            ("%", 0),
            ("a\0", 1),
        ] {
            let filter = projects::ProjectFilter { q: Some(q), ..mine };
            assert_eq!(list(&filter).len(), wanted, "{q:?}");
        }
        write(store, |tx| projects::archive_project(tx, project, NOW));
        assert_eq!(list(&mine), []);
        let archived = projects::ProjectFilter {
            archived: true,
            ..mine
        };
        assert_eq!(list(&archived), [(project, Some(Role::Owner))]);
    });
}

#[test]
fn members_come_change_and_go() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let ben = write(store, |tx| {
            users::create_user(tx, &new_user("ben@example.com", InstanceRole::Member))
        });
        write(store, |tx| {
            members::create_member(tx, project, ben.id, Role::Viewer, later(1))
        });
        let twice =
            store.write(|tx| members::create_member(tx, project, ben.id, Role::Owner, later(2)));
        assert_eq!(twice, Err(StoreError::Taken(Unique::Member)));
        assert!(write(store, |tx| {
            members::set_member_role(tx, project, ben.id, Role::Owner)
        }));
        let role = |user| read(store, |db| members::find_role(db, project, user));
        assert_eq!(role(ben.id), Some(Role::Owner));
        assert_eq!(read(store, |db| members::count_owners(db, project)), 2);
        let disable = users::UserChange {
            disabled_at: Some(Some(NOW)),
            ..Default::default()
        };
        write(store, |tx| users::set_user(tx, ada, &disable));
        assert_eq!(read(store, |db| members::count_owners(db, project)), 1);
        let (listed, _) = read(store, |db| {
            members::list_members(db, project, &PageQuery::first(10))
        });
        let listed: Vec<_> = listed.iter().map(|member| member.user_id).collect();
        assert_eq!(listed, [ben.id, ada]);
        assert!(write(store, |tx| members::delete_member(
            tx, project, ben.id
        )));
        assert!(!write(store, |tx| members::delete_member(
            tx, project, ben.id
        )));
        assert_eq!(role(ben.id), None);
    });
}
