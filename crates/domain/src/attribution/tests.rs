//! Tests of the status rules, as given, when and then: the given is who says what, the then is the board.

mod belief;
mod changes;
mod classes;
mod clustering;
mod consensus;
mod decisions;
mod disputes;
mod given;
mod histories;
mod identity;
mod lineage;
mod positions;
mod properties;
mod size;
mod speakers;
mod subjects;
mod table;
mod timeline;
mod without;
