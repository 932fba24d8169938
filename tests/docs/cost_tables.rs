//! The figures of docs/cost.md: from the list of prices, the template, and what
//! `sluice check` says of the page's plan. `make docs` writes them.

use serde_json::Value;
use sluice::prices::{self, Price};

use super::shown::{blocks, gates};

pub(crate) const PAGE: &str = "docs/cost.md";
pub(crate) const TEMPLATE: &str = "infra/template.yaml";

/// Objects that a gate writes: its record, its evidence, the page of it.
const OBJECTS: f64 = 3.0;
/// Minutes of a month of 30 days.
const MINUTES: f64 = 30.0 * 24.0 * 60.0;
/// How often people are swept for, in minutes.
const SWEEP: f64 = 5.0;
/// How long an invocation of the worker takes; an estimate.
const WORKER_SECONDS: f64 = 0.5;
/// Metrics that are counted for each kind of gate, and for each stage.
const METRICS: (f64, f64) = (11.0, 6.0);
/// What the page's figures are for.
const DEPLOYMENTS: f64 = 1_000.0;

/// The page with its figures as they are now.
pub(crate) fn written(page: &str, template: &str) -> String {
    let plan = &blocks(page, "yaml")[0];
    let gates = gates(plan);
    let parts = [
        ("prices", prices_table()),
        ("gates", gates_table(&gates)),
        ("month", month_table(template)),
        ("deployments", deployments_table(&gates)),
    ];
    let with = |page: String, (name, table): &(&str, String)| replaced(&page, name, table);
    parts.iter().fold(page.to_owned(), with)
}

fn replaced(page: &str, name: &str, table: &str) -> String {
    let (begin, end) = (
        format!("<!-- {name}: begin -->\n"),
        format!("<!-- {name}: end -->"),
    );
    let (before, rest) = page.split_once(&begin).unwrap_or((page, &end));
    let (_, after) = rest.split_once(&end).unwrap_or(("", ""));
    format!("{before}{begin}{table}{end}{after}")
}

fn prices_table() -> String {
    let row = |price: &Price| {
        let Price {
            what,
            unit,
            dollars,
            source,
            ..
        } = price;
        let dollars = match *dollars {
            cents if cents >= 0.1 => format!("{cents:.2}"),
            less => less.to_string(),
        };
        format!("| {what} | ${dollars} | {unit} | [AWS]({source}) |\n")
    };
    let rows: String = prices::ALL.iter().map(row).collect();
    format!("| what | price | for | from |\n| --- | --- | --- | --- |\n{rows}")
}

fn gates_table(gates: &[Value]) -> String {
    let row = |gate: &Value| {
        format!(
            "| `{}/{}` | {} | {} | {} |\n",
            gate["stage"].as_str().unwrap_or_default(),
            gate["gate"].as_str().unwrap_or_default(),
            gate["looks_until_pass_max"],
            dollars(number(gate, "dollars_until_pass")),
            dollars(number(gate, "dollars_until_at_most")),
        )
    };
    let rows: String = gates.iter().map(row).collect();
    let sum = |name: &str| dollars(gates.iter().map(|gate| number(gate, name)).sum());
    format!(
        "| gate | looks until it can pass, at most | until it can pass | until it ends undecided |\n\
         | --- | --- | --- | --- |\n{rows}| together | | {} | {} |\n",
        sum("dollars_until_pass"),
        sum("dollars_until_at_most")
    )
}

fn month_table(template: &str) -> String {
    let (alarms, of_actions) = alarms(template);
    let sweeps = MINUTES / SWEEP;
    let (of_kinds, of_stages) = METRICS;
    let worker = run(MINUTES, WORKER_SECONDS) + prices::ALARM.of(of_actions);
    let rows = [
        (
            format!("alarms over {alarms} metrics"),
            prices::ALARM.of(alarms),
        ),
        (
            format!("{sweeps} sweeps for people who are to be told, of a second each"),
            run(sweeps, 1.0),
        ),
        (
            "the dashboard, where the account has three others".to_owned(),
            prices::DASHBOARD.of(1.0),
        ),
        (
            format!("{of_kinds} metrics of a kind of gate that is used in every hour"),
            prices::METRIC.of(of_kinds),
        ),
        (
            format!("{of_stages} metrics of a stage that is deployed to in every hour"),
            prices::METRIC.of(of_stages),
        ),
        (
            "3 metrics of how long gates have been open, where some wait in every hour".to_owned(),
            prices::METRIC.of(3.0),
        ),
        (
            format!(
                "with custom actions: {MINUTES} runs of the worker of half a second each, and an alarm"
            ),
            worker,
        ),
    ];
    let rows = rows
        .iter()
        .map(|(what, price)| format!("| {what} | {} |\n", dollars(*price)));
    format!(
        "| what | a month |\n| --- | --- |\n{}",
        rows.collect::<String>()
    )
}

/// Metrics of the alarms that every stack has, and of those that come with
/// custom actions: an alarm is paid for by each metric that it reads.
fn alarms(template: &str) -> (f64, f64) {
    let found = template.split("    Type: AWS::CloudWatch::Alarm\n").skip(1);
    let (mut without, mut with) = (0, 0);
    for rest in found {
        let own: Vec<&str> = rest
            .lines()
            .take_while(|line| line.starts_with("    "))
            .collect();
        match own[0] == "    Condition: ServesActions" {
            true => with += metrics(&own),
            false => without += metrics(&own),
        }
    }
    (counted(without), counted(with))
}

/// Metrics that an alarm reads.
fn metrics(lines: &[&str]) -> usize {
    let named = lines.iter().filter(|line| line.trim() == "MetricStat:");
    named.count().max(1)
}

fn deployments_table(gates: &[Value]) -> String {
    let looks: f64 = gates
        .iter()
        .map(|gate| number(gate, "dollars_until_pass"))
        .sum();
    let many = counted(gates.len()) * DEPLOYMENTS;
    let objects = many * OBJECTS;
    let rows = [
        (
            "looks and reads of the gates, until they can pass".to_owned(),
            looks * DEPLOYMENTS,
        ),
        (
            format!("{objects} objects in the evidence bucket"),
            prices::PUT.of(objects),
        ),
        (format!("{many} events on the bus"), prices::EVENT.of(many)),
    ];
    let sum: f64 = rows.iter().map(|(_, price)| price).sum();
    let rows = rows
        .iter()
        .map(|(what, price)| format!("| {what} | {} |\n", dollars(*price)));
    format!(
        "| what | {DEPLOYMENTS} deployments |\n| --- | --- |\n{}| together | {} |\n",
        rows.collect::<String>(),
        dollars(sum)
    )
}

/// Invocations of so many seconds each, at a gate's memory.
fn run(many: f64, seconds: f64) -> f64 {
    prices::INVOCATION.of(many) + prices::GB_SECOND.of(many * seconds * prices::MEMORY_GB)
}

fn number(gate: &Value, name: &str) -> f64 {
    gate[name].as_f64().unwrap_or_default()
}

fn counted(many: usize) -> f64 {
    f64::from(u32::try_from(many).unwrap_or(u32::MAX))
}

/// Two digits that say something; a price is no measurement.
fn dollars(price: f64) -> String {
    match price {
        _ if price >= 0.1 => format!("${price:.2}"),
        _ if price >= 0.01 => format!("${price:.3}"),
        _ if price >= 0.0001 => format!("${price:.4}"),
        _ => "less than $0.0001".to_owned(),
    }
}
