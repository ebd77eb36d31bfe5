//! The last calls of each project, in memory: what the overview shows. A restart forgets them.

use std::collections::{HashMap, VecDeque};

use latchkey_types::{ProjectId, insight::Call};
use parking_lot::Mutex;

/// How many calls of a project are kept.
const CALLS: usize = 100;
/// Of how many projects; beyond that, the one that was quiet for longest is forgotten.
const PROJECTS: usize = 1_000;

/// The last calls of each project.
#[derive(Default)]
pub struct Recent(Mutex<HashMap<ProjectId, VecDeque<Call>>>);

impl Recent {
    /// Keeps a call that has ended.
    pub fn add(&self, project: ProjectId, call: Call) {
        let mut projects = self.0.lock();
        if !projects.contains_key(&project) && projects.len() >= PROJECTS {
            let quiet = projects
                .iter()
                .min_by_key(|(_, calls)| calls.front().map(|call| call.at))
                .map(|(project, _)| *project);
            quiet.map(|project| projects.remove(&project));
        }
        let calls = projects.entry(project).or_default();
        calls.truncate(CALLS - 1);
        calls.push_front(call);
    }

    /// The calls of a project, newest first.
    #[must_use]
    pub fn of(&self, project: ProjectId) -> Vec<Call> {
        let projects = self.0.lock();
        projects
            .get(&project)
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }
}
