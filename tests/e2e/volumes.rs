//! File systems that are full or lose their power. To mount one takes root.

mod disk_full;
mod power_loss;
