//! Memory, counted by an allocator: a process of its own, since all of one share it.

#[cfg(test)]
mod held;
