//! Notices as plain text, with the templates that people wrote.

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;
use sluice_core::notices::{Notice, Templates};

use super::cut::{cut, on_one_line, readable};
use super::parts::{Decided, Parts};
use super::template::rendered;
use super::words;

/// Characters of a title.
pub const TITLE_MAX: usize = 100;

/// Bytes of what a template for the text may give.
const TEMPLATE_TEXT_MAX: usize = 16 * 1024;

/// A notice's texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// One line of at most [`TITLE_MAX`] characters.
    pub title: String,
    /// All of it, below the title.
    pub text: String,
    /// What a template put in the place of the text, if one did; remarks and
    /// links are not in it.
    pub(super) own: Option<String>,
    /// Which templates are broken, and why.
    pub remarks: Vec<String>,
}

/// What a template sees.
#[derive(Serialize)]
struct Seen<'a> {
    #[serde(flatten)]
    notice: &'a Notice,
    /// What stands there without a template.
    usual: Usual<'a>,
    /// `checkout/prod`.
    place: String,
    /// For how long the stage was broken, once it is mended.
    lasted: Option<String>,
}

#[derive(Serialize)]
struct Usual<'a> {
    title: &'a str,
    text: &'a str,
}

/// The title and the text of a notice. A broken template changes neither, and
/// is told in the remarks.
pub fn texts(notice: &Notice, templates: &Templates) -> Texts {
    let usual_title = cut(&on_one_line(&words::title(notice)), TITLE_MAX);
    let parts = Parts::of(notice);
    let usual_text = usual(&parts);
    let mut remarks = Vec::new();
    let seen = Value::from(Serde(Seen {
        notice,
        usual: Usual {
            title: &usual_title,
            text: &usual_text,
        },
        place: words::place(notice),
        lasted: words::lasted(notice),
    }));
    let mut render = |name: &str, template: &Option<String>, bytes_max: usize| {
        let rendered = rendered(template.as_deref()?, &seen, bytes_max);
        let broken = |why| format!("the template `{name}` is not used: {why}");
        rendered.map_err(|why| remarks.push(broken(why))).ok()
    };
    let title = render("title", &templates.title, 4 * TITLE_MAX);
    let own = render("text", &templates.text, TEMPLATE_TEXT_MAX);
    let title = title.map(|title| cut(&on_one_line(&title), TITLE_MAX));
    let own = own.map(|own| readable(&own));
    let mut text = own.clone().unwrap_or(usual_text);
    text.push_str(&end(&parts, &remarks));
    Texts {
        title: title.filter(|t| !t.is_empty()).unwrap_or(usual_title),
        text,
        own,
        remarks,
    }
}

/// What stands between the title and the remarks.
fn usual(parts: &Parts) -> String {
    let deciding = parts.deciding.iter().flat_map(decided);
    let follows = parts.follows.iter();
    let follows = follows.map(|text| format!("what follows: {text}"));
    let decided = deciding.chain(parts.outage.clone()).chain(follows);
    let facts = parts.facts.iter();
    let facts = facts.map(|(label, value)| format!("{label}: {value}"));
    let paragraphs = [
        parts.reason.clone(),
        lines(decided),
        lines(facts.chain(changes(parts))),
    ];
    let said = paragraphs.into_iter().filter(|own| !own.is_empty());
    said.collect::<Vec<_>>().join("\n\n")
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}

fn changes(parts: &Parts) -> Vec<String> {
    let any = (!parts.changes.is_empty()).then(|| "what it brings:".to_owned());
    let changes = parts.changes.iter().flat_map(|(text, url)| {
        let url = url.as_ref().map(|url| format!("    {url}"));
        std::iter::once(format!("  {text}")).chain(url)
    });
    any.into_iter().chain(changes).collect()
}

fn decided(decided: &Decided) -> Vec<String> {
    let head = std::iter::once(decided.head.clone());
    let lines = decided.lines.iter().map(|line| format!("  {line}"));
    head.chain(lines).collect()
}

/// Remarks and links, which no template takes away.
fn end(parts: &Parts, broken: &[String]) -> String {
    let remarks = parts.remarks.iter().chain(broken);
    let remarks: Vec<String> = remarks.map(|remark| format!("note: {remark}")).collect();
    let links = parts.links.iter();
    let links: Vec<String> = links
        .map(|link| format!("{}: {}", link.label, link.to))
        .collect();
    let mut text = String::from("\n");
    for lines in [remarks, links] {
        if !lines.is_empty() {
            text.push_str(&format!("\n{}\n", lines.join("\n")));
        }
    }
    text
}
