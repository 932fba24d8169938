//! Tells one notice on one channel, as a function does: for tests against
//! services that others wrote. Reads channel and notice as JSON from its
//! standard input, and says what came of it.

use std::io::{self, Write};

use jiff::SignedDuration;
use serde::Deserialize;
use sluice_aws::Aws;
use sluice_core::address::{AddressRange, AddressRule};
use sluice_core::notices::{Channel, Notice, Templates};
use sluice_host::{Messenger, Pace, Vendors};

#[derive(Deserialize)]
struct Asked {
    channel: Channel,
    notice: Notice,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let asked: Asked = serde_json::from_reader(io::stdin().lock())?;
    let aws = Aws::from_environment().await.map_err(io::Error::other)?;
    let loopback = AddressRange::read("127.0.0.1").expect("it is an address");
    let vendors = Vendors {
        addresses: AddressRule {
            allowed: vec![loopback],
        },
        ..Vendors::default()
    };
    let messenger = Messenger::with(vendors, Pace::default());
    let until = aws.now() + SignedDuration::from_secs(30);
    let templates = Templates::default();
    let delivered = messenger.deliver(&aws, &asked.channel, &asked.notice, &templates, until);
    writeln!(io::stdout(), "{:?}", delivered.await)
}
