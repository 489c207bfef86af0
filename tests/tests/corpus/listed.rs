//! Cases that are not said in Rust, with the reason.

/// Why a case is not run; `None` for one that should be.
pub(crate) fn reason(id: &str, category: &str) -> Option<&'static str> {
    let of_category = match category {
        "hooks" => "hooks are a later issue",
        "validation" => "validation is a later issue",
        "raw" => "raw SQL needs no model: tested with the facade",
        _ => "",
    };
    if !of_category.is_empty() {
        return Some(of_category);
    }
    CASES.iter().find(|(case, _)| *case == id).map(|(_, reason)| *reason)
}

const CASES: &[(&str, &str)] = &[
    ("write-008", "validation is a later issue"),
    ("instance-001", "a struct does not record its changes; `Tracked` saves what changed, and keeps no list of it"),
    ("instance-003", "getters, setters and virtual attributes are methods of the struct; nothing of the ORM is in it"),
];
