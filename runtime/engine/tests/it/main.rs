//! The engine against a naive recomputation, and against itself: other batch sizes, barriers, restarts, speeds.

#[cfg(test)]
mod aggregates;
#[cfg(test)]
mod batch;
#[cfg(test)]
mod calendar;
mod history;
#[cfg(test)]
mod load;
#[cfg(test)]
mod measures;
#[cfg(test)]
mod novelty;
#[cfg(test)]
mod ordered;
#[cfg(test)]
mod outcomes;
#[cfg(test)]
mod pattern;
#[cfg(test)]
mod property;
#[cfg(test)]
mod silence;
#[cfg(test)]
mod spill;
#[cfg(test)]
mod time;
#[cfg(test)]
mod world;
