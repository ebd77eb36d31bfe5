//! What answers for each project, read from its settings once and not at each call: the address is parsed and the
//! headers are opened only after a change.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use latchkey_gate::{ProjectRecord, ProjectSettings};
use latchkey_keys::KeyRing;
use latchkey_types::ProjectId;

use super::{
    backend::{self, Unusable},
    upstream::Target,
};

/// The targets that were asked for. No `Debug`: their headers are likely credentials.
#[derive(Default)]
pub struct Targets(RwLock<HashMap<ProjectId, Kept>>);

struct Kept {
    /// What it was read from. Settings are replaced as a whole, so another place means other settings.
    from: Arc<ProjectSettings>,
    target: Option<Arc<Target>>,
}

impl Targets {
    /// What this project's settings of this moment say; `None` where the memory server answers.
    ///
    /// # Errors
    /// When the settings can't be used.
    pub fn of(
        &self,
        ring: &KeyRing,
        project: &ProjectRecord,
    ) -> Result<Option<Arc<Target>>, Unusable> {
        let settings = project.settings();
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.get(&project.id())
            && Arc::ptr_eq(&kept.from, &settings)
        {
            return Ok(kept.target.clone());
        }
        drop(kept);
        let target = backend::target(ring, project.id(), &settings)?.map(Arc::new);
        let kept = Kept {
            from: settings,
            target: target.clone(),
        };
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(project.id(), kept);
        Ok(target)
    }
}
