//! Prints what the judges get wrong and how fast they are: `make bench-judge`.
//!
//! Every row is fixed, every run has its own seed, and every share comes with
//! its 95 % interval, so the tables can be checked by running them again.
//!
//! `--quick` runs a fortieth; `--threads N` uses more cores and gives the
//! same tables; names (`errors`, `detection`, `safety`, `defaults`, `speed`,
//! `nab`) select sections. `nab` needs the folder of the Numenta Anomaly
//! Benchmark's data in `JUDGE_NAB`.

#![allow(
    clippy::disallowed_methods,
    reason = "a benchmark measures real time and is told where to read by the environment"
)]

mod errors;
mod looks;
mod nab;
mod noise;
mod random;
mod share;
mod speed;
mod tables;

use tables::Effort;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |flag: &str| {
        arguments
            .iter()
            .position(|argument| argument == flag)
            .map(|index| index + 1)
    };
    let threads = after("--threads")
        .and_then(|index| arguments.get(index))
        .and_then(|text| text.parse().ok());
    let effort = Effort {
        quick: after("--quick").is_some(),
        threads: threads.unwrap_or(1),
    };
    let sections = ["errors", "detection", "safety", "defaults", "speed", "nab"];
    let chosen = |name: &str| arguments.iter().any(|argument| argument == name);
    let all = !sections.iter().any(|name| chosen(name));
    println!("# The judges, measured");
    for section in sections {
        if !all && !chosen(section) {
            continue;
        }
        match section {
            "errors" => errors::print(effort),
            "detection" => tables::detection(effort),
            "safety" => tables::safety(effort),
            "defaults" => tables::defaults(effort),
            "speed" => speed::print(effort.quick),
            _ => nab::print(),
        }
    }
}
