//! Forms and packed bodies.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn packed(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn request(encoding: Option<&str>, body: Vec<u8>) -> Request<Vec<u8>> {
    let request = encoding.map_or_else(Request::builder, |encoding| {
        Request::builder().header("content-encoding", encoding)
    });
    request.body(body).unwrap()
}

#[test]
fn a_form_is_decoded_and_a_name_may_be_alone() {
    let form = read_form("Action=A&a+b=c%26d&list-type&");
    assert_eq!(form.len(), 3);
    assert_eq!(form["Action"], "A");
    assert_eq!(form["a b"], "c&d");
    assert_eq!(form["list-type"], "");
}

#[test]
fn a_packed_body_is_unpacked_and_another_left_alone() {
    let packed_request = request(Some("gzip"), packed(b"{}"));
    assert_eq!(unpacked(&packed_request).unwrap(), &b"{}"[..]);
    let plain = request(None, b"{}".to_vec());
    assert_eq!(unpacked(&plain).unwrap(), &b"{}"[..]);
}

#[test]
fn what_cannot_be_unpacked_is_refused() {
    let broken = unpacked(&request(Some("gzip"), b"{}".to_vec())).map(|_| ());
    assert_eq!(broken.unwrap_err().code, "SerializationException");
    let zeros = vec![0; usize::try_from(UNPACKED_BYTES_MAX).unwrap() + 1];
    let long = unpacked(&request(Some("gzip"), packed(&zeros))).map(|_| ());
    assert_eq!(long.unwrap_err().status, 413);
}
