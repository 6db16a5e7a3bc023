//! The whole system over HTTP: the real binary, a real nats-server, real sockets.
//!
//! Every test has its own server, port 0 and folder. Counts are small and seeded here; with `GAINSAY_SOAK=1` the same
//! code runs at the acceptance counts and prints seed and figures.

mod support;

mod access;
mod adjudications;
mod agreement;
mod archives;
mod bad_input;
mod blindness;
mod changes;
mod cluster;
mod concurrency;
mod crash;
mod demo;
mod erasure;
mod identity;
mod imports;
mod kills;
mod ledgers;
mod log_faults;
mod moments;
mod origins;
mod pipeline;
mod presence;
mod reads;
mod rebuilds;
mod retries;
mod revisions;
mod services;
mod store_faults;
mod tamper;
mod tasks;
mod tokens;
mod volumes;
mod what_if;
mod work;
