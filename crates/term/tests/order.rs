//! The order of terms is an order.

use crate::generate::{self, Kinds};
use pluto_term::{Limits, Term, decode, encode};
use proptest::prelude::*;

proptest! {
    #[test]
    fn comparing_is_a_total_order(a in generate::similar(Kinds::ALL), b in generate::similar(Kinds::ALL), c in generate::similar(Kinds::ALL)) {
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a.compare(&b), b.compare(&a).reverse());
        if a <= b && b <= c {
            prop_assert!(a <= c);
        }
        prop_assert_eq!(a == b, a.cmp(&b).is_eq());
        if a == b {
            prop_assert!(a.compare(&b).is_eq());
        }
    }

    #[test]
    fn bytes_decide_equality(term in generate::term(Kinds::ALL)) {
        let mut bytes = Vec::new();
        encode(&term, &mut bytes);
        let (back, used) = decode(&bytes, &Limits::default()).unwrap();
        prop_assert_eq!(used, bytes.len());
        prop_assert_eq!(&back, &term);
        prop_assert!(back.compare(&term).is_eq());
    }

    #[test]
    fn a_maps_pairs_may_stand_in_any_order(pairs in proptest::collection::vec((generate::similar(Kinds::ALL), generate::similar(Kinds::ALL)), 0..5)) {
        let map = Term::map(pairs);
        let reversed = Term::map(map.as_map().unwrap().iter().rev().cloned());
        prop_assert_eq!(&map, &reversed);
    }
}
