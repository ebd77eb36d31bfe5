//! Proves that the arrows between the rooms point one way, with what `cargo tree` says of each room.

use crate::shell::{Outcome, cargo, output, say};

mod graph;
mod rooms;

use graph::Graph;
use rooms::{Feature, ROOMS, Room};

/// Fails if a room reaches what it must never use, and names the path; also if a package has no rule.
pub fn doors() -> Outcome {
    let packages = tree(&["--workspace", "--depth", "0"])?;
    let packages: Vec<&str> = packages.packages().collect();
    let mut wrong = Vec::new();
    for package in &packages {
        match ROOMS.iter().find(|room| room.package == *package) {
            None => wrong.push(format!(
                "{package} has no rule in crates/xtask/src/doors/rooms.rs"
            )),
            Some(room) => wrong.extend(violations(room, &tree_of(room)?)),
        }
    }
    if wrong.is_empty() {
        say(&format!(
            "the doors of {} rooms open one way",
            packages.len()
        ));
        return Ok(());
    }
    Err(wrong.join("\n").into())
}

/// What a room's graph breaks of its rule, a sentence each.
fn violations(room: &Room, graph: &Graph) -> Vec<String> {
    let ours = |name: &str| name.starts_with("latchkey-") && name != room.package;
    let other_room = |name: &str| ours(name) && !room.rooms.contains(&name);
    let never = |name: &str| room.never.iter().any(|family| belongs(name, family));
    let not_itself = |name: &str| room.never_itself.iter().any(|family| belongs(name, family));
    let paths = graph.paths_to(room.package, |name| other_room(name) || never(name));
    let direct = graph.uses(room.package).filter(|name| not_itself(name));
    paths
        .into_iter()
        .map(|path| path.join(" → "))
        .chain(direct.map(|name| format!("{} → {name}", room.package)))
        .map(|path| format!("{}: {path}", room.promise))
        .collect()
}

/// Whether a package is the family's namesake or one of its parts: `actix` means actix-web and actix_rt too.
fn belongs(name: &str, family: &str) -> bool {
    name.strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

fn tree_of(room: &Room) -> Outcome<Graph> {
    let features: &[&str] = match room.features {
        Feature::Default => &[],
        Feature::All => &["--all-features"],
    };
    tree(&[["--package", room.package].as_slice(), features].concat())
}

fn tree(arguments: &[&str]) -> Outcome<Graph> {
    let mut command = cargo(&["tree", "--quiet"])?;
    // Tests may use what the room itself must not; every platform counts, the browser's too.
    command.args([
        "--edges",
        "normal,build",
        "--target",
        "all",
        "--prefix",
        "depth",
        "--format",
        " {p}",
    ]);
    Graph::parse(&output(command.args(arguments))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: Room = Room {
        package: "latchkey-keys",
        promise: "keys is pure",
        features: Feature::All,
        rooms: &["latchkey-types"],
        never: &["tokio", "diesel"],
        never_itself: &["rand"],
    };

    fn found(tree: &str) -> Vec<String> {
        violations(&KEYS, &Graph::parse(tree).unwrap())
    }

    #[test]
    fn a_graph_that_keeps_the_rule_passes() {
        let tree = "0 latchkey-keys v0.1.0 (/x)\n1 latchkey-types v0.1.0 (/y)\n2 serde v1.0.0\n1 tokio_not v1.0.0\n1 sha2 v0.11.0\n2 rand v0.9.0\n";
        assert_eq!(found(tree), ["keys is pure: latchkey-keys → tokio_not"]);
        assert_eq!(
            found(&tree.replace("tokio_not", "tokenise")),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_forbidden_package_is_named_with_the_path_to_it() {
        let tree =
            "0 latchkey-keys v0.1.0 (/x)\n1 hmac v0.13.0\n2 digest v0.11.0\n3 tokio-util v0.7.0\n";
        assert_eq!(
            found(tree),
            ["keys is pure: latchkey-keys → hmac → digest → tokio-util"]
        );
    }

    #[test]
    fn a_path_through_a_package_printed_once_is_still_found() {
        let tree = "0 latchkey-keys v0.1.0 (/x)\n1 a v1.0.0\n2 b v1.0.0\n1 c v1.0.0\n2 diesel v2.0.0\n3 b v1.0.0 (*)\n";
        assert_eq!(found(tree), ["keys is pure: latchkey-keys → c → diesel"]);
    }

    #[test]
    fn a_room_that_is_not_open_to_this_one_is_named() {
        let tree = "0 latchkey-keys v0.1.0 (/x)\n1 latchkey-types v0.1.0 (/y)\n2 latchkey-store v0.1.0 (/z)\n";
        assert_eq!(
            found(tree),
            ["keys is pure: latchkey-keys → latchkey-types → latchkey-store"]
        );
    }

    #[test]
    fn what_a_room_may_reach_but_not_use_itself_is_named() {
        let tree = "0 latchkey-keys v0.1.0 (/x)\n1 rand v0.9.0\n";
        assert_eq!(found(tree), ["keys is pure: latchkey-keys → rand"]);
    }

    #[test]
    fn every_arrow_leads_to_a_room_whose_own_arrows_lead_no_further() {
        for room in ROOMS {
            for name in room.rooms {
                let next = ROOMS.iter().find(|other| other.package == *name).unwrap();
                assert!(
                    !next.rooms.contains(&room.package),
                    "{} ⇄ {name}",
                    room.package
                );
                assert!(
                    next.rooms
                        .iter()
                        .all(|further| room.rooms.contains(further)),
                    "{}",
                    room.package
                );
            }
        }
    }
}
