//! Markdown as GitHub reads it, made into a page of this server.
//!
//! What it makes keeps to the policy of `page.rs`: no style in an attribute, no script, no markup but its own. So HTML
//! in a text is left out, as are columns' alignments, which would be styles.

use std::collections::BTreeMap;

use pulldown_cmark::{Alignment, Event, Options, Parser, Tag, TagEnd, html};

use crate::page;

/// Round a table, which scrolls in it on a narrow screen; by keyboard, too.
const TABLE: &str = "<div class=\"wide\" role=\"group\" aria-label=\"Table\" tabindex=\"0\">";

/// A text, ready for `page::html`.
pub struct Rendered {
    /// The words of its first heading, escaped.
    pub title: String,
    /// All of it, as HTML.
    pub body: String,
}

/// Makes a page of a text. `lead` says where a link or picture leads; of one that leads nowhere, the words are left.
#[must_use]
pub fn render(text: &str, lead: impl Fn(&str) -> Option<String>) -> Rendered {
    let mut events: Vec<Event<'_>> = Vec::new();
    let mut anchors = Anchors::default();
    let mut title: Option<String> = None;
    // The heading that is being read: its place among the events, and its words so far.
    let mut heading: Option<(usize, String)> = None;
    // Of each link and picture that is being read, whether it leads anywhere.
    let mut leads: Vec<bool> = Vec::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Html(_) | Event::InlineHtml(_) => {}
            Event::Start(Tag::Heading { level, .. }) => {
                heading = Some((events.len(), String::new()));
                events.push(Event::Start(Tag::Heading {
                    level,
                    id: None,
                    classes: Vec::new(),
                    attrs: Vec::new(),
                }));
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((at, words)) = heading.take() {
                    if let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(at) {
                        *id = Some(anchors.next(&words).into());
                    }
                    title.get_or_insert(words);
                }
                events.push(event);
            }
            Event::Text(ref words) | Event::Code(ref words) => {
                if let Some((_, read)) = &mut heading {
                    read.push_str(words);
                }
                events.push(event);
            }
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let to = lead(&dest_url);
                leads.push(to.is_some());
                events.extend(to.map(|to| {
                    Event::Start(Tag::Link {
                        link_type,
                        dest_url: to.into(),
                        title,
                        id,
                    })
                }));
            }
            Event::Start(Tag::Image {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let to = lead(&dest_url);
                leads.push(to.is_some());
                events.extend(to.map(|to| {
                    Event::Start(Tag::Image {
                        link_type,
                        dest_url: to.into(),
                        title,
                        id,
                    })
                }));
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                if leads.pop() == Some(true) {
                    events.push(event);
                }
            }
            Event::Start(Tag::Table(columns)) => {
                let plain = vec![Alignment::None; columns.len()];
                events.push(Event::Html(TABLE.into()));
                events.push(Event::Start(Tag::Table(plain)));
            }
            Event::End(TagEnd::Table) => {
                events.push(event);
                events.push(Event::Html("</div>\n".into()));
            }
            // Long lines scroll, by keyboard, too. The language is not told: nothing here colours code.
            Event::Start(Tag::CodeBlock(_)) => {
                events.push(Event::Html("<pre tabindex=\"0\"><code>".into()));
            }
            Event::End(TagEnd::CodeBlock) => events.push(Event::Html("</code></pre>\n".into())),
            event => events.push(event),
        }
    }
    let mut body = String::new();
    html::push_html(&mut body, events.into_iter());
    Rendered {
        title: page::escaped(&title.unwrap_or_default()),
        body,
    }
}

/// The ids of a page's headings, as GitHub makes them: the second of the same words ends in `-1`.
#[derive(Default)]
struct Anchors {
    seen: BTreeMap<String, usize>,
}

impl Anchors {
    fn next(&mut self, words: &str) -> String {
        let anchor = anchor(words);
        let times = self.seen.entry(anchor.clone()).or_default();
        let number = *times;
        *times += 1;
        match number {
            0 => anchor,
            number => format!("{anchor}-{number}"),
        }
    }
}

/// Small letters, digits, `-` and `_`; a hyphen for each space, and nothing for the rest.
fn anchor(words: &str) -> String {
    words
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            '-' | '_' => Some(c),
            _ => c.is_alphanumeric().then_some(c),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> String {
        render(text, |to| Some(to.to_owned())).body
    }

    #[test]
    fn headings_have_the_anchors_that_github_gives_them() {
        for (words, id) in [
            ("Two keys: 400", "two-keys-400"),
            ("1. Open the project", "1-open-the-project"),
            (
                "The memory server, or your own",
                "the-memory-server-or-your-own",
            ),
            ("Copy doesn't work", "copy-doesnt-work"),
            ("In a .env file", "in-a-env-file"),
            ("It got out?", "it-got-out"),
            ("Clés – déjà_vu", "clés--déjà_vu"),
        ] {
            assert_eq!(anchor(words), id, "{words}");
        }
        let twice = body("# `a` *b*\n\n## Rotate\n\n## Rotate\n\n### Rotate\n");
        for (level, id) in [
            ("h1", "a-b"),
            ("h2", "rotate"),
            ("h2", "rotate-1"),
            ("h3", "rotate-2"),
        ] {
            let heading = format!("<{level} id=\"{id}\">");
            assert!(twice.contains(&heading), "no {heading}: {twice}");
        }
    }

    #[test]
    fn the_title_is_the_first_heading_and_safe_to_show() {
        let page = render("Before.\n\n# A & `<b>`\n\n# Another\n", |_| None);
        assert_eq!(page.title, "A &amp; &lt;b&gt;");
        assert_eq!(render("No heading.", |_| None).title, "");
    }

    #[test]
    fn markup_in_code_stays_text() {
        let script = "<script>alert(1)</script>";
        let shown = "&lt;script&gt;alert(1)&lt;/script&gt;";
        for text in [
            format!("In `{script}`."),
            format!("```html\n{script}\n```\n"),
            format!("    {script}\n"),
            format!("| a |\n|---|\n| `{script}` |\n"),
            format!("# `{script}`\n"),
        ] {
            let html = body(&text);
            assert!(html.contains(shown), "{html}");
            assert!(!html.contains("<script"), "{html}");
        }
    }

    #[test]
    fn markup_of_a_text_is_left_out() {
        for text in [
            "<script>alert(1)</script>\n",
            "Before <img src=x onerror=alert(1)> after.\n",
            "<div onclick=\"x()\">\n\nwords\n\n</div>\n",
            "# A <b onclick=x>heading</b>\n",
            "<!-- not for readers -->\n",
            "![a <script> in words](x.png)\n",
            "[a](<x\" onclick=\"y> \"a\\\" onclick=\\\"b\")\n",
        ] {
            let html = body(text);
            for part in [
                "<script",
                "<div",
                "<b ",
                "<!--",
                "onerror=alert",
                "\" onclick",
            ] {
                assert!(!html.contains(part), "{part} of {text:?} is in {html}");
            }
        }
    }

    #[test]
    fn only_what_leads_somewhere_is_a_link() {
        let lead = |to: &str| to.strip_suffix(".md").map(|name| format!("/there/{name}"));
        for (text, html) in [
            ("[a](b.md)", "<p><a href=\"/there/b\">a</a></p>\n"),
            ("[a **c**](b)", "<p>a <strong>c</strong></p>\n"),
            ("[a](javascript:x())", "<p>a</p>\n"),
            ("<https://example.com>", "<p>https://example.com</p>\n"),
            (
                "![words](b.md)",
                "<p><img src=\"/there/b\" alt=\"words\" /></p>\n",
            ),
            ("![words](b.png)", "<p>words</p>\n"),
            (
                "[![in](b.md)](c.png)",
                "<p><img src=\"/there/b\" alt=\"in\" /></p>\n",
            ),
            (
                "[![in](b.png)](c.md)",
                "<p><a href=\"/there/c\">in</a></p>\n",
            ),
            ("[a]\n\n[a]: b.md", "<p><a href=\"/there/b\">a</a></p>\n"),
        ] {
            assert_eq!(render(text, lead).body, html, "{text}");
        }
    }

    #[test]
    fn tables_and_code_scroll_in_a_box_of_their_own_without_styles() {
        let html = body("| a | b |\n|:--|--:|\n| 1 | 2 |\n\n```sh\nls\n```\n");
        assert!(html.contains(&format!("{TABLE}<table>")), "{html}");
        assert!(html.contains("</table>\n</div>"), "{html}");
        assert!(
            html.contains("<pre tabindex=\"0\"><code>ls\n</code></pre>"),
            "{html}"
        );
        assert!(!html.contains("style"), "{html}");
    }
}
