//! Hooks of deployments: what services of AWS pass to our functions, and what
//! they make of the answers.

mod calls;
pub(crate) mod codedeploy;
mod ecs;
