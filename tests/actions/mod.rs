//! Custom actions: pipelines in the simulated AWS, whose jobs the real worker
//! takes and the real gates judge.

mod bed;
mod every_call;
mod load;
mod shared;
