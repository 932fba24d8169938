//! Hooks of deployments: what services of AWS pass to our functions, and what
//! they make of the answers.

mod calls;
mod codedeploy;
mod ecs;
