//! The detector of N+1 queries: in debug builds, a relation of many rows read one row at a time from the same line of code
//! is reported once, with that line and the include that is missing. Release builds have none of it.

use std::panic::Location;

/// Queries from one line, in quick succession, from which a report is made.
pub const THRESHOLD: u32 = 8;

/// Notes that a relation was read for one row.
#[cfg(debug_assertions)]
pub(super) fn note(model: &'static str, relation: &'static str, site: &'static Location<'static>) {
    use std::collections::HashMap;
    use std::sync::{Mutex, PoisonError};
    use std::time::{Duration, Instant};

    /// Reads further apart than this are not one loop.
    const PAUSE: Duration = Duration::from_millis(250);
    struct Site {
        last: Instant,
        count: u32,
    }
    static SITES: Mutex<Option<HashMap<(usize, &'static str), Site>>> = Mutex::new(None);

    let now = Instant::now();
    let count = {
        let mut sites = SITES.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (std::ptr::from_ref(site) as usize, relation);
        let seen = sites.get_or_insert_default().entry(key).or_insert(Site { last: now, count: 0 });
        // Reported sites stay quiet.
        if seen.count < THRESHOLD && now.duration_since(seen.last) > PAUSE {
            seen.count = 0;
        }
        seen.last = now;
        seen.count = seen.count.saturating_add(1);
        seen.count
    };
    if count == THRESHOLD {
        let constant = relation.to_uppercase();
        tracing::warn!(
            target: "orm::n_plus_one",
            model,
            relation,
            call_site = %site,
            queries = count,
            "`{relation}` is read one row at a time at {site}; add `.include({model}::{constant})` to the query that finds the \
             rows, or load it for all of them with `orm::load`"
        );
    }
}

#[cfg(not(debug_assertions))]
pub(super) fn note(_model: &'static str, _relation: &'static str, _site: &'static Location<'static>) {}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};

    use super::*;

    /// Keeps the fields of every event.
    struct Keep(Arc<Mutex<Vec<String>>>);

    struct Text(String);

    impl Visit for Text {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            self.0.push_str(&format!("{field}={value:?};"));
        }
    }

    impl tracing::Subscriber for Keep {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }
        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
        fn event(&self, event: &tracing::Event<'_>) {
            let mut text = Text(String::new());
            event.record(&mut text);
            self.0.lock().unwrap().push(text.0);
        }
        fn enter(&self, _: &tracing::span::Id) {}
        fn exit(&self, _: &tracing::span::Id) {}
    }

    #[test]
    fn a_relation_read_row_by_row_is_reported_once_with_its_line_and_the_missing_include() {
        let reports = Arc::new(Mutex::new(Vec::new()));
        tracing::subscriber::with_default(Keep(Arc::clone(&reports)), || {
            let site = Location::caller();
            for _ in 0..50 {
                note("User", "posts", site);
            }
            for _ in 0..THRESHOLD - 1 {
                note("User", "groups", site);
            }
        });
        let reports = reports.lock().unwrap();
        assert_eq!(reports.len(), 1, "{reports:?}");
        assert!(reports[0].contains("add `.include(User::POSTS)`"), "{}", reports[0]);
        assert!(reports[0].contains("n_plus_one.rs:"), "{}", reports[0]);
    }
}
