//! Tests.
#[test]
fn show() {
    println!("{:#}", super::plan_schema());
}
