//! AWS of a simulated world, as those in it see it.

use std::sync::Arc;

use jiff::SignedDuration;
use sluice_aws::{Aws, Disconnected, Unanswered, Wire};
use sluice_world::rights::access_key_of;
use sluice_world::world::FUNCTION_ACCESS_KEY;
use sluice_world::{Broken, HostTrouble, World};

/// AWS as somebody in this world's account sees it.
pub fn aws_of(world: &World) -> Aws {
    aws_with(world, FUNCTION_ACCESS_KEY)
}

/// AWS as a function sees it, with the access key of its own role.
pub fn aws_for(world: &World, function: &str) -> Aws {
    aws_with(world, &access_key_of(function))
}

fn aws_with(world: &World, access_key: &str) -> Aws {
    let handler = world.handler();
    let clock = world.clock();
    let ahead = SignedDuration::from_secs(world.fault_plan().clock_ahead_seconds);
    let wire = Wire::simulated(
        Arc::new(move |request| {
            let answer = handler(request);
            Box::pin(async move {
                answer.await.map_err(|broken| match broken {
                    Broken::Timeout => Disconnected::TimedOut,
                    Broken::Reset => Disconnected::Reset,
                })
            })
        }),
        move || clock.now() + ahead,
    );
    let outside = world.downgraded();
    let wire = wire.with_outside(Arc::new(move |request| {
        let world = outside.clone();
        Box::pin(async move {
            let Some(world) = world.upgrade() else {
                return Err(Unanswered::NoConnection("the world is gone".to_owned()));
            };
            world.host_answer(&request).await.map_err(unanswered)
        })
    }));
    Aws::simulated(wire, &world.scenario().region, access_key)
}

fn unanswered(trouble: HostTrouble) -> Unanswered {
    match trouble {
        HostTrouble::NotNamed(host) => Unanswered::NotInScenario(host),
        HostTrouble::Down => Unanswered::NoConnection(trouble.to_string()),
    }
}
