//! The functions: whether they are there, their time, what happens to events
//! whose function fails, and whether their code is the one that was built.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sluice_aws::{Aws, FailureHandling, InstalledFunction};
use sluice_core::plan::Plan;
use sluice_core::token::sha256;

use super::finding::{Finding, Status};
use super::kinds;
use crate::check::pipeline::Called;

/// What the template gives functions that CodePipeline calls, in seconds.
const TIMEOUT: u32 = 120;
/// And how long an event may wait for one.
const AGE: u32 = 600;
/// CodePipeline waits for 20 minutes; this leaves time for the reaper.
const ANSWERED_WITHIN: u32 = 15 * 60;
/// Lambda's waits before a retry.
const WAITS: [u32; 2] = [60, 120];

/// Functions by name, and whether CodePipeline invokes them.
pub(super) fn named(stack: &str, plan: Option<&Plan>, called: &[Called]) -> BTreeMap<String, bool> {
    let mut names: BTreeMap<String, bool> = BTreeMap::new();
    let of_stack = |name: &str| format!("{stack}-{name}");
    names.insert(of_stack("reaper"), false);
    for kind in plan.map(kinds).into_iter().flatten() {
        names.insert(of_stack(kind), false);
    }
    let in_machine =
        |own: &Called| own.target.contains(":stateMachine:") || own.target.ends_with("-checks");
    if called.iter().any(in_machine) {
        names.insert(of_stack("plan"), false);
    }
    for own in called
        .iter()
        .filter(|own| !own.target.starts_with("arn:aws:states"))
    {
        names.insert(own.target.clone(), true);
    }
    names
}

/// Looks at each of them.
pub(super) async fn look(
    aws: &Aws,
    stack: &str,
    names: &BTreeMap<String, bool>,
    package: Option<&Path>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, is_called) in names {
        let own = match aws.installed_function(name).await {
            Ok(Some(own)) => own,
            Ok(None) => {
                findings.push(missing(aws, stack, name));
                continue;
            }
            Err(error) => {
                findings.push(Finding::unread("functions", name, &error));
                continue;
            }
        };
        findings.push(there(name, &own));
        findings.extend(package.map(|folder| code(stack, name, &own, folder)));
        if *is_called {
            findings.extend(timeout(name, &own));
            findings.push(match aws.failure_handling(name).await {
                Ok(handling) => handled(name, own.timeout, handling.as_ref()),
                Err(error) => Finding::unread("on-failure", name, &error),
            });
        }
    }
    findings
}

fn missing(aws: &Aws, stack: &str, name: &str) -> Finding {
    let region = aws.region_name();
    let says = format!("there is no such function in {region}");
    let mend = format!(
        "install Sluice in {region} as the stack `{stack}` (docs/deploy.md), or name another with \
         `--stack` or `AWS_REGION`"
    );
    Finding::problem("functions", name, &says, &mend)
}

fn there(name: &str, own: &InstalledFunction) -> Finding {
    match own.state.as_deref() {
        // One that slept is woken by its next event.
        None | Some("Active" | "Inactive") => Finding::ok("functions", name, "is there"),
        Some(state) => {
            let says = format!("its state is {state}, in which it does not run");
            Finding::problem("functions", name, &says, "deploy the stack again")
        }
    }
}

fn timeout(name: &str, own: &InstalledFunction) -> Option<Finding> {
    let says = format!("it has {} s, and a look may need {TIMEOUT} s", own.timeout);
    let mend = "deploy the template again: a look that is cut off fails its gate";
    (own.timeout < TIMEOUT).then(|| Finding::problem("timeout", name, &says, mend))
}

/// Whether somebody answers for a function that died, in time.
fn handled(name: &str, timeout: u32, handling: Option<&FailureHandling>) -> Finding {
    let mend = "deploy the template again: it sets one retry, 600 s and the reaper, for the \
                function itself and not for an alias";
    let problem = |says: &str| Finding::problem("on-failure", name, says, mend);
    let Some(own) = handling else {
        return problem(
            "nothing says what happens to events whose function fails: CodePipeline then waits for 20 minutes",
        );
    };
    let waits: u32 = WAITS.iter().take(own.retries as usize).sum();
    let takes = (own.retries.saturating_add(1))
        .saturating_mul(timeout)
        .saturating_add(waits);
    if own.on_failure.is_none() {
        return problem(
            "nobody is told of events whose function failed for good: no OnFailure destination",
        );
    }
    if own.age > AGE {
        let age = own.age;
        return problem(&format!(
            "an event may wait for {age} s, longer than the {AGE} s that CodePipeline's 20 minutes allow"
        ));
    }
    if takes > ANSWERED_WITHIN {
        let tries = own.retries + 1;
        return problem(&format!(
            "{tries} attempts of {timeout} s take up to {takes} s, and the reaper then comes too late"
        ));
    }
    Finding::ok("on-failure", name, "who answers for it is told in time")
}

/// Whether it runs what was built.
fn code(stack: &str, name: &str, own: &InstalledFunction, folder: &Path) -> Finding {
    let suffix = name.strip_prefix(&format!("{stack}-")).unwrap_or(name);
    let path = folder.join(format!("sluice-{suffix}.zip"));
    let (bytes, shown) = (fs::read(&path), path.display());
    let Ok(bytes) = bytes else {
        let says = format!("there is no {shown} to hold its code to");
        return Finding::new(Status::Unknown, "version", name, &says).mend("run `make package`");
    };
    if own.code_sha256.as_deref().and_then(hex) == Some(sha256(&bytes)) {
        return Finding::ok("version", name, "runs what was built");
    }
    let says = format!("it runs other code than {shown}");
    Finding::problem(
        "version",
        name,
        &says,
        "deploy the template again, with this package",
    )
}

/// Base64 as Lambda writes it, in hexadecimal digits.
fn hex(base64: &str) -> Option<String> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = base64.trim_end_matches('=');
    let bits: Option<String> = digits
        .chars()
        .map(|letter| Some(format!("{:06b}", LETTERS.find(letter)?)))
        .collect();
    let bits = bits?;
    let nibbles = bits
        .as_bytes()
        .chunks_exact(4)
        .take(digits.len() * 6 / 8 * 2);
    let digit = |nibble: &[u8]| u8::from_str_radix(std::str::from_utf8(nibble).ok()?, 2).ok();
    nibbles
        .map(|own| Some(format!("{:x}", digit(own)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambdas_sum_is_the_one_of_the_file() {
        let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(hex(empty), Some(sha256(b"")));
        assert_eq!(hex("not base64!"), None);
    }

    #[test]
    fn attempts_have_to_end_before_codepipeline_stops_waiting() {
        let handling = |retries, age| FailureHandling {
            retries,
            age,
            on_failure: Some("arn".to_owned()),
        };
        let status = |timeout, own: &FailureHandling| handled("a", timeout, Some(own)).status;
        assert_eq!(status(120, &handling(1, 600)), Status::Ok);
        assert_eq!(status(120, &handling(1, 601)), Status::Problem);
        assert_eq!(status(421, &handling(1, 600)), Status::Problem);
        assert_eq!(status(240, &handling(2, 600)), Status::Ok);
        assert_eq!(status(241, &handling(2, 600)), Status::Problem);
    }
}
