//! The small words that English sentences are held together by.

/// Whether a word, in lower case, is an article, pronoun, preposition, conjunction or auxiliary verb.
pub(super) fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.binary_search(&word).is_ok()
}

/// In alphabetical order.
const FUNCTION_WORDS: [&str; 133] = [
    "a", "about", "above", "after", "again", "all", "also", "although", "am", "an", "and", "any", "are",
    "as", "at", "be", "because", "been", "before", "being", "below", "between", "both", "but", "by", "can",
    "could", "did", "do", "does", "down", "during", "each", "either", "every", "few", "for", "from", "had",
    "has", "have", "he", "her", "here", "his", "how", "i", "if", "in", "into", "is", "it", "its", "just",
    "less", "like", "many", "may", "me", "might", "more", "most", "much", "must", "my", "near", "no", "nor",
    "not", "nothing", "of", "off", "on", "once", "one", "only", "or", "other", "our", "out", "over", "own",
    "per", "rather", "same", "several", "shall", "she", "should", "since", "so", "some", "still", "such",
    "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "through",
    "to", "too", "under", "until", "up", "upon", "us", "very", "was", "we", "were", "what", "when", "where",
    "whether", "which", "while", "who", "whose", "why", "will", "with", "within", "without", "would", "you",
    "your",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order() {
        assert!(FUNCTION_WORDS.is_sorted());
        assert!(is_function_word("the") && !is_function_word("home"));
    }
}
