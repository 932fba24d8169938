//! Artifacts that are no plan, or worse.

use std::io::{Cursor, Write};

use serde_json::json;
use sluice::rehearsal::artifact;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::bench::{Case, PLAN, QUIET, parameters};

const MISTAKE: &str = "ConfigurationError";

fn case(content: Vec<u8>) -> Case {
    Case {
        artifact: content,
        ..Case::default()
    }
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        zip.start_file(*path, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn what_is_no_zip_is_refused() {
    let cut = artifact("sluice.yaml", PLAN);
    let cut = cut[..cut.len() / 2].to_vec();
    for content in [Vec::new(), PLAN.as_bytes().to_vec(), vec![0; 10_000], cut] {
        case(content).check_refused(MISTAKE, &["PlanUnreadable", "`source`", "ZIP"]);
    }
}

#[test]
fn a_zip_bomb_is_refused_before_it_unpacks() {
    let bomb = zipped(&[("sluice.yaml", &vec![0; 64 * 1024 * 1024])]);
    assert!(bomb.len() < 100_000);
    case(bomb).check_refused(MISTAKE, &["PlanUnreadable", "unpacks to more than"]);
}

#[test]
fn a_plan_that_is_merely_too_large_is_refused() {
    // Text that does not compress like a bomb.
    let mut text = PLAN.to_owned();
    let mut number = 1_u64;
    while text.len() < 300 * 1024 {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        text.push_str(&format!("# {number:x}\n"));
    }
    case(artifact("sluice.yaml", &text))
        .check_refused(MISTAKE, &["PlanUnreadable", "more than 262144 bytes"]);
}

/// Writes a number over every place where the archive says the unpacked size.
fn with_size(mut archive: Vec<u8>, size: u32) -> Vec<u8> {
    for (mark, offset) in [(b"PK\x03\x04", 22), (b"PK\x01\x02", 24)] {
        let at = archive.windows(4).position(|four| four == mark).unwrap();
        archive[at + offset..at + offset + 4].copy_from_slice(&size.to_le_bytes());
    }
    archive
}

#[test]
fn an_archive_that_lies_about_its_sizes_is_not_believed() {
    let bomb = zipped(&[("sluice.yaml", &vec![b' '; 8 * 1024 * 1024])]);
    case(with_size(bomb, 100)).check_refused(MISTAKE, &["PlanUnreadable"]);
    // A small plan that claims gigabytes allocates none, whatever comes of it.
    let done = case(with_size(artifact("sluice.yaml", PLAN), u32::MAX - 1)).run();
    assert!(done.crashed.is_empty());
}

#[test]
fn an_archive_without_the_plan_is_told_where_one_is() {
    case(zipped(&[("README.md", b"hello")])).check_refused(
        MISTAKE,
        &["PlanUnreadable", "no file `sluice.yaml`", "`path`"],
    );
    case(zipped(&[("deploy/sluice.yaml", PLAN.as_bytes())])).check_refused(
        MISTAKE,
        &["no file `sluice.yaml`; it has `deploy/sluice.yaml`"],
    );
}

#[test]
fn an_archive_with_too_many_entries_is_refused() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..65_536 {
        let path = format!("{number:x}");
        zip.start_file(path, SimpleFileOptions::default()).unwrap();
    }
    let content = zip.finish().unwrap().into_inner();
    case(content).check_refused(MISTAKE, &["PlanUnreadable", "65536 entries"]);
}

#[test]
fn a_plan_that_is_not_utf8_is_refused() {
    case(zipped(&[("sluice.yaml", b"service: \xff\xfe")])).check_refused(MISTAKE, &["UTF-8"]);
}

#[test]
fn archives_of_random_bytes_after_a_good_beginning_never_crash() {
    let good = artifact("sluice.yaml", PLAN);
    for at in (0..good.len()).step_by(7) {
        let mut bad = good.clone();
        bad[at] ^= 0x41;
        assert!(case(bad).run().crashed.is_empty(), "byte {at}");
    }
}

#[test]
fn an_artifact_that_is_not_there_is_named_with_its_place() {
    let missing = Case::event(|event| {
        let artifact = &mut event["CodePipeline.job"]["data"]["inputArtifacts"][0];
        artifact["name"] = json!("other");
        artifact["location"]["s3Location"]["objectKey"] = json!("checkout/other/1");
    });
    missing.check_refused(
        MISTAKE,
        &[
            "PlanUnreadable",
            "`other`",
            "s3://artifacts/",
            "does not exist",
        ],
    );
    let none = Case {
        input_artifacts: Vec::new(),
        ..Case::default()
    };
    none.check_refused(MISTAKE, &["PlanUnreadable", "no input artifact"]);
    let mut of = parameters();
    of["artifact"] = json!("build");
    Case::parameters(of).check_refused(MISTAKE, &["no input artifact `build`"]);
}

#[test]
fn an_artifact_that_may_not_be_read_is_an_error_of_rights() {
    let denied = Case {
        scenario: format!(
            "{QUIET}\nrefusals: [ {{ call: \"s3:GetObject\", error: AccessDenied }} ]\n"
        ),
        ..Case::default()
    };
    denied.check_refused("PermissionError", &["AccessDenied", "`s3:GetObject`"]);
}

#[test]
fn an_event_without_credentials_or_place_cannot_be_read() {
    let expected = ["PlanUnreadable", "does not say how to read", "`source`"];
    for pointer in [
        "/CodePipeline.job/data/artifactCredentials",
        "/CodePipeline.job/data/inputArtifacts/0/location",
        "/CodePipeline.job/data/inputArtifacts/0/location/s3Location",
    ] {
        Case::event(|event| *event.pointer_mut(pointer).unwrap() = json!(null))
            .check_refused(MISTAKE, &expected);
    }
    Case::event(|event| {
        event["CodePipeline.job"]["data"]
            .as_object_mut()
            .unwrap()
            .remove("artifactCredentials");
    })
    .check_refused(MISTAKE, &expected);
}
