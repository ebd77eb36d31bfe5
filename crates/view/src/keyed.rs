//! Lists whose rows keep their place on the page while others come, go and move.

use std::{cell::RefCell, collections::HashMap};

use reactive_graph::owner::Owner;
use web_sys::Node;

use crate::{
    helpers::document,
    region::{Region, effect, remove},
    view::{AnyView, IntoView},
};

/// A row of a list: what tells it from others, and how to make it if there is none like it yet.
pub struct KeyedRow {
    /// What tells it from others. Of rows with the same key only the first is shown.
    pub key: String,
    /// Makes it.
    pub make: Box<dyn FnOnce() -> AnyView>,
}

/// A list that follows the signals that `rows` reads.
pub fn keyed(rows: impl Fn() -> Vec<KeyedRow> + 'static) -> impl IntoView {
    Keyed(Box::new(rows))
}

struct Keyed(Box<dyn Fn() -> Vec<KeyedRow>>);

impl IntoView for Keyed {
    fn append_to(self, parent: &Node) {
        let region = Region::append_to(parent);
        // Not the effect's own owner, which ends at every change.
        let owner = Owner::current().unwrap_or_default();
        let shown = RefCell::new(HashMap::new());
        effect(Box::new(move || {
            let wanted = (self.0)();
            let before = shown.take();
            shown.replace(show(&region, &owner, before, wanted));
        }));
    }
}

type Rows = HashMap<String, Row>;

/// Makes the rows on the page those that are wanted, in their order, and touches no more than it must.
fn show(region: &Region, owner: &Owner, mut before: Rows, wanted: Vec<KeyedRow>) -> Rows {
    let mut wanted_rows = Vec::new();
    let mut kept = Rows::new();
    for KeyedRow { key, make } in wanted {
        if let Some(row) = before.remove(&key) {
            kept.insert(key.clone(), row);
            wanted_rows.push((key, None));
        } else if !kept.contains_key(&key) && !is_among(&wanted_rows, &key) {
            wanted_rows.push((key, Some(make)));
        }
    }
    for row in before.into_values() {
        row.end();
    }
    // Everything before this node is in order.
    let mut next = region.first();
    let mut rows = Rows::new();
    for (key, make) in wanted_rows {
        let row = match make {
            None => kept.remove(&key),
            Some(make) => Some(Row::new(owner, make)),
        };
        let Some(row) = row else { continue };
        if next.as_ref() == Some(&row.first) {
            next = row.last.next_sibling();
        } else {
            row.put(region, next.as_ref());
        }
        rows.insert(key, row);
    }
    rows
}

fn is_among<T>(rows: &[(String, T)], key: &str) -> bool {
    rows.iter().any(|(known, _)| known == key)
}

/// A row on the page: its first and last node, which stay the same, and what ends with it.
struct Row {
    first: Node,
    last: Node,
    owner: Owner,
}

impl Row {
    fn new(parent: &Owner, make: Box<dyn FnOnce() -> AnyView>) -> Self {
        let owner = parent.with(Owner::new);
        let AnyView(node) = owner.with(make);
        let (first, last) = match (node.node_type(), node.first_child(), node.last_child()) {
            (Node::DOCUMENT_FRAGMENT_NODE, Some(first), Some(last)) => (first, last),
            (Node::DOCUMENT_FRAGMENT_NODE, ..) => {
                let nothing: Node = document().create_comment("").into();
                (nothing.clone(), nothing)
            }
            _ => (node.clone(), node),
        };
        Self { first, last, owner }
    }

    /// From the first node to the last.
    fn nodes(&self) -> Vec<Node> {
        let mut nodes = vec![self.first.clone()];
        while let Some(node) = nodes.last().filter(|node| **node != self.last) {
            match node.next_sibling() {
                Some(node) => nodes.push(node),
                None => break,
            }
        }
        nodes
    }

    fn put(&self, region: &Region, before: Option<&Node>) {
        for node in self.nodes() {
            region.insert(&node, before);
        }
    }

    fn end(self) {
        self.owner.cleanup();
        for node in self.nodes() {
            remove(&node);
        }
    }
}
