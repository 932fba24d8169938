//! Which questions there are, and what follows from which answer.

use std::collections::BTreeMap;

use super::InitArguments;
use super::answers::{
    Answers, Bake, Canary, CanaryBy, Counter, Form, GateKind, Traffic, TrafficBy,
};
use super::ask::{Asking, Question};
use super::check;
use crate::region::Stopped;

/// Flags and whoever asks.
struct Asked<'a> {
    given: &'a InitArguments,
    asking: &'a mut Asking,
    /// What two gates may ask for, by its flag.
    before: BTreeMap<&'static str, String>,
}

/// What was answered.
pub(super) fn answers(given: &InitArguments, asking: &mut Asking) -> Result<Answers, Stopped> {
    let before = BTreeMap::new();
    let mut asked = Asked {
        given,
        asking,
        before,
    };
    let answers = asked.all()?;
    asked.asking.done()?;
    // A role's name is shorter than a service's may be.
    if answers.role().is_some() && answers.service.len() > 64 {
        let error = "a role's name has at most 64 characters, and it is the service's".to_owned();
        return Err(Stopped::usage(
            error,
            "take a shorter `--service`, or `--account none`",
        ));
    }
    Ok(answers)
}

impl Asked<'_> {
    /// An answer; the empty one where it is missing, which [`Asking::done`]
    /// tells of.
    fn ask<T: Default>(
        &mut self,
        flag: &'static str,
        asks: &str,
        default: Option<&str>,
        given: Option<&str>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Stopped> {
        let question = Question {
            flag,
            asks,
            default,
        };
        Ok(self.asking.ask(&question, given, read)?.unwrap_or_default())
    }

    /// The same, asked once however many gates need it.
    fn once(
        &mut self,
        flag: &'static str,
        asks: &str,
        default: Option<&str>,
        given: Option<&str>,
        read: impl Fn(&str) -> Result<String, String>,
    ) -> Result<String, Stopped> {
        if let Some(before) = self.before.get(flag) {
            return Ok(before.clone());
        }
        let answer = self.ask(flag, asks, default, given, read)?;
        self.before.insert(flag, answer.clone());
        Ok(answer)
    }

    fn all(&mut self) -> Result<Answers, Stopped> {
        let given = self.given;
        let folder = folder_name(given);
        let service = self.ask(
            "--service",
            "Name of the service",
            folder.as_deref(),
            given.service.as_deref(),
            check::name,
        )?;
        let as_service = Some(service.as_str()).filter(|own| !own.is_empty());
        let pipeline = self.ask(
            "--pipeline",
            "Name of its pipeline",
            as_service,
            given.pipeline.as_deref(),
            check::name,
        )?;
        let stage = self.ask(
            "--stage",
            "Stage of the pipeline whose releases are judged",
            Some("prod"),
            given.stage.as_deref(),
            check::name,
        )?;
        let form = self.form()?;
        let gates = self.gates()?;
        let has = |kind| gates.contains(&kind);
        let bake = has(GateKind::Bake).then(|| self.bake()).transpose()?;
        let canary = has(GateKind::Canary).then(|| self.canary()).transpose()?;
        let health_url = has(GateKind::Validate)
            .then(|| self.health_url())
            .transpose()?;
        let account = match bake.is_some() || canary.is_some() {
            true => self.account()?,
            false => None,
        };
        let (sluice_stack, artifact, run_order) = self.installed()?;
        Ok(Answers {
            service,
            pipeline,
            stage,
            form,
            bake,
            canary: canary.flatten(),
            health_url,
            account,
            sluice_stack,
            artifact,
            run_order,
        })
    }

    fn form(&mut self) -> Result<Form, Stopped> {
        if let Some(form) = self.given.form {
            return Ok(form);
        }
        let question = Question {
            flag: "--for",
            asks: &format!("How the pipeline is written ({})", check::listed::<Form>()),
            default: Some("cloudformation"),
        };
        let form = self.asking.ask(&question, None, check::word)?;
        Ok(form.unwrap_or(Form::CloudFormation))
    }

    fn gates(&mut self) -> Result<Vec<GateKind>, Stopped> {
        if !self.given.gates.is_empty() {
            return Ok(self.given.gates.clone());
        }
        let all = check::listed::<GateKind>();
        let asks = format!("Gates, separated by commas ({all})");
        let gates: Vec<GateKind> = self.ask("--gate", &asks, Some("bake"), None, check::several)?;
        // What follows from the default is named with it.
        Ok(if gates.is_empty() {
            vec![GateKind::Bake]
        } else {
            gates
        })
    }

    fn bake(&mut self) -> Result<Bake, Stopped> {
        let given = self.given;
        let alarms = self.alarms()?;
        let bake_for = self.ask(
            "--bake-for",
            "bake: how long they have to stay quiet",
            Some("1h"),
            given.bake_for.as_deref(),
            check::length,
        )?;
        let traffic = self.traffic()?;
        Ok(Bake {
            alarms,
            bake_for,
            traffic,
        })
    }

    /// One a flag: a name may have a comma in it.
    fn alarms(&mut self) -> Result<Vec<String>, Stopped> {
        let given = &self.given.alarms;
        if !given.is_empty() {
            return check::alarm_names(given.clone())
                .map_err(|why| Stopped::usage(format!("`--alarm`: {why}"), "name others"));
        }
        let asks = "bake: alarms that have to stay quiet, separated by commas";
        self.ask("--alarm", asks, None, None, check::alarms)
    }

    fn traffic(&mut self) -> Result<Option<Traffic>, Stopped> {
        let given = self.given;
        let by = match given.traffic {
            Some(by) => Some(by),
            None => {
                let all = check::listed::<TrafficBy>();
                let asks = format!("bake: what counts the requests ({all})");
                let question = Question {
                    flag: "--traffic",
                    asks: &asks,
                    default: None,
                };
                self.asking.ask(&question, None, check::word)?
            }
        };
        let by = match by {
            None | Some(TrafficBy::NotMeasured) => return Ok(None),
            Some(TrafficBy::Alb) => Counter::Alb {
                load_balancer: self.load_balancer()?,
                target_group: self.ask(
                    "--target-group",
                    "bake: the target group of what is deployed, or `all`",
                    Some("all"),
                    given.target_group.as_deref(),
                    check::target_group_or_all,
                )?,
            },
            Some(TrafficBy::ApiGateway) => {
                let (api, stage) = self.api()?;
                Counter::ApiGateway { api, stage }
            }
            Some(TrafficBy::Lambda) => {
                let (function, alias) = self.function()?;
                Counter::Lambda { function, alias }
            }
        };
        let at_least = self.ask(
            "--at-least",
            "bake: requests that there have to be in the whole bake",
            Some("100"),
            given.at_least.as_deref(),
            check::count,
        )?;
        Ok(Some(Traffic { by, at_least }))
    }

    fn canary(&mut self) -> Result<Option<Canary>, Stopped> {
        let given = self.given;
        let by = match given.canary {
            Some(by) => Some(by),
            None => {
                let all = check::listed::<CanaryBy>();
                let asks = format!("canary: what divides the requests ({all})");
                let question = Question {
                    flag: "--canary",
                    asks: &asks,
                    default: None,
                };
                self.asking.ask(&question, None, check::word)?
            }
        };
        Ok(match by {
            None => None,
            Some(CanaryBy::Alb) => Some(Canary::Alb {
                load_balancer: self.load_balancer()?,
                baseline: self.ask(
                    "--baseline-target-group",
                    "canary: the target group of the old version",
                    None,
                    given.baseline_target_group.as_deref(),
                    check::target_group,
                )?,
                canary: self.ask(
                    "--canary-target-group",
                    "canary: the target group of the new version",
                    None,
                    given.canary_target_group.as_deref(),
                    check::target_group,
                )?,
            }),
            Some(CanaryBy::ApiGateway) => {
                let (api, stage) = self.api()?;
                Some(Canary::ApiGateway { api, stage })
            }
            Some(CanaryBy::LambdaAlias) => {
                let (function, alias) = self.function()?;
                Some(Canary::LambdaAlias { function, alias })
            }
        })
    }
}

/// The questions that several gates ask, or that are asked at the end.
impl Asked<'_> {
    fn load_balancer(&mut self) -> Result<String, Stopped> {
        let given = self.given.load_balancer.as_deref();
        let asks = "alb: the load balancer, its ARN or the end of it";
        self.once("--load-balancer", asks, None, given, check::load_balancer)
    }

    fn api(&mut self) -> Result<(String, String), Stopped> {
        let given = self.given;
        let asks = "api-gateway: the name of the REST API";
        let api = self.once("--api", asks, None, given.api.as_deref(), check::words)?;
        let (asks, own) = ("api-gateway: its stage", given.api_stage.as_deref());
        let stage = self.once("--api-stage", asks, Some("prod"), own, check::words)?;
        Ok((api, stage))
    }

    fn function(&mut self) -> Result<(String, String), Stopped> {
        let given = self.given;
        let (asks, own) = ("lambda: the function", given.function.as_deref());
        let function = self.once("--function", asks, None, own, check::function)?;
        let (asks, own) = ("lambda: the alias that people use", given.alias.as_deref());
        let alias = self.once("--alias", asks, Some("live"), own, check::words)?;
        Ok((function, alias))
    }

    fn health_url(&mut self) -> Result<String, Stopped> {
        let given = self.given.health_url.as_deref();
        let asks = "validate: an address that answers 200 while the service is well";
        self.ask("--health-url", asks, None, given, check::url)
    }

    fn account(&mut self) -> Result<Option<String>, Stopped> {
        let given = self.given.account.as_deref();
        let asks =
            "Account of the alarms and metrics, for the role that they are read with, or `none`";
        self.ask("--account", asks, None, given, check::account)
    }

    /// The stack, the artifact and the run order.
    fn installed(&mut self) -> Result<(String, String, u32), Stopped> {
        let given = self.given;
        let (asks, own) = (
            "Stack that Sluice is installed as",
            given.sluice_stack.as_deref(),
        );
        let stack = self.ask("--sluice-stack", asks, Some("sluice"), own, check::stack)?;
        let asks = "Artifact of the pipeline that will have sluice.yaml at its root";
        let own = given.artifact.as_deref();
        let artifact = self.ask("--artifact", asks, Some("source"), own, check::name)?;
        let asks = "Run order of the first gate, higher than the deployment's";
        let own = given.run_order.as_deref();
        let run_order = self.ask("--run-order", asks, Some("2"), own, check::run_order)?;
        Ok((stack, artifact, run_order))
    }
}

/// What the folder is called, if a service can be called so.
fn folder_name(given: &InitArguments) -> Option<String> {
    let folder = given.folder.canonicalize().ok()?;
    check::name(folder.file_name()?.to_str()?).ok()
}
