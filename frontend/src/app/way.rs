//! Which page an address names, and where somebody belongs who is not signed in, or who is already.

use latchkey_types::session::SessionState;

use crate::core::query::Query;

/// The pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// Leads on to another.
    Home,
    /// The first account.
    Setup,
    /// The sign-in form.
    SignIn,
    /// What a sign-in link opens.
    Claim,
    /// All projects.
    Projects,
    /// One project, by its id; which of its tabs is its own matter.
    Project(String),
    /// The person's own account.
    Account,
    /// The people of the instance.
    Users,
    /// Which key is this secret?
    FindKey,
    /// No address of ours.
    Nothing,
}

impl Page {
    /// The page of a path.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        match (segments.next(), segments.next()) {
            (None, _) => Self::Home,
            (Some("setup"), None) => Self::Setup,
            (Some("sign-in"), None) => Self::SignIn,
            (Some("claim"), None) => Self::Claim,
            (Some("projects"), None) => Self::Projects,
            (Some("projects"), Some(id)) => Self::Project(id.to_owned()),
            (Some("account"), None) => Self::Account,
            (Some("users"), None) => Self::Users,
            (Some("find-key"), None) => Self::FindKey,
            _ => Self::Nothing,
        }
    }

    /// Whether it is there for people who are not signed in.
    #[must_use]
    pub fn is_public(&self) -> bool {
        matches!(self, Self::Setup | Self::SignIn | Self::Claim)
    }
}

/// Where to send whoever asks for this path (and query, without its question mark) in this state; `None` to stay.
#[must_use]
pub fn redirect(path: &str, search: &str, state: &SessionState) -> Option<String> {
    if state.setup_needed {
        return (path != "/setup").then(|| "/setup".to_owned());
    }
    match (path, &state.user) {
        // The setup and sign-in pages go on by themselves once they have done their work.
        ("/claim" | "/sign-in", _) => None,
        ("/setup", None) => Some("/sign-in".to_owned()),
        ("/setup" | "/" | "", Some(_)) => Some("/projects".to_owned()),
        ("/" | "", None) => Some("/sign-in".to_owned()),
        (_, Some(_)) => None,
        (path, None) => {
            let search = search.trim_start_matches('?');
            let next = if search.is_empty() {
                path.to_owned()
            } else {
                format!("{path}?{search}")
            };
            Some(Query::new().with("next", &next).on("/sign-in"))
        }
    }
}

#[cfg(test)]
mod tests {
    use latchkey_types::{
        Timestamp,
        user::{InstanceRole, User},
    };

    use super::*;

    fn state(is_signed_in: bool, setup_needed: bool) -> SessionState {
        SessionState {
            user: is_signed_in.then(|| User {
                id: "usr_019a1c5e0f7a7c3e8a4b5d6e7f801234"
                    .parse()
                    .expect("an id"),
                name: "Ada".to_owned(),
                email: "ada@example.com".to_owned(),
                role: InstanceRole::Admin,
                created_at: Timestamp::from_millis(0),
                disabled_at: None,
                has_second_factor: false,
                version: 1,
            }),
            requires_second_factor: false,
            setup_needed,
            insecure_http: false,
        }
    }

    #[test]
    fn an_address_names_its_page() {
        assert_eq!(Page::of("/"), Page::Home);
        assert_eq!(Page::of("/sign-in/"), Page::SignIn);
        assert_eq!(Page::of("/projects"), Page::Projects);
        assert_eq!(
            Page::of("/projects/p1/audit"),
            Page::Project("p1".to_owned())
        );
        assert_eq!(Page::of("/users/u1"), Page::Nothing);
        assert_eq!(Page::of("/elsewhere"), Page::Nothing);
        assert!(Page::Claim.is_public() && !Page::Account.is_public());
    }

    #[test]
    fn a_fresh_instance_leads_to_its_setup() {
        assert_eq!(
            redirect("/", "", &state(false, true)).as_deref(),
            Some("/setup")
        );
        assert_eq!(redirect("/setup", "", &state(false, true)), None);
    }

    #[test]
    fn signing_in_leads_back_to_where_one_was() {
        assert_eq!(
            redirect(
                "/projects/p1/mcp-servers",
                "?q=a%20b&status=all",
                &state(false, false)
            )
            .as_deref(),
            Some("/sign-in?next=%2Fprojects%2Fp1%2Fmcp-servers%3Fq%3Da%2520b%26status%3Dall")
        );
        assert_eq!(
            redirect("/", "", &state(false, false)).as_deref(),
            Some("/sign-in")
        );
        assert_eq!(
            redirect("/sign-in", "next=%2Faccount", &state(false, false)),
            None
        );
    }

    #[test]
    fn who_is_signed_in_stays_or_begins_with_the_projects() {
        assert_eq!(redirect("/account", "", &state(true, false)), None);
        assert_eq!(
            redirect("/", "", &state(true, false)).as_deref(),
            Some("/projects")
        );
        assert_eq!(redirect("/claim", "", &state(true, false)), None);
    }
}
