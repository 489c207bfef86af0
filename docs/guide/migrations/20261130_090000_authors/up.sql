ALTER TABLE books ADD COLUMN author TEXT NOT NULL DEFAULT 'unknown';
CREATE INDEX books_author_idx ON books (author);
