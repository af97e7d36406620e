//! Names of files for ids: one id, one name, on every file system.

/// The name, without an extension, of the file of an id.
///
/// Different ids get names that stay different where upper and lower case are the same; no name starts with a dot, is a
/// device of Windows, or leads anywhere else. An id of lower-case letters, digits, `.`, `_` and `-` is its own name.
pub(crate) fn of(id: &str) -> String {
    use std::fmt::Write;
    let mut name = String::with_capacity(id.len() + 8);
    if is_device(id) {
        name.push_str("=_");
    }
    for (at, c) in id.char_indices() {
        match c {
            '.' if at == 0 => name.push_str("=."),
            'a'..='z' | '0'..='9' | '.' | '_' | '-' => name.push(c),
            'A'..='Z' => name.extend(['=', c.to_ascii_lowercase()]),
            ':' => name.push_str("=-"),
            // No id has such a character; if one ever does, its name is still its own.
            // Writing to a String cannot fail.
            other => {
                let _ = write!(name, "=={:x}=", u32::from(other));
            }
        }
    }
    name
}

fn is_device(id: &str) -> bool {
    let stem = id.split('.').next().unwrap_or_default();
    let numbered = |prefix| {
        stem.strip_prefix(prefix)
            .is_some_and(|n| n.len() == 1 && n != "0" && n.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(stem, "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_ids_are_their_own_names_and_others_are_safe() {
        assert_eq!(of("0195d8a1-7c3e-7abc-8def-0123456789ab.12"), "0195d8a1-7c3e-7abc-8def-0123456789ab.12");
        for (id, name) in [
            ("..", "=.."),
            (".hidden", "=.hidden"),
            ("Ab:c", "=ab=-c"),
            ("con.1", "=_con.1"),
            ("COM1", "=c=o=m1"),
            ("com1.2", "=_com1.2"),
            ("a/b\\c", "a==2f=b==5c=c"),
        ] {
            assert_eq!(of(id), name);
        }
    }

    #[test]
    fn the_longest_id_has_a_name_that_file_systems_take() {
        assert!(of(&format!("{}.{}", "X".repeat(96), u32::MAX)).len() < 220);
    }

    proptest! {
        #[test]
        fn two_ids_never_share_a_name(ids in prop::collection::hash_set("[A-Ca-c.:_-]{1,4}", 2..40)) {
            let names: HashSet<String> = ids.iter().map(|id| of(id).to_lowercase()).collect();
            prop_assert_eq!(names.len(), ids.len());
        }
    }
}
