//! Slips of the thumb: whether a typed word is another word but for them.

/// At most so many letters too many, too few or wrong, or neighbours in the wrong order (the optimal string alignment distance).
pub(crate) fn is_within(most: usize, word: &[char], typed: &[char]) -> bool {
    if word.len().abs_diff(typed.len()) > most {
        return false;
    }
    let same = word.iter().zip(typed).take_while(|(a, b)| a == b).count();
    let (word, typed) = (&word[same..], &typed[same..]);
    if word.is_empty() || typed.is_empty() {
        return word.len() + typed.len() <= most;
    }
    most > 0
        && (is_within(most - 1, &word[1..], typed)
            || is_within(most - 1, word, &typed[1..])
            || is_within(most - 1, &word[1..], &typed[1..])
            || (word.len() > 1 && typed.len() > 1 && word[0] == typed[1] && word[1] == typed[0])
                && is_within(most - 1, &word[2..], &typed[2..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn slips(word: &str, typed: &str) -> usize {
        let (word, typed): (Vec<char>, Vec<char>) = (word.chars().collect(), typed.chars().collect());
        (0..9).find(|most| is_within(*most, &word, &typed)).unwrap()
    }

    #[test]
    fn each_kind_of_slip_counts_once() {
        for typed in ["stop", "sto", "stoop", "stip", "sotp", "top", "tsop", "stopp"] {
            assert_eq!(slips("stop", typed), usize::from(typed != "stop"), "{typed}");
        }
        assert_eq!(slips("unsubscribe", "unsubcrbe"), 2);
        assert_eq!(slips("", "ab"), 2);
        assert_eq!(slips("interested", "interesting"), 3);
    }
}
