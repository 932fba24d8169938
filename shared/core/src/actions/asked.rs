//! What an action asks for, from its configuration.
//!
//! The settings come out in the form of `settings` in the `UserParameters` of
//! a Lambda action, and were read once as such: what is wrong with them is
//! told here, under the names of the properties.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::mistake::ActionMistake;
use super::table::{self, Row, Stands, Table};
use super::value;
use crate::plan::{GateSettings, KINDS};
use crate::problems::{Problem, Problems};
use crate::read::{NAME_HINT, is_name};
use crate::tree::{Node, Value};
use crate::words::{closest, quote, quote_all};

/// What an action asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AskedOfAction {
    /// The service, where the action names it.
    pub service: Option<String>,
    /// The gate's name in the plan; with settings here its kind, as in
    /// `UserParameters`. None: all gates of the stage.
    pub gate: Option<String>,
    /// The gate's settings, where the action gives any: then no plan is read.
    pub settings: Option<Json>,
    /// The path of the plan in the input artifact, where the action names it.
    pub path: Option<String>,
}

/// Reads the configuration of an action.
///
/// # Errors
///
/// Everything that is wrong with it.
pub fn asked(
    provider: &str,
    configuration: &BTreeMap<String, String>,
) -> Result<AskedOfAction, ActionMistake> {
    let mistake = |problems| ActionMistake {
        provider: provider.to_owned(),
        problems,
    };
    let Some(table) = table::of(provider) else {
        let known: Vec<&str> = table::TABLES.iter().map(|own| own.provider).collect();
        let message = format!("{} is no action type of Sluice", quote(provider));
        let hint = format!("known are {}", quote_all(&known));
        return Err(mistake(Problem::error(message).hint(hint).into()));
    };
    let mut reader = Reader {
        table,
        configuration,
        problems: Problems::new(),
    };
    let asked = reader.read();
    if reader.problems.is_empty() {
        return Ok(asked);
    }
    Err(mistake(reader.problems))
}

struct Reader<'a> {
    table: &'static Table,
    configuration: &'a BTreeMap<String, String>,
    problems: Problems,
}

impl<'a> Reader<'a> {
    fn read(&mut self) -> AskedOfAction {
        self.refuse_unknown();
        let service = self.name(Stands::Service);
        let name = self.name(Stands::Gate);
        let path = self.text(Stands::Plan).map(str::to_owned);
        let settings = self.settings();
        let Some(kind) = self.table.kind else {
            return AskedOfAction {
                service,
                path,
                ..AskedOfAction::default()
            };
        };
        let Some(mut settings) = settings else {
            return AskedOfAction {
                service,
                gate: Some(name.unwrap_or_else(|| kind.to_owned())),
                settings: None,
                path,
            };
        };
        self.call(kind, name, &mut settings);
        if path.is_some() {
            let message =
                "has no effect beside settings: where an action gives any, no plan is read";
            let hint = "leave it out, or write the settings into the plan";
            self.wrong(
                Stands::Plan,
                Problem::error(message.to_owned()).hint(hint.to_owned()),
            );
        }
        let settings = Json::Object(settings);
        self.check(kind, &settings);
        AskedOfAction {
            service,
            gate: Some(kind.to_owned()),
            settings: Some(settings),
            path: None,
        }
    }

    fn refuse_unknown(&mut self) {
        let known: Vec<&str> = self.table.rows.iter().map(|row| row.name).collect();
        for name in self.configuration.keys() {
            if self.table.row(name).is_some() {
                continue;
            }
            let all = quote_all(&known);
            let hint = match closest(name, &known) {
                Some(guess) => format!("did you mean `{guess}`? known are {all}"),
                None => format!("known are {all}"),
            };
            let message = format!("{} is no property of this action", quote(name));
            self.problems.push(Problem::error(message).hint(hint));
        }
    }

    /// The value of a property. None too if it is no value at all.
    fn text(&mut self, stands: Stands) -> Option<&'a str> {
        let row = self.table.rows.iter().find(|row| row.stands == stands)?;
        let text = self.configuration.get(row.name)?;
        if let Some(problem) = value::mistake(row, text) {
            self.wrong(stands, problem);
            return None;
        }
        Some(text.trim())
    }

    fn name(&mut self, stands: Stands) -> Option<String> {
        let text = self.text(stands)?;
        if is_name(text) && !matches!(text, "." | "..") {
            return Some(text.to_owned());
        }
        let message = format!("{} is not a name", quote(text));
        self.wrong(stands, Problem::error(message).hint(NAME_HINT.to_owned()));
        None
    }

    /// A problem of a property, which is named.
    fn wrong(&mut self, stands: Stands, problem: Problem) {
        let name = self.table.name_of(stands).unwrap_or_default();
        self.problems
            .push(problem.path(format!("the property {name}")));
    }

    /// All settings that the action gives, if it gives any.
    fn settings(&mut self) -> Option<Map<String, Json>> {
        let is_setting =
            |row: &&Row| row.stands.setting().is_some() || row.stands == Stands::Others;
        let rows = self.table.rows.iter().filter(is_setting);
        let given: Vec<&Row> = rows.filter(|row| self.gives(row)).collect();
        if given.is_empty() {
            return None;
        }
        let mut settings = self.others();
        for row in given {
            if let Some(name) = row.stands.setting() {
                self.set(row, name, &mut settings);
            }
        }
        Some(settings)
    }

    fn gives(&self, row: &Row) -> bool {
        self.configuration.contains_key(row.name)
    }

    fn set(&mut self, row: &Row, name: &str, settings: &mut Map<String, Json>) {
        let Some(text) = self.text(row.stands) else {
            return;
        };
        if settings.contains_key(name) {
            let message = format!("`{name}` stands in Settings, too");
            let hint = "keep one of the two".to_owned();
            self.wrong(row.stands, Problem::error(message).hint(hint));
            return;
        }
        match value::read(row, text) {
            Ok(value) => _ = settings.insert(name.to_owned(), value),
            Err(problem) => {
                let hint = format!("write `{}`, for instance", row.example);
                self.wrong(row.stands, problem.hint(hint));
            }
        }
    }

    /// What the property of all other settings says.
    fn others(&mut self) -> Map<String, Json> {
        let Some(text) = self.text(Stands::Others) else {
            return Map::new();
        };
        let problem = match Node::from_yaml(text) {
            Ok(node) => match (&node.value, node.to_json()) {
                (Value::Map(_), Json::Object(settings)) => return settings,
                _ => Problem::error(format!("{} where a map is wanted", node.kind())),
            },
            Err(problem) => problem,
        };
        let hint = "write `{ NAME: VALUE, ... }`, as below the gate in a plan".to_owned();
        self.wrong(Stands::Others, problem.hint(hint));
        Map::new()
    }

    /// Gives settings the name of their gate, if it is not that of its kind.
    fn call(&mut self, kind: &str, name: Option<String>, settings: &mut Map<String, Json>) {
        let Some(name) = name else { return };
        if settings.contains_key("name") {
            let message = "Settings have a `name`, too".to_owned();
            let hint = "keep one of the two".to_owned();
            self.wrong(Stands::Gate, Problem::error(message).hint(hint));
        } else if name != kind && KINDS.contains(&name.as_str()) {
            let message =
                format!("`{name}` is another kind of gate than `{kind}`, whose settings these are");
            let hint =
                format!("leave it out, or write its settings into the plan: `- {name}: {{ ... }}`");
            self.wrong(Stands::Gate, Problem::error(message).hint(hint));
        } else if name != kind {
            settings.insert("name".to_owned(), name.into());
        }
    }

    /// Has the reader of plans read the settings, and names its problems after
    /// the properties. Where some were no values there is nothing to add.
    fn check(&mut self, kind: &str, settings: &Json) {
        if !self.problems.is_empty() {
            return;
        }
        if let Err(problems) = GateSettings::read_json(kind, settings) {
            for problem in &problems {
                let problem = self.named(problem.clone());
                self.problems.push(problem);
            }
        }
    }

    fn named(&self, problem: Problem) -> Problem {
        let rest = problem.path.strip_prefix("settings").unwrap_or_default();
        if rest.is_empty() {
            return self.of_all(problem);
        }
        let rows = self.table.rows.iter().filter(|row| self.gives(row));
        let within = |row: &Row| {
            let rest = rest
                .strip_prefix('.')?
                .strip_prefix(row.stands.setting()?)?;
            (rest.is_empty() || rest.starts_with(['.', '['])).then(|| rest.to_owned())
        };
        let Some((row, rest)) = rows.filter_map(|row| Some((row, within(row)?))).next() else {
            let path = format!("the property Settings{rest}");
            return problem.path(path);
        };
        let hint = spoken(row, problem.hint.clone());
        let path = format!("the property {}{rest}", row.name);
        Problem { hint, ..problem }.path(path)
    }

    /// A problem of the settings as a whole: one that is missing, one that
    /// nobody knows, or several that do not go together.
    fn of_all(&self, problem: Problem) -> Problem {
        let is_missing = |row: &&Row| {
            let name = row.stands.setting();
            name.is_some_and(|name| problem.message == format!("`{name}` is missing"))
        };
        if let Some(row) = self.table.rows.iter().find(is_missing) {
            let own = || format!("write `{}`, for instance", row.example);
            let hint = spoken(row, problem.hint.clone()).unwrap_or_else(own);
            let hint =
                format!("{hint}\nan action that gives one setting gives all, and reads no plan");
            return Problem::error("is missing".to_owned())
                .path(format!("the property {}", row.name))
                .hint(hint);
        }
        let others = self.table.name_of(Stands::Others);
        match others.filter(|name| self.configuration.contains_key(*name)) {
            Some(name) => problem.path(format!("the property {name}")),
            None => problem.path("the action's configuration".to_owned()),
        }
    }
}

/// Advice for a plan as advice for a property, which has no name before it.
fn spoken(row: &Row, hint: Option<String>) -> Option<String> {
    let name = row.stands.setting().unwrap_or_default();
    Some(hint?.replace(&format!("`{name}: "), "`"))
}
