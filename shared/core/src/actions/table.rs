//! Which settings have a property of their own, for each action type.
//!
//! AWS allows ten. The others go into `Settings`. A change here is a change of
//! the definition, and needs a new version.

/// What a property stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    /// The gate's name in the plan.
    Gate,
    /// The service.
    Service,
    /// The path of the plan in the input artifact.
    Plan,
    /// All settings that have no property.
    Others,
    /// A setting of the gate.
    Setting(&'static str),
    /// A setting that is a list, of which one may write the items alone.
    List(&'static str),
}

impl Stands {
    /// The setting's name.
    pub(super) fn setting(self) -> Option<&'static str> {
        match self {
            Stands::Setting(name) | Stands::List(name) => Some(name),
            _ => None,
        }
    }
}

/// A property.
#[derive(Debug)]
pub(super) struct Row {
    /// As the console shows it.
    pub(super) name: &'static str,
    /// What it stands for.
    pub(super) stands: Stands,
    /// What somebody could write.
    pub(super) example: &'static str,
}

/// The properties of one action type.
#[derive(Debug)]
pub(super) struct Table {
    /// The provider.
    pub(super) provider: &'static str,
    /// The kind of gate whose settings they are. None: all gates of a stage.
    pub(super) kind: Option<&'static str>,
    /// The function that answers.
    pub(super) function: &'static str,
    /// In the order of the console.
    pub(super) rows: &'static [Row],
}

impl Table {
    /// The property of a name.
    pub(super) fn row(&self, name: &str) -> Option<&'static Row> {
        self.rows.iter().find(|row| row.name == name)
    }

    /// The name of the property that stands for something.
    pub(super) fn name_of(&self, stands: Stands) -> Option<&'static str> {
        let row = self.rows.iter().find(|row| row.stands == stands)?;
        Some(row.name)
    }
}

/// The table of a provider.
pub(super) fn of(provider: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.provider == provider)
}

const fn row(name: &'static str, stands: Stands, example: &'static str) -> Row {
    Row {
        name,
        stands,
        example,
    }
}

const SERVICE: Row = row("Service", Stands::Service, "checkout");
const PLAN: Row = row("Plan", Stands::Plan, "deploy/sluice.yaml");
const MODE: Row = row("Mode", Stands::Setting("mode"), "watch_only");
const AT_MOST: Row = row("AtMost", Stands::Setting("at_most"), "4h");

/// All of them.
pub(super) const TABLES: [Table; 4] = [
    Table {
        provider: "SluiceBake",
        kind: Some("bake"),
        function: "sluice-bake",
        rows: &[
            row("Gate", Stands::Gate, "bake-eu"),
            SERVICE,
            row("For", Stands::Setting("for"), "1h"),
            row(
                "Alarms",
                Stands::List("alarms"),
                "checkout-5xx, checkout-p99",
            ),
            row(
                "Traffic",
                Stands::Setting("traffic"),
                "{ metric: { namespace: Shop, name: Orders }, at_least: 100 }",
            ),
            AT_MOST,
            row(
                "AlreadyInAlarm",
                Stands::Setting("already_in_alarm"),
                "wait",
            ),
            MODE,
            PLAN,
            row(
                "Settings",
                Stands::Others,
                "{ recovered: accept, quiet_after: 20m }",
            ),
        ],
    },
    Table {
        provider: "SluiceCanary",
        kind: Some("canary"),
        function: "sluice-canary",
        rows: &[
            row("Gate", Stands::Gate, "canary-eu"),
            SERVICE,
            row(
                "Preset",
                Stands::Setting("preset"),
                "{ lambda_alias: { function: checkout, alias: live } }",
            ),
            row(
                "Groups",
                Stands::Setting("groups"),
                "{ baseline: { dimensions: { Version: a } }, canary: { dimensions: { Version: b } } }",
            ),
            row(
                "Metrics",
                Stands::List("metrics"),
                "{ name: errors, count: Errors, of: Invocations }",
            ),
            row("Horizon", Stands::Setting("horizon"), "2h"),
            AT_MOST,
            MODE,
            PLAN,
            row(
                "Settings",
                Stands::Others,
                "{ namespace: Shop, when_undecided: hold }",
            ),
        ],
    },
    Table {
        provider: "SluiceValidate",
        kind: Some("validate"),
        function: "sluice-validate",
        rows: &[
            row("Gate", Stands::Gate, "smoke"),
            SERVICE,
            row(
                "Http",
                Stands::List("http"),
                "{ get: \"https://checkout.example/health\", expect: { status: 200 } }",
            ),
            row(
                "Lambda",
                Stands::List("lambda"),
                "{ function: smoke-tests }",
            ),
            row(
                "CodeBuild",
                Stands::List("codebuild"),
                "{ project: smoke-tests }",
            ),
            row(
                "StateMachine",
                Stands::List("state_machine"),
                "{ machine: \"arn:aws:states:eu-west-1:111122223333:stateMachine:smoke\" }",
            ),
            row(
                "Synthetics",
                Stands::List("synthetics"),
                "{ canary: checkout }",
            ),
            MODE,
            PLAN,
            row("Settings", Stands::Others, "{ at_most: 2h, at_once: 5 }"),
        ],
    },
    Table {
        provider: "SluiceStageChecks",
        kind: None,
        function: "sluice-checks",
        rows: &[SERVICE, PLAN],
    },
];
