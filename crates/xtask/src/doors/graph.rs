//! A package graph, read from `cargo tree --prefix depth`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::shell::Outcome;

/// Who uses whom. A package's versions are one node: a rule speaks of names.
#[derive(Default)]
pub struct Graph {
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// Reads lines of the form `2 serde v1.0.0 (*)`: the depth, then the package.
    ///
    /// cargo prints what a package uses at its first appearance only and marks the others with `(*)`; the graph
    /// joins them again.
    pub fn parse(tree: &str) -> Outcome<Graph> {
        let mut graph = Graph::default();
        let mut above: Vec<String> = Vec::new();
        for line in tree.lines().filter(|line| !line.is_empty()) {
            let mut words = line.split_whitespace();
            let depth = words.next().and_then(|depth| depth.parse::<usize>().ok());
            let (Some(depth), Some(name)) = (depth, words.next()) else {
                return Err(format!("cannot read this line of cargo tree: {line}").into());
            };
            above.truncate(depth);
            graph.edges.entry(name.to_owned()).or_default();
            if let Some(user) = above.last() {
                graph
                    .edges
                    .entry(user.clone())
                    .or_default()
                    .insert(name.to_owned());
            }
            above.push(name.to_owned());
        }
        Ok(graph)
    }

    /// Every package, in order.
    pub fn packages(&self) -> impl Iterator<Item = &str> {
        self.edges.keys().map(String::as_str)
    }

    /// What a package uses directly.
    pub fn uses<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.edges
            .get(name)
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// The shortest path to each package that is `wanted`; it does not go on behind one.
    pub fn paths_to(&self, from: &str, wanted: impl Fn(&str) -> bool) -> Vec<Vec<&str>> {
        let Some((start, _)) = self.edges.get_key_value(from) else {
            return Vec::new();
        };
        let mut seen = BTreeSet::from([start.as_str()]);
        let mut queue = VecDeque::from([vec![start.as_str()]]);
        let mut found = Vec::new();
        while let Some(path) = queue.pop_front() {
            for name in path.last().into_iter().flat_map(|last| self.uses(last)) {
                if !seen.insert(name) {
                    continue;
                }
                let mut longer = path.clone();
                longer.push(name);
                if wanted(name) {
                    found.push(longer);
                } else {
                    queue.push_back(longer);
                }
            }
        }
        found
    }
}
