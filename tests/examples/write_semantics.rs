//! Writes `docs/semantics.md` from the cases: `make docs`.

#[path = "../semantics/mod.rs"]
mod semantics;

fn main() -> std::io::Result<()> {
    for surprise in semantics::surprises() {
        eprintln!("not as expected: {surprise}");
    }
    let page = std::path::Path::new(semantics::PAGE);
    if let Some(folder) = page.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(page, semantics::page())
}
