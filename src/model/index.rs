//! Indices as types of their own, so that a layer can't be passed for a head nor a query for a key.

use std::fmt;

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub usize);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

index!(
    /// A layer (= block), from 0.
    Layer
);
index!(
    /// A query head within a layer, from 0.
    Head
);
index!(
    /// The position of the token that attends: a row of a pattern.
    Query
);
index!(
    /// The position of the token that is attended to: a column of a pattern.
    Key
);
