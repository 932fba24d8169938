//! Which addresses a test may reach from where it runs.
//!
//! A plan is written by whoever can merge to one repository, and its tests run
//! inside an account: the metadata of the machine, and what else listens only
//! for the function itself, are out of bounds unless the plan allows them.
//! Private networks are not, since that is where services are.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// Addresses that begin alike: `127.0.0.0/8`, `::1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub struct AddressRange {
    first: IpAddr,
    bits: u8,
}

impl AddressRange {
    /// Reads an address, or a range in CIDR notation. Bits behind the prefix
    /// have to be zero.
    pub fn read(text: &str) -> Option<AddressRange> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().ok()?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        let range = AddressRange { first, bits };
        (bits <= most && range.mask(first) == number(first)).then_some(range)
    }

    fn mask(&self, address: IpAddr) -> u128 {
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let dropped = width.saturating_sub(u32::from(self.bits));
        let kept = u128::MAX.checked_shl(dropped).unwrap_or(0);
        number(address) & kept
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && self.mask(address) == number(self.first)
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

impl Serialize for AddressRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Which addresses are out of bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressRule {
    /// Those that the plan allows all the same.
    pub allowed: Vec<AddressRange>,
}

impl AddressRule {
    /// What an address is that may not be reached.
    pub fn refuses(&self, address: IpAddr) -> Option<&'static str> {
        let address = inner(address);
        if self.allowed.iter().any(|range| range.contains(address)) {
            return None;
        }
        match address {
            IpAddr::V4(address) => refused_v4(address),
            IpAddr::V6(address) => refused_v6(address),
        }
    }
}

/// The IPv4 address that an IPv6 address stands for, if it does.
fn inner(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let segments = v6.segments();
    let embedded = |high: u16, low: u16| {
        IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
    };
    match segments {
        // `::1` and `::` are addresses of their own.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => embedded(high, low),
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => embedded(high, low),
        _ => address,
    }
}

fn refused_v4(address: Ipv4Addr) -> Option<&'static str> {
    if address.is_loopback() {
        Some("loopback")
    } else if address.is_link_local() {
        Some("link-local, where a machine's metadata is")
    } else if address.octets()[0] == 0 {
        Some("no address, which leads to the machine itself")
    } else if address.is_multicast() || address.octets()[0] >= 240 {
        Some("not the address of one machine")
    } else {
        None
    }
}

/// `fd00:ec2::/32`: instance metadata and other services of the machine itself.
const AWS_LOCAL: [u16; 2] = [0xfd00, 0x0ec2];

fn refused_v6(address: Ipv6Addr) -> Option<&'static str> {
    if address.is_loopback() {
        Some("loopback")
    } else if address.is_unspecified() {
        Some("no address, which leads to the machine itself")
    } else if address.is_unicast_link_local() {
        Some("link-local")
    } else if address.segments()[..2] == AWS_LOCAL {
        Some("where a machine's metadata is")
    } else if address.is_multicast() {
        Some("not the address of one machine")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressRange, AddressRule};

    fn rule(allowed: &[&str]) -> AddressRule {
        let ranges = allowed.iter().map(|text| AddressRange::read(text).unwrap());
        AddressRule {
            allowed: ranges.collect(),
        }
    }

    #[test]
    fn what_only_the_machine_itself_should_reach_is_refused_in_every_form() {
        for address in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "169.254.169.254",
            "169.254.170.2",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "::ffff:0:127.0.0.1",
        ] {
            let refused = rule(&[]).refuses(address.parse().unwrap());
            assert!(refused.is_some(), "{address}");
        }
    }

    #[test]
    fn where_services_are_is_allowed() {
        for address in ["10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1"] {
            assert_eq!(rule(&[]).refuses(address.parse().unwrap()), None);
        }
        for address in ["8.8.8.8", "2600:1f18::1", "fd12::1", "64:ff9b::808:808"] {
            assert_eq!(rule(&[]).refuses(address.parse().unwrap()), None);
        }
    }

    #[test]
    fn what_the_plan_allows_is_allowed_and_no_more() {
        let loopback = rule(&["127.0.0.0/8"]);
        for (address, is_allowed) in [
            ("127.0.0.1", true),
            ("::ffff:127.0.0.1", true),
            ("::1", false),
            ("169.254.169.254", false),
        ] {
            let refused = loopback.refuses(address.parse().unwrap());
            assert_eq!(refused.is_none(), is_allowed, "{address}");
        }
        assert_eq!(rule(&["::1"]).refuses("::1".parse().unwrap()), None);
    }

    #[test]
    fn ranges_read_back_and_sloppy_ones_are_refused() {
        assert_eq!(
            AddressRange::read("::1").unwrap().to_string(),
            "::1/128".to_owned()
        );
        for text in ["127.0.0.1/8", "127.0.0.0/33", "localhost", "", "1.2.3/8"] {
            assert_eq!(AddressRange::read(text), None, "{text}");
        }
        assert!(AddressRange::read("0.0.0.0/0").is_some());
    }
}
