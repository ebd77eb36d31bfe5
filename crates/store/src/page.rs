//! Lists in pages, newest first.

/// The place of a row in a list: when it was made (unix milliseconds), and its id.
pub type Cursor = (i64, String);

/// A page's rows, and where the next page begins if there is one.
pub type Paged<T> = (Vec<T>, Option<Cursor>);

/// Which rows of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery {
    /// At most so many.
    pub limit: u32,
    /// Only rows that come after this one: the second part of the answer before.
    pub after: Option<Cursor>,
}

impl PageQuery {
    /// The first `limit` rows.
    #[must_use]
    pub const fn first(limit: u32) -> Self {
        Self { limit, after: None }
    }

    /// One row more than asked for: it tells whether there is a next page.
    pub(crate) fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts the row too many off and makes a cursor of the last one that stays.
    pub(crate) fn cut<T>(&self, mut rows: Vec<T>, place: impl Fn(&T) -> Cursor) -> Paged<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if rows.len() <= limit {
            return (rows, None);
        }
        rows.truncate(limit);
        let next = rows.last().map(place);
        (rows, next)
    }
}

/// Orders a boxed query newest first and begins it after the page's cursor. The first condition alone
/// bounds the index scan; the second settles rows of one millisecond.
macro_rules! paged {
    ($query:expr, $created_at:expr, $id:expr, $page:expr) => {{
        let mut query = $query;
        if let Some((at, id)) = &$page.after {
            query = query
                .filter($created_at.le(*at))
                .filter($created_at.lt(*at).or($id.lt(id.clone())));
        }
        query
            .order(($created_at.desc(), $id.desc()))
            .limit($page.fetch())
    }};
}
pub(crate) use paged;
