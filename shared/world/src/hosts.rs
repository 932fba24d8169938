//! Hosts of the user, as far as a scenario names them. Whatever it does not
//! name is not reached.

use std::collections::BTreeMap;
use std::sync::Mutex;

use http::{Request, Response};

use crate::World;
use crate::scenario::HostAnswer;

/// Why a host gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostTrouble {
    /// The scenario does not name it.
    #[error("the scenario names no host `{0}`")]
    NotNamed(String),
    /// Nobody listens there.
    #[error("connection refused")]
    Down,
}

/// How often each answer of each host was given.
#[derive(Debug, Default)]
pub(crate) struct Given(Mutex<BTreeMap<(String, usize), u32>>);

impl Given {
    /// The first answer to a path that may be given yet, which counts it.
    fn next<'a>(
        &self,
        host: &str,
        path: &str,
        answers: &'a [HostAnswer],
    ) -> Option<&'a HostAnswer> {
        let mut given = self.0.lock().expect("nothing panics while it holds this");
        answers.iter().enumerate().find_map(|(index, answer)| {
            let fits = answer.path.as_ref().is_none_or(|own| own == path);
            let times = given.entry((host.to_owned(), index)).or_default();
            if !fits || answer.times.is_some_and(|most| *times >= most) {
                return None;
            }
            *times += 1;
            Some(answer)
        })
    }
}

impl World {
    /// What a host of the user answers. One that has no answer for a path
    /// says 404.
    ///
    /// # Errors
    ///
    /// The scenario does not name the host, or says that it is down.
    pub async fn host_answer(
        &self,
        request: &Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, HostTrouble> {
        let host = request.uri().host().unwrap_or("").to_ascii_lowercase();
        let Some(answers) = self.scenario().hosts.get(&host) else {
            return Err(HostTrouble::NotNamed(host));
        };
        let path = request.uri().path();
        let Some(answer) = self.given().next(&host, path, answers) else {
            return Ok(made(404, &BTreeMap::new(), ""));
        };
        if let Some(delay) = answer.delay {
            let milliseconds = u64::try_from(delay.as_milliseconds()).unwrap_or(0);
            tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
        }
        if answer.down {
            return Err(HostTrouble::Down);
        }
        let status = answer.status.unwrap_or(200);
        Ok(made(status, &answer.headers, &answer.body))
    }
}

/// Scenarios are checked for what is no response.
fn made(status: u16, headers: &BTreeMap<String, String>, body: &str) -> Response<Vec<u8>> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    let body = body.as_bytes().to_vec();
    response.body(body).expect("the scenario was checked")
}

/// What makes an answer impossible.
pub(crate) fn mistake(answer: &HostAnswer) -> Option<String> {
    let mut response = Response::builder().status(answer.status.unwrap_or(200));
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(()).err().map(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::Scenario;

    use super::*;

    const SCENARIO: &str = "about: hosts
hosts:
  a.example:
    - { path: /health, status: 503, times: 2 }
    - { path: /health, headers: { x-version: v2 }, body: up, delay: 30s }
  b.example: [{ down: true }]
";

    async fn ask(world: &World, address: &str) -> Result<(u16, String), HostTrouble> {
        let request = Request::get(address).body(Vec::new()).unwrap();
        let response = world.host_answer(&request).await?;
        let status = response.status().as_u16();
        Ok((status, String::from_utf8(response.into_body()).unwrap()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_gives_its_answers_in_turn_and_a_stranger_none() {
        let scenario = Scenario::parse(SCENARIO, Path::new(".")).unwrap();
        let world = World::new(scenario);
        let health = "https://A.example/health";
        for expected in [503, 503, 200, 200] {
            assert_eq!(ask(&world, health).await.unwrap().0, expected);
        }
        let began = tokio::time::Instant::now();
        let answer = ask(&world, health).await;
        assert_eq!(answer, Ok((200, "up".to_owned())));
        assert_eq!(began.elapsed().as_secs(), 30);
        let other = ask(&world, "https://a.example/other").await;
        assert_eq!(other, Ok((404, String::new())));
        let down = ask(&world, "https://b.example/").await;
        assert_eq!(down, Err(HostTrouble::Down));
        let stranger = ask(&world, "https://c.example/").await;
        assert_eq!(stranger, Err(HostTrouble::NotNamed("c.example".to_owned())));
    }

    #[test]
    fn an_answer_that_cannot_be_is_a_mistake_of_the_scenario() {
        let text = "about: a\nhosts: { a.example: [{ status: 9 }] }\n";
        let error = Scenario::parse(text, Path::new(".")).unwrap_err();
        assert!(error.to_string().contains("host `a.example`"), "{error}");
    }
}
