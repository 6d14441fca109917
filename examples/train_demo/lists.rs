//! Words that the stories choose from freely.

/// Adjectives that tell nothing about what comes next.
pub const FILLERS: &[&str] = &[
    "red", "blue", "green", "yellow", "brown", "black", "white", "pink", "gray", "purple", "small",
    "big", "little", "large", "nice", "good", "other", "pretty",
];
/// Colours, for facts that are told and asked.
pub const COLORS: &[&str] = &[
    "red", "blue", "green", "yellow", "brown", "black", "white", "pink", "gray", "purple", "orange",
];
/// Prepositions of place.
pub const PLACES: &[&str] = &[
    "on", "under", "in", "near", "by", "behind", "beside", "above", "around", "below",
];
/// Prepositions that attach a noun to a subject: "the keys to the cabinet".
pub const LINKS: &[&str] = &[
    "near", "by", "behind", "beside", "under", "on", "in", "with", "from", "to", "of", "above",
    "below",
];
/// How one stays somewhere: base forms.
pub const POSTURES: &[&str] = &[
    "sit", "lie", "stand", "wait", "stay", "sleep", "rest", "hide",
];
/// The postures of things.
pub const THING_POSTURES: &[&str] = &["lie", "stand", "stay", "sit", "rest"];
/// What the living do to somebody or something: base forms.
pub const TRANSITIVES: &[&str] = &[
    "see",
    "find",
    "like",
    "watch",
    "follow",
    "hear",
    "touch",
    "want",
    "love",
    "chase",
    "hold",
    "carry",
    "push",
    "pull",
    "draw",
    "lose",
    "take",
    "know",
    "remember",
    "miss",
    "need",
    "hate",
    "kick",
    "bring",
    "catch",
    "keep",
    "visit",
    "meet",
    "look at",
    "play with",
    "run to",
    "walk to",
];
/// Where people go.
pub const SITES: &[&str] = &[
    "park", "school", "garden", "kitchen", "market", "forest", "beach", "farm", "city", "village",
    "shop", "church", "station", "office", "museum", "library", "hospital", "field", "zoo",
    "store", "room", "town", "street", "river", "party", "world",
];
/// Food that is not counted.
pub const FOODS: &[&str] = &[
    "bread",
    "cheese",
    "soup",
    "rice",
    "meat",
    "honey",
    "butter",
    "sugar",
    "chocolate",
    "fruit",
    "food",
];
/// Drinks.
pub const DRINKS: &[&str] = &["milk", "water", "tea", "coffee", "juice"];
/// Both.
pub const MASSES: &[&str] = &[
    "milk",
    "water",
    "tea",
    "coffee",
    "juice",
    "bread",
    "cheese",
    "soup",
    "rice",
    "meat",
    "honey",
    "butter",
    "sugar",
    "chocolate",
    "fruit",
    "food",
];
/// How the living move: base forms.
pub const MOTIONS: &[&str] = &[
    "run", "walk", "jump", "go", "climb", "move", "come", "race", "travel", "look",
];
/// Where a way leads.
pub const WAYS: &[&str] = &[
    "over",
    "into",
    "through",
    "across",
    "around",
    "past",
    "along",
    "toward",
    "up",
    "down",
    "out of",
    "away from",
    "to",
];
/// How many: of plurals.
pub const NUMBERS: &[&str] = &[
    "two", "three", "four", "five", "six", "seven", "ten", "many", "some", "several",
];
/// Times that open a sentence.
pub const TIMES: &[&str] = &[
    "Yesterday",
    "Today",
    "Then",
    "Later",
    "Now",
    "Suddenly",
    "Soon",
    "Often",
    "Again",
];
/// How something was done.
pub const ADVERBS: &[&str] = &[
    "loudly",
    "quietly",
    "slowly",
    "quickly",
    "happily",
    "again",
    "suddenly",
    "often",
    "there",
    "today",
    "all day",
    "at night",
    "in the morning",
    "too",
    "very well",
    "every day",
];
