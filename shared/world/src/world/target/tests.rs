//! What a request is for, and errors in the form that each client reads.

use http::Request;

use super::Target;
use crate::wire::ApiError;

fn request(method: &str, address: &str, headers: &[(&str, &str)], body: &str) -> Request<Vec<u8>> {
    let request = Request::builder().method(method).uri(address);
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    request.body(body.as_bytes().to_vec()).unwrap()
}

#[track_caller]
fn check(request: &Request<Vec<u8>>, service: &str, operation: &str) {
    let target = Target::of(request).unwrap();
    assert_eq!(
        (target.service, target.operation.as_str()),
        (service, operation)
    );
}

#[test]
fn each_protocol_names_its_operation_elsewhere() {
    let monitoring = "https://monitoring.us-east-1.amazonaws.com";
    let json = [(
        "x-amz-target",
        "GraniteServiceVersion20100801.GetMetricData",
    )];
    check(
        &request("POST", monitoring, &json, "{}"),
        "cloudwatch",
        "GetMetricData",
    );
    let cbor = [("smithy-protocol", "rpc-v2-cbor")];
    let path =
        format!("{monitoring}/service/GraniteServiceVersion20100801/operation/DescribeAlarms");
    check(
        &request("POST", &path, &cbor, ""),
        "cloudwatch",
        "DescribeAlarms",
    );
    let sts = "https://sts.us-east-1.amazonaws.com/";
    let form = "Version=2011-06-15&Action=GetCallerIdentity";
    check(&request("POST", sts, &[], form), "sts", "GetCallerIdentity");
    let invoke = "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/f/invocations";
    check(&request("POST", invoke, &[], "{}"), "lambda", "Invoke");
}

#[test]
fn a_method_on_a_bucket_is_another_operation_than_on_a_key() {
    let bucket = "https://s3.us-east-1.amazonaws.com/bucket";
    let key = "https://bucket.s3.us-east-1.amazonaws.com/key";
    check(&request("PUT", bucket, &[], ""), "s3", "CreateBucket");
    check(&request("HEAD", bucket, &[], ""), "s3", "HeadBucket");
    check(&request("GET", bucket, &[], ""), "s3", "ListObjectsV2");
    check(&request("PUT", key, &[], ""), "s3", "PutObject");
    check(&request("GET", key, &[], ""), "s3", "GetObject");
    // The right to read covers both, and so does a refusal of it.
    check(&request("HEAD", key, &[], ""), "s3", "GetObject");
}

/// The header that an error has for who asked with these headers.
fn error_header(address: &str, headers: &[(&str, &str)], error: &ApiError) -> Vec<String> {
    let target = Target::of(&request("POST", address, headers, "")).unwrap();
    let response = target.refused(error);
    let names = ["x-amzn-query-error", "x-amzn-errortype"];
    let values = names
        .iter()
        .filter_map(|name| response.headers().get(*name));
    values
        .map(|value| value.to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn codes_of_the_query_protocol_are_for_clients_that_ask_for_them() {
    let address = "https://monitoring.us-east-1.amazonaws.com/";
    let asks = [("x-amzn-query-mode", "true")];
    let throttled = ApiError::client("ThrottlingException", "Rate exceeded");
    assert_eq!(error_header(address, &[], &throttled), Vec::<String>::new());
    assert_eq!(
        error_header(address, &asks, &throttled),
        ["Throttling;Sender"]
    );
    let unknown = ApiError::client("ResourceNotFound", "no");
    let sender = ["ResourceNotFound;Sender"];
    assert_eq!(error_header(address, &asks, &unknown), sender);
    let failed = ApiError::server("InternalFailure", "no");
    let receiver = ["InternalFailure;Receiver"];
    assert_eq!(error_header(address, &asks, &failed), receiver);
}

#[test]
fn lambda_names_its_errors_in_a_header() {
    let address = "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/f/invocations";
    let error = ApiError::client("InvalidRequestContentException", "no");
    assert_eq!(
        error_header(address, &[], &error),
        ["InvalidRequestContentException"]
    );
}
