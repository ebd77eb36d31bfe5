//! People.

use diesel::{dsl, prelude::*};
use latchkey_types::{
    Timestamp, UserId,
    user::{InstanceRole, User, UserRef},
};

use crate::{
    Change, Db, StoreError, Tx, UserState,
    columns::{AsMillis, AsText, OptMillis, Word, millis},
    db::MultiBackend,
    page::{PageQuery, Paged, paged},
    schema::{second_factors, users},
};

/// A person's row. It has no `Debug`: the hash of the password is nobody's business.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct StoredUser {
    /// The person's id.
    #[diesel(deserialize_as = AsText<UserId>)]
    pub id: UserId,
    /// The e-mail address, as typed.
    pub email: String,
    /// The name that others see.
    pub name: String,
    /// argon2id in the PHC form; `None` until a password was chosen.
    pub password_hash: Option<String>,
    /// What they may do on the whole instance.
    #[diesel(deserialize_as = AsText<InstanceRole>)]
    pub role: InstanceRole,
    /// When they were added.
    #[diesel(deserialize_as = AsMillis)]
    pub created_at: Timestamp,
    /// Since when they are kept out.
    #[diesel(deserialize_as = OptMillis)]
    pub disabled_at: Option<Timestamp>,
    /// Counts the changes of the editable fields.
    pub version: i64,
    /// Whether signing in asks for a second factor.
    #[diesel(select_expression = has_second_factor())]
    #[diesel(select_expression_type = has_second_factor)]
    pub has_second_factor: bool,
}

/// A person to add.
pub struct NewUser {
    /// Their id.
    pub id: UserId,
    /// The name that others see.
    pub name: String,
    /// The e-mail address, as typed.
    pub email: String,
    /// argon2id in the PHC form, if they have a password already.
    pub password_hash: Option<String>,
    /// What they may do on the whole instance.
    pub role: InstanceRole,
    /// Now.
    pub created_at: Timestamp,
}

/// What to change of a person: `None` keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserChange {
    /// A new name.
    pub name: Option<String>,
    /// A new instance role.
    pub role: Option<InstanceRole>,
    /// `Some(None)` lets them in again.
    pub disabled_at: Option<Option<Timestamp>>,
}

impl StoredUser {
    /// The person as they are shown.
    #[must_use]
    pub fn to_user(&self) -> User {
        User {
            id: self.id,
            name: self.name.clone(),
            email: self.email.clone(),
            role: self.role,
            created_at: self.created_at,
            disabled_at: self.disabled_at,
            has_second_factor: self.has_second_factor,
            version: self.version,
        }
    }

    /// The person as lists name them.
    #[must_use]
    pub fn to_ref(&self) -> UserRef {
        UserRef {
            id: self.id,
            name: self.name.clone(),
        }
    }

    pub(crate) fn state(&self) -> UserState {
        UserState {
            id: self.id,
            name: self.name.clone(),
            email: self.email.clone(),
            role: self.role,
            disabled: self.disabled_at.is_some(),
        }
    }
}

/// Whether a row of `users` has a second factor that was confirmed.
#[dsl::auto_type]
fn has_second_factor() -> _ {
    dsl::exists(
        second_factors::table
            .filter(second_factors::user_id.eq(users::id))
            .filter(second_factors::confirmed_at.is_not_null()),
    )
}

/// How many people there are. None: the instance is not set up.
///
/// # Errors
/// Those of the database.
pub fn count_users(db: &mut Db) -> Result<i64, StoreError> {
    Ok(users::table.count().get_result(db)?)
}

/// How many administrators can sign in.
///
/// # Errors
/// Those of the database.
pub fn count_active_admins(db: &mut Db) -> Result<i64, StoreError> {
    Ok(users::table
        .filter(users::role.eq(InstanceRole::Admin.word()))
        .filter(users::disabled_at.is_null())
        .count()
        .get_result(db)?)
}

/// Adds a person.
///
/// # Errors
/// `Taken(Email)` when somebody has this address, in whatever case; those of the database.
pub fn create_user(tx: &mut Tx<'_>, new: &NewUser) -> Result<StoredUser, StoreError> {
    diesel::insert_into(users::table)
        .values((
            users::id.eq(new.id.to_string()),
            users::email.eq(&new.email),
            users::email_key.eq(email_key(&new.email)),
            users::name.eq(&new.name),
            users::password_hash.eq(new.password_hash.as_deref()),
            users::role.eq(new.role.word()),
            users::created_at.eq(new.created_at.as_millis()),
            users::version.eq(1_i64),
        ))
        .execute(&mut **tx)?;
    changed(tx, new.id)
}

/// The person with this id.
///
/// # Errors
/// Those of the database.
pub fn find_user(db: &mut Db, id: UserId) -> Result<Option<StoredUser>, StoreError> {
    Ok(users::table
        .filter(users::id.eq(id.to_string()))
        .select(StoredUser::as_select())
        .first(db)
        .optional()?)
}

/// The person with this e-mail address, whatever its case.
///
/// # Errors
/// Those of the database.
pub fn find_user_by_email(db: &mut Db, email: &str) -> Result<Option<StoredUser>, StoreError> {
    Ok(users::table
        .filter(users::email_key.eq(email_key(email)))
        .select(StoredUser::as_select())
        .first(db)
        .optional()?)
}

/// People, newest first.
///
/// # Errors
/// Those of the database.
pub fn list_users(db: &mut Db, page: &PageQuery) -> Result<Paged<StoredUser>, StoreError> {
    let query = users::table
        .select(StoredUser::as_select())
        .into_boxed::<MultiBackend>();
    let rows = paged!(query, users::created_at, users::id, page).load(db)?;
    Ok(page.cut(rows, |user: &StoredUser| {
        (user.created_at.as_millis(), user.id.to_string())
    }))
}

/// Changes a person and counts the version up.
///
/// # Errors
/// `Internal` when there is no such person; those of the database.
pub fn set_user(
    tx: &mut Tx<'_>,
    id: UserId,
    change: &UserChange,
) -> Result<StoredUser, StoreError> {
    diesel::update(users::table.filter(users::id.eq(id.to_string())))
        .set((
            Changes {
                name: change.name.as_deref(),
                role: change.role.map(|role| role.word()),
                disabled_at: change.disabled_at.map(millis),
            },
            users::version.eq(users::version + 1),
        ))
        .execute(&mut **tx)?;
    changed(tx, id)
}

/// Gives a person another password. Their version stays: a password is not shown.
///
/// # Errors
/// Those of the database.
pub fn set_password(tx: &mut Tx<'_>, id: UserId, hash: &str) -> Result<(), StoreError> {
    diesel::update(users::table.filter(users::id.eq(id.to_string())))
        .set(users::password_hash.eq(hash))
        .execute(&mut **tx)?;
    Ok(())
}

#[derive(AsChangeset)]
#[diesel(table_name = users)]
struct Changes<'a> {
    name: Option<&'a str>,
    role: Option<String>,
    disabled_at: Option<Option<i64>>,
}

/// The form in which addresses are compared.
fn email_key(email: &str) -> String {
    email.trim().to_lowercase().replace('\0', "")
}

fn changed(tx: &mut Tx<'_>, id: UserId) -> Result<StoredUser, StoreError> {
    let user = find_user(tx, id)?.ok_or(diesel::result::Error::NotFound)?;
    tx.push(Change::User(user.state()));
    Ok(user)
}
