//! Reading plans from files and from standard input, with a message of its own
//! for each way in which that can fail.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use sluice_core::plan::Plan;
use sluice_core::problems::Problem;
use sluice_core::tree::DOCUMENT_BYTES_MAX;
use sluice_gates::validate::check_expression;

/// What stands for standard input on the command line.
pub const STANDARD_INPUT: &str = "-";

/// What a plan is called in messages.
pub fn label(path: &Path) -> String {
    if path.as_os_str() == STANDARD_INPUT {
        "<stdin>".to_owned()
    } else {
        path.display().to_string()
    }
}

/// A plan and its text, or what is wrong with it as people read it.
///
/// # Errors
///
/// The file cannot be read, or is no plan.
pub fn load(path: &Path) -> Result<(Plan, String), String> {
    let name = label(path);
    let text = read(path).map_err(|problem| match &problem.hint {
        Some(hint) => format!("error: {name}: {}\n  hint: {hint}", problem.message),
        None => format!("error: {name}: {}", problem.message),
    })?;
    let (plan, _) = Plan::read_yaml_checked(&text, check_expression)
        .map_err(|problems| problems.render(&name, Some(&text)))?;
    Ok((plan, text))
}

/// The text of a plan. At most one byte more than a plan may have is read.
///
/// # Errors
///
/// The file is not there, may not be read, is a directory, too large or no
/// text.
pub fn read(path: &Path) -> Result<String, Problem> {
    let bytes = if path.as_os_str() == STANDARD_INPUT {
        bounded(io::stdin().lock())
    } else {
        File::open(path).and_then(bounded)
    };
    let bytes = bytes.map_err(|error| unreadable(path, &error))?;
    if bytes.len() > DOCUMENT_BYTES_MAX {
        let limit = DOCUMENT_BYTES_MAX / 1024;
        let problem = Problem::error(format!("is larger than {limit} KiB, the most that is read"));
        return Err(problem.hint("check that it is a plan; a large one has a tenth of that".into()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = bytes[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        let byte = bytes[good];
        Problem::error(format!(
            "is not UTF-8: byte 0x{byte:02x} in line {line} begins no character"
        ))
        .hint("save it as UTF-8".into())
    })
}

fn bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(DOCUMENT_BYTES_MAX).unwrap_or(u64::MAX);
    from.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    match error.kind() {
        ErrorKind::NotFound => Problem::error("there is no such file".into())
            .hint("name the plan's path, usually `sluice.yaml` beside the service's code".into()),
        ErrorKind::IsADirectory => Problem::error("is a directory".into()).hint(format!(
            "name the plan in it: `{}`",
            path.join("sluice.yaml").display()
        )),
        ErrorKind::PermissionDenied => Problem::error("there is no permission to read it".into())
            .hint(format!("allow it: `chmod u+r {}`", path.display())),
        _ => Problem::error(format!("cannot be read: {error}")),
    }
}
