//! What resolving plans costs: every service of a plan store at so many
//! stages. `make bench` runs it against a table in moto.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sluice_aws::Aws;
use sluice_core::layers::{Asked, Layer, Scope, resolve};
use sluice_host::PlanStore;

const HELP: &str = "usage: resolve_plans TABLE SERVICES STAGES";

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [table, services, stages] = arguments.as_slice() else {
        return Err(io::Error::other(HELP));
    };
    let number = |text: &String| text.parse::<usize>().map_err(io::Error::other);
    let (services, stages) = (number(services)?, number(stages)?);
    let aws = Aws::from_environment().await.map_err(io::Error::other)?;
    let store = PlanStore { aws: &aws, table };
    let mut cost = Cost::default();
    for index in 0..services {
        cost.service(&store, &format!("service-{index}"), stages)
            .await?;
    }
    writeln!(
        io::stdout(),
        "{{\"plans\":{},\"gates\":{},\"calls\":{},\"reading\":{:.3},\"resolving\":{:.3}}}",
        cost.plans,
        cost.gates,
        cost.calls,
        cost.reading.as_secs_f64(),
        cost.resolving.as_secs_f64()
    )
}

#[derive(Default)]
struct Cost {
    plans: usize,
    gates: usize,
    calls: usize,
    reading: Duration,
    resolving: Duration,
}

impl Cost {
    /// One service: its layers are the same at each of these stages.
    async fn service(
        &mut self,
        store: &PlanStore<'_>,
        service: &str,
        stages: usize,
    ) -> io::Result<()> {
        let begun = now();
        let layers = store
            .layers(service, "prod-0")
            .await
            .map_err(io::Error::other)?;
        self.reading += begun.elapsed();
        let of_stages = |layer: &&Layer| matches!(layer.scope, Some(Scope::Stage(_)));
        // The organisation, the service, and which patterns there are.
        self.calls += 3 + layers.iter().filter(of_stages).count();
        let begun = now();
        for stage in 0..stages {
            let asked = Asked {
                pipeline: Some(service),
                release: "r-1",
                stage: &format!("prod-{stage}"),
                service,
                at: Timestamp::UNIX_EPOCH,
            };
            let plan = resolve(&asked, &layers).map_err(io::Error::other)?;
            self.gates += plan.plan.gates.len();
            self.plans += 1;
        }
        self.resolving += begun.elapsed();
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn now() -> Instant {
    Instant::now()
}
