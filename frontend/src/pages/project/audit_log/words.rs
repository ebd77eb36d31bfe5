//! What an event of the audit log says in plain words. Pure.

use std::collections::BTreeMap;

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Our words.
    Words(String),
    /// Somebody's own text: shown in quotes and in its own direction.
    Name(String),
}

/// The actions that a project's log can hold, and what the filter calls them.
pub const ACTIONS: [(&str, &str); 13] = [
    ("key.create", "Key created"),
    ("key.update", "Key changed"),
    ("key.rotate", "Key rotated"),
    ("key.end_overlap", "Old secret ended"),
    ("key.revoke", "Key deleted"),
    ("member.create", "Member added"),
    ("member.update", "Role changed"),
    ("member.delete", "Member removed"),
    ("memory.delete", "Memory deleted"),
    ("project.create", "Project created"),
    ("project.update", "Settings changed"),
    ("project.archive", "Project archived"),
    ("instance.set_up", "Instance set up"),
];

/// What was done, as it continues “Ada …”. Between the parts stands a blank, but not before a `;` or `:`.
#[must_use]
pub fn sentence(action: &str, details: &BTreeMap<String, String>) -> Vec<Part> {
    let get = |name: &str| details.get(name).map(String::as_str);
    let mut said = Sentence(Vec::new());
    match action {
        "instance.set_up" => said.words("set this instance up"),
        "project.create" => {
            said.words("created the project");
            said.name(get("name"), "without a name");
        }
        "project.update" => {
            said.words("changed the settings:");
            said.changes(details, &[]);
        }
        "project.archive" => {
            said.words("archived the project");
            if let Some(count) = get("keys_revoked") {
                said.words(&format!(
                    "and ended the access of {}",
                    count_of(count, "key", "keys")
                ));
            }
        }
        "memory.delete" => said.words("deleted a memory"),
        "member.create" => {
            said.words("added");
            said.name(get("name"), "a person");
            said.words(&format!("as {}", role(get("role"))));
        }
        "member.update" => {
            said.words("made");
            said.name(get("name"), "a member");
            said.words(&role(get("role")));
        }
        "member.delete" => {
            said.words("removed");
            said.name(get("name"), "a member");
            said.words("from the project");
        }
        "key.create" => {
            said.words("created the key");
            said.name(get("description"), "without a description");
            said.aside(
                [
                    get("environment").filter(|environment| *environment != "none"),
                    get("secret"),
                ]
                .into_iter()
                .flatten(),
            );
        }
        "key.update" => {
            let changes = details.keys().filter(|name| *name != "key").count();
            let (words, is_all) = match (get("disabled"), changes) {
                (Some("true"), 1) => ("disabled the key", true),
                (Some("false"), 1) => ("enabled the key", true),
                _ => ("changed the key", false),
            };
            said.words(words);
            if let Some(name) = get("key") {
                said.name(Some(name), "");
            }
            if !is_all {
                said.words(":");
                said.changes(details, &["key"]);
            }
        }
        "key.rotate" => {
            said.words("rotated the key");
            said.name(get("description"), "without a description");
            said.words(&match get("overlap_seconds") {
                Some("0") => "; the old secret ended at once".to_owned(),
                Some(seconds) => format!("; the old secret works for {} more", span(seconds)),
                None => String::new(),
            });
            said.aside(get("secret").into_iter());
        }
        "key.end_overlap" => {
            said.words("ended the old secret of the key");
            said.name(get("description"), "without a description");
            said.aside(get("secret").into_iter());
        }
        "key.revoke" => {
            said.words("deleted the key");
            said.name(get("description"), "without a description");
            said.words(match get("reason") {
                Some("compromised") => "because somebody else may know it",
                Some("rotated") => "because another one took its place",
                Some("unused") => "because nobody needs it",
                Some("project_archived") => "with its project",
                Some("user_disabled") => "with the account of its maker",
                _ => "",
            });
        }
        other => {
            said.words(&format!("did {other}"));
            said.changes(details, &[]);
        }
    }
    said.0
}

struct Sentence(Vec<Part>);

impl Sentence {
    fn words(&mut self, text: &str) {
        if !text.is_empty() {
            self.0.push(Part::Words(text.to_owned()));
        }
    }

    fn name(&mut self, name: Option<&str>, otherwise: &str) {
        match name {
            Some(name) if !name.is_empty() => self.0.push(Part::Name(name.to_owned())),
            _ => self.words(otherwise),
        }
    }

    fn aside<'a>(&mut self, facts: impl Iterator<Item = &'a str>) {
        let facts: Vec<&str> = facts.collect();
        if !facts.is_empty() {
            self.words(&format!("({})", facts.join(", ")));
        }
    }

    fn changes(&mut self, details: &BTreeMap<String, String>, without: &[&str]) {
        let shown = details
            .iter()
            .filter(|(name, _)| !without.contains(&name.as_str()));
        for (at, (name, value)) in shown.enumerate() {
            let comma = if at > 0 { "; " } else { "" };
            match (name.as_str(), value.as_str()) {
                ("disabled", "true") => self.words(&format!("{comma}disabled it")),
                ("disabled", _) => self.words(&format!("{comma}enabled it")),
                ("backend", "memory") => {
                    self.words(&format!("{comma}the built-in memory server answers"));
                }
                ("backend", _) => self.words(&format!("{comma}an own MCP server answers")),
                ("expires_at", "never") => self.words(&format!("{comma}it never expires")),
                ("allow_key_in_url", "true") => {
                    self.words(&format!("{comma}keys in URLs are taken"));
                }
                ("allow_key_in_url", _) => {
                    self.words(&format!("{comma}keys in URLs are refused"));
                }
                (name, "") => self.words(&format!("{comma}emptied the {}", field(name))),
                (name, value) => {
                    self.words(&format!("{comma}{} is now", field(name)));
                    self.0.push(Part::Name(value.to_owned()));
                }
            }
        }
    }
}

fn field(name: &str) -> String {
    match name {
        "expires_at" => "expiry".to_owned(),
        "allowed_origins" => "list of web origins".to_owned(),
        "upstream_headers" => "list of its headers".to_owned(),
        "upstream_url" => "its URL".to_owned(),
        other => other.replace('_', " "),
    }
}

fn role(role: Option<&str>) -> String {
    match role {
        Some("viewer") => "a viewer",
        Some("editor") => "an editor",
        Some("owner") => "an owner",
        _ => "a member",
    }
    .to_owned()
}

fn count_of(number: &str, one: &str, many: &str) -> String {
    match number {
        "0" => format!("no {one}"),
        "1" => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}

fn span(seconds: &str) -> String {
    let Ok(seconds) = seconds.parse::<i64>() else {
        return format!("{seconds} seconds");
    };
    for (size, one, many) in [
        (86_400, "day", "days"),
        (3_600, "hour", "hours"),
        (60, "minute", "minutes"),
    ] {
        if seconds >= size && seconds % size == 0 {
            return count_of(&(seconds / size).to_string(), one, many);
        }
    }
    count_of(&seconds.to_string(), "second", "seconds")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(action: &str, details: &[(&str, &str)]) -> String {
        let details = details
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let parts: Vec<String> = sentence(action, &details)
            .into_iter()
            .map(|part| match part {
                Part::Words(words) => words,
                Part::Name(name) => format!("“{name}”"),
            })
            .collect();
        parts.join(" ").replace(" ;", ";").replace(" :", ":")
    }

    #[test]
    fn events_read_as_sentences() {
        for (action, details, wanted) in [
            (
                "key.create",
                &[
                    ("description", "Claude AI Integration"),
                    ("environment", "production"),
                    ("secret", "lk_…a1B2"),
                ][..],
                "created the key “Claude AI Integration” (production, lk_…a1B2)",
            ),
            (
                "key.create",
                &[("description", ""), ("environment", "none")],
                "created the key without a description",
            ),
            ("key.update", &[("disabled", "true")], "disabled the key"),
            ("key.update", &[("disabled", "false")], "enabled the key"),
            (
                "key.update",
                &[("description", "Billing"), ("expires_at", "never")],
                "changed the key: description is now “Billing”; it never expires",
            ),
            (
                "key.rotate",
                &[("description", "CI runner"), ("overlap_seconds", "86400")],
                "rotated the key “CI runner”; the old secret works for 1 day more",
            ),
            (
                "key.rotate",
                &[("description", "CI runner"), ("overlap_seconds", "0")],
                "rotated the key “CI runner”; the old secret ended at once",
            ),
            (
                "key.revoke",
                &[("description", "CI runner"), ("reason", "compromised")],
                "deleted the key “CI runner” because somebody else may know it",
            ),
            (
                "key.revoke",
                &[("description", "CI runner"), ("reason", "other")],
                "deleted the key “CI runner”",
            ),
            (
                "member.create",
                &[("name", "Ada"), ("role", "editor")],
                "added “Ada” as an editor",
            ),
            (
                "project.archive",
                &[("slug", "memorylake"), ("keys_revoked", "1")],
                "archived the project and ended the access of 1 key",
            ),
            (
                "project.update",
                &[("allow_key_in_url", "false")],
                "changed the settings: keys in URLs are refused",
            ),
            (
                "project.update",
                &[
                    ("backend", "upstream"),
                    ("upstream_headers", ""),
                    ("upstream_url", "https://mcp.example.com/mcp"),
                ],
                "changed the settings: an own MCP server answers; emptied the list of its headers; \
                 its URL is now “https://mcp.example.com/mcp”",
            ),
            (
                "project.update",
                &[("backend", "memory")],
                "changed the settings: the built-in memory server answers",
            ),
            ("memory.delete", &[("key_id", "key_1")], "deleted a memory"),
        ] {
            assert_eq!(said(action, details), wanted);
        }
    }

    #[test]
    fn every_action_of_the_filter_has_words_of_its_own() {
        for (action, _) in ACTIONS {
            assert!(!said(action, &[]).starts_with("did "), "{action}");
        }
        assert_eq!(said("moon.land", &[]), "did moon.land");
    }

    #[test]
    fn spans_are_said_in_their_largest_whole_unit() {
        for (seconds, wanted) in [
            ("604800", "7 days"),
            ("86400", "1 day"),
            ("21600", "6 hours"),
            ("900", "15 minutes"),
            ("61", "61 seconds"),
        ] {
            assert_eq!(span(seconds), wanted);
        }
    }
}
