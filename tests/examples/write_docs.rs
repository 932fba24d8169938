//! Writes the generated parts of the gates' pages and of the page of costs: `make docs`.

#[path = "../docs/cost_tables.rs"]
mod cost_tables;
#[path = "../docs/settings.rs"]
mod settings;
#[path = "../docs/shown.rs"]
mod shown;

use std::fs;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (name, of) in settings::PAGES {
        let path = root.join(name);
        let page = fs::read_to_string(&path)?;
        fs::write(path, with_cost(&settings::written(&page, of)))?;
    }
    let path = root.join(cost_tables::PAGE);
    let page = fs::read_to_string(&path)?;
    let template = fs::read_to_string(root.join(cost_tables::TEMPLATE))?;
    fs::write(path, cost_tables::written(&page, &template))
}

/// A gate's page with what `sluice check` says of its smallest plan.
fn with_cost(page: &str) -> String {
    let plan = &shown::blocks(page, "yaml")[0];
    let (before, rest) = page.split_once("\n## Cost\n").unwrap_or((page, ""));
    let (lead, rest) = rest.split_once("```text\n").unwrap_or((rest, ""));
    let (_, after) = rest.split_once("```").unwrap_or(("", ""));
    let said = shown::checked(plan);
    format!("{before}\n## Cost\n{lead}```text\n{said}```{after}")
}
