//! Bodies: their tags, ranges of them, and the chunked encoding in which
//! SDKs send a checksum after them.

use http::HeaderMap;

/// A tag that follows from the bytes: 32 hexadecimal digits in quotes. Not an
/// MD5, as S3's is not for objects encrypted with a KMS key.
pub(super) fn tag(body: &[u8]) -> String {
    let (mut low, mut high) = (0xCBF2_9CE4_8422_2325_u64, 0x6C62_272E_07BB_0142_u64);
    for byte in body {
        low = (low ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        high = (high.rotate_left(5) ^ low).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    let bytes = [low.to_be_bytes(), high.to_be_bytes()].concat();
    format!("\"{}\"", super::hexadecimal(&bytes))
}

/// A range that lies beyond the object.
pub(super) struct Beyond;

/// The first byte and the one after the last that `bytes=...` asks of an
/// object of `size` bytes; nothing for a header that S3 would ignore.
pub(super) fn parse_range(range: &str, size: usize) -> Option<Result<(usize, usize), Beyond>> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (from, to) = match (from.parse::<usize>().ok(), to.parse::<usize>().ok()) {
        (Some(from), Some(to)) if from <= to => (from, to.saturating_add(1).min(size)),
        (Some(from), None) if to.is_empty() => (from, size),
        (None, Some(last)) if from.is_empty() && last > 0 => (size.saturating_sub(last), size),
        _ => return None,
    };
    Some(if from < size {
        Ok((from, to))
    } else {
        Err(Beyond)
    })
}

/// The bytes of a request's body; nothing if it is cut off or misencoded.
pub(super) fn decode(headers: &HeaderMap, body: &[u8]) -> Option<Vec<u8>> {
    let is_chunked = |value: &http::HeaderValue| {
        let text = value.to_str().unwrap_or_default();
        text.split(',').any(|coding| coding.trim() == "aws-chunked")
    };
    if !headers.get_all("content-encoding").iter().any(is_chunked) {
        return Some(body.to_vec());
    }
    let decoded = decode_chunks(body)?;
    let length = headers.get("x-amz-decoded-content-length");
    let length = length.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    length
        .is_none_or(|length| length == decoded.len())
        .then_some(decoded)
}

/// Chunks of `SIZE[;extension]\r\nBYTES\r\n` up to one of size 0; trailers
/// follow that, and are not looked at.
fn decode_chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(rest.len());
    loop {
        let line_end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let line = std::str::from_utf8(&rest[..line_end]).ok()?;
        let digits = line
            .split_once(';')
            .map_or(line, |(digits, _extension)| digits);
        let size = usize::from_str_radix(digits.trim(), 16).ok()?;
        rest = &rest[line_end + 2..];
        if size == 0 {
            return Some(decoded);
        }
        decoded.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
}
