//! Parts of the page that change: between two comments, replaced when a signal changes.

use reactive_graph::{effect::RenderEffect, owner::StoredValue};
use wasm_bindgen::JsCast as _;
use web_sys::{Node, Text};

use crate::{
    helpers::document,
    view::{AnyView, append},
};

/// Two comments, and what is between them.
#[derive(Clone)]
pub(crate) struct Region {
    start: Node,
    end: Node,
}

impl Region {
    /// An empty one, behind the last child.
    pub(crate) fn append_to(parent: &Node) -> Self {
        let border = || -> Node {
            let comment: Node = document().create_comment("").into();
            append(parent, &comment);
            comment
        };
        Self {
            start: border(),
            end: border(),
        }
    }

    /// The first node between the borders, or the end.
    pub(crate) fn first(&self) -> Option<Node> {
        self.start.next_sibling()
    }

    /// Puts a node, or a fragment's nodes, before this one of the region's nodes, or at the end.
    pub(crate) fn insert(&self, node: &Node, before: Option<&Node>) {
        // Gone from the page: then nobody sees it, and it is cleaned up with its owner.
        if let Some(parent) = self.end.parent_node() {
            let _ = parent.insert_before(node, Some(before.unwrap_or(&self.end)));
        }
    }

    fn replace(&self, view: &AnyView) {
        if !self.keeps_text(&view.0) {
            self.clear();
            self.insert(&view.0, None);
        }
    }

    /// A text in the place of a text: the node stays, so that nothing is announced or selected anew without a change.
    fn keeps_text(&self, view: &Node) -> bool {
        let Some(old) = self.first().and_then(|node| node.dyn_into::<Text>().ok()) else {
            return false;
        };
        let is_alone = old.next_sibling().as_ref() == Some(&self.end);
        let Some(new) = view.dyn_ref::<Text>().filter(|_| is_alone) else {
            return false;
        };
        let text = new.data();
        if old.data() != text {
            old.set_data(&text);
        }
        true
    }

    fn clear(&self) {
        while let Some(node) = self.first().filter(|node| *node != self.end) {
            remove(&node);
        }
    }
}

/// Takes a node off the page.
pub(crate) fn remove(node: &Node) {
    if let Some(parent) = node.parent_node() {
        let _ = parent.remove_child(node);
    }
}

/// Shows what the closure gives, and again whenever a signal that it reads has changed.
pub(crate) fn live(parent: &Node, mut make: Box<dyn FnMut() -> AnyView>) {
    let region = Region::append_to(parent);
    effect(Box::new(move || region.replace(&make())));
}

/// Runs at once, and again whenever a signal that it reads has changed, until its owner ends.
pub(crate) fn effect(mut run: Box<dyn FnMut()>) {
    let effect = RenderEffect::new(move |_: Option<()>| run());
    // It runs as long as something holds it.
    StoredValue::new_local(effect);
}
