//! The kinds of access that handlers name in their signatures.

use std::marker::PhantomData;

use actix_web::http::Method;
use latchkey_store::{keys, members, projects};
use latchkey_store::{keys::StoredKey, projects::StoredProject};
use latchkey_types::{
    KeyId, ProblemCode, ProjectId, SessionId, member::Role, token::Permission, user::InstanceRole,
};

use super::{
    caller::{Caller, unauthenticated},
    guard::{Access, Call},
};
use crate::error::{ApiError, ApiResult};

/// Anybody, signed in or not.
pub struct Anyone {
    /// Who it is, if a credential came.
    pub caller: Option<Caller>,
}

/// Anybody who wants to get a session: setting up, signing in, claiming a link.
pub struct Entrance;

/// A signed-in person or their token: `read` for looking, `manage` for changing.
pub struct Person {
    /// Who.
    pub caller: Caller,
}

/// A signed-in person; no token.
pub struct Presence {
    /// Who.
    pub caller: Caller,
    /// Their session.
    pub session_id: SessionId,
}

/// Like `A`, and open also to who has yet to turn on the second factor that this server requires.
pub struct Early<A>(
    /// What `A` found.
    pub A,
);

/// A signed-in administrator; no token.
pub struct AdminPerson {
    /// Who.
    pub caller: Caller,
}

/// Who `A` lets in, if they gave their password in this session not long ago: for what would let somebody who found the
/// browser open stay, or shut its owner out.
pub struct Confirmed<A>(pub A);

/// A kind of access that only a signed-in person has.
pub trait InPerson: Access {}

/// An administrator or their token.
pub struct AdminReader {
    /// Who.
    pub caller: Caller,
}

/// Somebody who may ask whether keys are valid.
pub struct Verifier {
    /// Who.
    pub caller: Caller,
}

/// A member of the project in the path, with at least the role `R`. Administrators count as owners.
pub struct InProject<R> {
    /// Who.
    pub caller: Caller,
    /// The project.
    pub project: StoredProject,
    /// Their role there.
    pub role: Role,
    needs: PhantomData<R>,
}

/// Like [`InProject`], and the path's key is one of that project.
pub struct OnKey<R> {
    /// Who.
    pub caller: Caller,
    /// The project.
    pub project: StoredProject,
    /// The key, as it was when the request came in.
    pub key: StoredKey,
    needs: PhantomData<R>,
}

/// A role as a type, so that it can stand in a handler's signature.
pub trait Needs: 'static {
    /// The least role.
    const ROLE: Role;
}

/// Reads keys and usage.
pub struct Viewer;
/// Also works on keys and reads the audit log.
pub struct Editor;
/// Also works on the project itself.
pub struct Owner;

impl Needs for Viewer {
    const ROLE: Role = Role::Viewer;
}

impl Needs for Editor {
    const ROLE: Role = Role::Editor;
}

impl Needs for Owner {
    const ROLE: Role = Role::Owner;
}

impl Access for Anyone {
    const ADMITS_ONE_FACTOR: bool = true;

    async fn authorise(call: &Call) -> ApiResult<Self> {
        Ok(Self {
            caller: Caller::of(call).await?,
        })
    }

    fn caller(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }
}

impl Access for Entrance {
    const GIVES_COOKIE: bool = true;
    const ADMITS_ONE_FACTOR: bool = true;

    /// A credential that comes along is not needed; an API key or a bad token is refused all the same.
    async fn authorise(call: &Call) -> ApiResult<Self> {
        Caller::of(call).await?;
        Ok(Self)
    }

    fn caller(&self) -> Option<&Caller> {
        None
    }
}

impl Access for Person {
    async fn authorise(call: &Call) -> ApiResult<Self> {
        let caller = Caller::required(call).await?;
        caller.permit(by_method(call))?;
        Ok(Self { caller })
    }

    fn caller(&self) -> Option<&Caller> {
        Some(&self.caller)
    }
}

impl Access for Presence {
    async fn authorise(call: &Call) -> ApiResult<Self> {
        let caller = Caller::required(call).await?;
        let session_id = caller.in_person()?;
        Ok(Self { caller, session_id })
    }

    fn caller(&self) -> Option<&Caller> {
        Some(&self.caller)
    }
}

impl<A: Access> Access for Early<A> {
    const GIVES_COOKIE: bool = A::GIVES_COOKIE;
    const ADMITS_ONE_FACTOR: bool = true;

    async fn authorise(call: &Call) -> ApiResult<Self> {
        A::authorise(call).await.map(Self)
    }

    fn caller(&self) -> Option<&Caller> {
        self.0.caller()
    }
}

impl Access for AdminPerson {
    async fn authorise(call: &Call) -> ApiResult<Self> {
        let caller = Caller::required(call).await?;
        caller.in_person()?;
        caller.admin()?;
        Ok(Self { caller })
    }

    fn caller(&self) -> Option<&Caller> {
        Some(&self.caller)
    }
}

impl InPerson for Presence {}

impl InPerson for AdminPerson {}

impl<A: InPerson> Access for Confirmed<A> {
    /// Last, so that nobody is asked for a password who may not do it anyway.
    async fn authorise(call: &Call) -> ApiResult<Self> {
        let access = A::authorise(call).await?;
        let caller = access.caller().ok_or_else(unauthenticated)?;
        caller.confirmed(call.now)?;
        Ok(Self(access))
    }

    fn caller(&self) -> Option<&Caller> {
        self.0.caller()
    }
}

impl Access for AdminReader {
    async fn authorise(call: &Call) -> ApiResult<Self> {
        let caller = Caller::required(call).await?;
        caller.permit(by_method(call))?;
        caller.admin()?;
        Ok(Self { caller })
    }

    fn caller(&self) -> Option<&Caller> {
        Some(&self.caller)
    }
}

impl Access for Verifier {
    async fn authorise(call: &Call) -> ApiResult<Self> {
        let caller = Caller::required(call).await?;
        caller.permit(Permission::Verify)?;
        Ok(Self { caller })
    }

    fn caller(&self) -> Option<&Caller> {
        Some(&self.caller)
    }
}

impl<R: Needs> Access for InProject<R> {
    async fn authorise(call: &Call) -> ApiResult<Self> {
        let caller = Caller::required(call).await?;
        caller.permit(by_method(call))?;
        let project_id: ProjectId = call.path_id("project_id")?;
        let (user_id, is_admin) = (caller.user_id, caller.role == InstanceRole::Admin);
        let found = call
            .app
            .read(move |db| {
                let Some(project) = projects::find_project(db, project_id)? else {
                    return Ok(None);
                };
                let role = role_in(members::find_role(db, project_id, user_id)?, is_admin);
                Ok(role.map(|role| (project, role)))
            })
            .await?;
        let (project, role) = found.ok_or_else(ApiError::not_found)?;
        require::<R>(role)?;
        Ok(Self {
            caller,
            project,
            role,
            needs: PhantomData,
        })
    }

    fn caller(&self) -> Option<&Caller> {
        Some(&self.caller)
    }
}

impl<R: Needs> Access for OnKey<R> {
    async fn authorise(call: &Call) -> ApiResult<Self> {
        let caller = Caller::required(call).await?;
        caller.permit(by_method(call))?;
        let project_id: ProjectId = call.path_id("project_id")?;
        let key_id: KeyId = call.path_id("key_id")?;
        let (user_id, is_admin) = (caller.user_id, caller.role == InstanceRole::Admin);
        let found = call
            .app
            .read(move |db| {
                let Some(project) = projects::find_project(db, project_id)? else {
                    return Ok(None);
                };
                let Some(role) = role_in(members::find_role(db, project_id, user_id)?, is_admin)
                else {
                    return Ok(None);
                };
                Ok(keys::find_key(db, project_id, key_id)?.map(|key| (project, role, key)))
            })
            .await?;
        let (project, role, key) = found.ok_or_else(ApiError::not_found)?;
        require::<R>(role)?;
        Ok(Self {
            caller,
            project,
            key,
            needs: PhantomData,
        })
    }

    fn caller(&self) -> Option<&Caller> {
        Some(&self.caller)
    }
}

fn role_in(member: Option<Role>, is_admin: bool) -> Option<Role> {
    if is_admin { Some(Role::Owner) } else { member }
}

fn require<R: Needs>(role: Role) -> ApiResult<()> {
    if role >= R::ROLE {
        return Ok(());
    }
    Err(ApiError::new(
        ProblemCode::Forbidden,
        format!(
            "This needs the role “{}” in the project; yours is “{}”.",
            R::ROLE.as_str(),
            role.as_str()
        ),
    ))
}

fn by_method(call: &Call) -> Permission {
    match *call.request.method() {
        Method::GET | Method::HEAD => Permission::Read,
        _ => Permission::Manage,
    }
}
