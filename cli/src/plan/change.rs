//! `sluice plan diff` and `sluice plan push`.

use std::fmt::Write as _;
use std::path::Path;

use sluice_aws::PlanVersion;
use sluice_core::layers::{Layer, Scope};
use sluice_core::tree::Node;
use sluice_host::{PlanChange, Pushed};

use super::effect::{Broken, broken};
use super::place::{Place, environment, layer, text_of};
use super::values::leaves;
use super::{DiffArguments, PushArguments, Refused};
use crate::lines::folded;

/// What a push would change, and whose plan it would break.
pub(super) async fn diff(arguments: &DiffArguments) -> Result<String, Refused> {
    let place = arguments.place.open().await?;
    let (new, text) = read(&arguments.scope, &arguments.file)?;
    let held = place.document(&arguments.scope).await?;
    let mut shown = match (&held, place.version(&arguments.scope).await?) {
        (_, Some(held)) => format!(
            "# against {}, by {} at {}\n",
            held.label(),
            held.by,
            held.at
        ),
        (Some(_), None) => format!("# against {}\n", arguments.scope),
        (None, None) => format!("# nobody wrote {} yet\n", arguments.scope),
    };
    let changes = changes(held.as_deref().unwrap_or(""), &text);
    if changes.is_empty() {
        shown.push_str("# no value changes\n");
    }
    shown.push_str(&changes);
    for broken in broken_by(&place, &arguments.scope, new).await? {
        let told = format!("{} would break: {}", broken.whose, broken.error);
        let _ = writeln!(shown, "\n{}", folded(&told, "", "  "));
    }
    Ok(shown)
}

/// Writes a new version, unless somebody else did or it loosens what is locked.
pub(super) async fn push(arguments: &PushArguments) -> Result<String, Refused> {
    let place = arguments.place.open().await?;
    let (new, text) = read(&arguments.scope, &arguments.file)?;
    if arguments.why.trim().is_empty() {
        return Err(Refused::usage(
            "`--why` says nothing",
            "write the reason, for whoever asks later",
        ));
    }
    let broken = broken_by(&place, &arguments.scope, new).await?;
    let is_own = matches!(arguments.scope, Scope::Service(_));
    if let Some(first) = broken.first().filter(|_| is_own) {
        let message = format!("{}: {}", first.whose, first.error);
        return Err(Refused::new(
            &message,
            "tighten it or leave it out; `sluice plan why` says where values come from",
        ));
    }
    let mut said = match &place {
        Place::Folder(folder) => {
            let path = folder.write(&arguments.scope, &text)?;
            format!("{} holds, in {}\n", arguments.scope, path.display())
        }
        Place::Table { .. } => store(&place, arguments, &text).await?,
    };
    for Broken { whose, error } in broken {
        let told = format!("warning: {whose} is broken by it: {error}");
        let _ = writeln!(said, "{}", folded(&told, "", "  "));
    }
    Ok(said)
}

async fn store(place: &Place, arguments: &PushArguments, text: &str) -> Result<String, Refused> {
    let Some(store) = place.store() else {
        return Ok(String::new());
    };
    let by = arguments.by.clone().unwrap_or_else(caller);
    let change = PlanChange {
        scope: &arguments.scope,
        document: text,
        by: &by,
        why: &arguments.why,
        over: arguments.over,
    };
    match store.push(&change).await? {
        Pushed::Done(new) => Ok(format!("{} holds\n", new.label())),
        Pushed::Unchanged(held) => Ok(format!("{} holds already\n", held.label())),
        Pushed::SomebodyElse(held) => Err(somebody_else(&arguments.scope, held.as_ref())),
    }
}

fn somebody_else(scope: &Scope, held: Option<&PlanVersion>) -> Refused {
    let message = match held {
        Some(held) => format!(
            "somebody else changed {scope}: version {} by {} at {}: {}",
            held.version, held.by, held.at, held.why
        ),
        None => format!("nobody wrote {scope} yet, and `--over` names a version"),
    };
    let hint = format!("look with `sluice plan diff {scope} FILE`, then push again");
    Refused::new(&message, &hint)
}

fn read(scope: &Scope, file: &Path) -> Result<(Layer, String), Refused> {
    let (name, text) = text_of(file)?;
    let read = layer(scope, &scope.to_string(), &name, &text)?;
    Ok((read, text))
}

/// Whose plan a new layer breaks: in a folder everybody's is known, in a table
/// that of the service itself.
async fn broken_by(place: &Place, scope: &Scope, new: Layer) -> Result<Vec<Broken>, Refused> {
    let before = match (place, scope) {
        (Place::Folder(folder), _) => folder.layers()?,
        (Place::Table { .. }, Scope::Service(service)) => {
            let mut layers: Vec<Layer> = Vec::new();
            let mut stages: Vec<String> = new
                .patterns()
                .map(|pattern| pattern.text().replace('*', "x"))
                .collect();
            if stages.is_empty() {
                stages.push("none".to_owned());
            }
            for stage in stages {
                // What does not read can be pushed over; AWS says the rest again.
                let Ok(held) = place.layers(service, &stage).await else {
                    return Ok(Vec::new());
                };
                for layer in held {
                    if layers.iter().all(|own| own.label != layer.label) {
                        layers.push(layer);
                    }
                }
            }
            layers
        }
        (Place::Table { .. }, _) => return Ok(Vec::new()),
    };
    let mut after: Vec<Layer> = before
        .iter()
        .filter(|layer| layer.scope != new.scope)
        .cloned()
        .collect();
    after.push(new);
    Ok(broken(&before, &after))
}

/// One line for each value that is gone, new or another.
fn changes(old: &str, new: &str) -> String {
    let values = |text: &str| match Node::from_yaml(text) {
        Ok(node) => leaves(&node.to_json()),
        Err(_) => Vec::new(),
    };
    let (old, new) = (values(old), values(new));
    let gone = old
        .iter()
        .filter(|value| !new.contains(value))
        .map(|value| ('-', value));
    let come = new
        .iter()
        .filter(|value| !old.contains(value))
        .map(|value| ('+', value));
    let mut lines: Vec<(char, &(String, String))> = gone.chain(come).collect();
    lines.sort_by(|one, other| (&one.1.0, other.0).cmp(&(&other.1.0, one.0)));
    let mut text = String::new();
    for (sign, (path, value)) in lines.into_iter().filter(|(_, (path, _))| !path.is_empty()) {
        let line = format!("{path}: {value}");
        let _ = writeln!(text, "{}", folded(&line, &format!("{sign} "), "    "));
    }
    text
}

/// Who runs the command.
fn caller() -> String {
    let user = environment("USER").or_else(|| environment("LOGNAME"));
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let host = host.or_else(|| environment("HOSTNAME"));
    let part = |part: Option<String>| {
        part.map_or_else(|| "unknown".to_owned(), |part| part.trim().to_owned())
    };
    format!("{}@{}", part(user), part(host))
}
