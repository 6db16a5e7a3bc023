//! File systems that are full or lose their power. To mount one takes root.

mod power_loss;
