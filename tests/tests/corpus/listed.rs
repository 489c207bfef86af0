//! Cases that are not said in Rust, with the reason.

/// Why a case is not run; `None` for one that should be.
pub(crate) fn reason(id: &str, category: &str) -> Option<&'static str> {
    if category == "raw" {
        return Some("raw SQL needs no model: tested with the facade");
    }
    CASES.iter().find(|(case, _)| *case == id).map(|(_, reason)| *reason)
}

const CASES: &[(&str, &str)] = &[
    ("hooks-005", "there are no hooks of finders and counts; an upsert has the hooks of what it does"),
    ("validation-001", "the rules about text are tested one by one in `orm-core`, with texts of their own"),
    ("validation-002", "the rules with arguments are tested one by one in `orm-core`, with texts of their own"),
    ("validation-003", "messages of rules are tested in the suite; Sequelize's own words are not repeated"),
    ("validation-004", "a required column that is missing does not compile, or is a violation: tested in the suite"),
    ("validation-006", "values have types: text in a column of integers does not compile"),
    ("validation-007", "labels of an enum are variants: another one does not compile"),
    ("validation-009", "`violations().at(path)` is tested in the suite; Sequelize's own words are not repeated"),
    ("instance-001", "a struct does not record its changes; `Tracked` saves what changed, and keeps no list of it"),
    ("instance-003", "getters, setters and virtual attributes are methods of the struct; nothing of the ORM is in it"),
];
