//! Tests of recordings as a whole: what was written is what is read, whatever happens to the writer and the files.

#[cfg(test)]
mod recording {
    mod by_time;
    mod crash;
    mod damage;
    mod dump;
    mod filter;
    mod given;
    mod memory;
    mod python;
    mod ring;
    mod round_trip;
    mod versions;
}
