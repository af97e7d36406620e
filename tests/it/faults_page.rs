//! The page of faults names tests that there are.

use std::path::Path;

const PAGE: &str = include_str!("../../docs/faults.md");
/// The faults that the page speaks of.
const FAULTS: [u8; 23] = [1, 2, 3, 4, 5, 6, 7, 8, 13, 24, 25, 26, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43];

#[test]
fn every_fault_has_tests_and_every_test_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for fault in FAULTS {
        let row = PAGE.lines().find(|line| line.starts_with(&format!("| F{fault} |")));
        let row = row.unwrap_or_else(|| panic!("F{fault} is missing"));
        let (mut file, mut named) = (None, 0);
        // The tests stand in the last column, after the file that they are in.
        let column = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for name in column.split('`').skip(1).step_by(2) {
            if Path::new(name).extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(root.join(name));
                file = Some((name, text.unwrap_or_else(|_| panic!("F{fault}: there is no {name}"))));
                continue;
            }
            let (path, text) = file.as_ref().unwrap_or_else(|| panic!("F{fault}: {name} is in no file"));
            assert!(text.contains(&format!("fn {name}(")), "F{fault}: {path} has no {name}");
            named += 1;
        }
        assert!(named > 0, "F{fault} names no test");
    }
}
