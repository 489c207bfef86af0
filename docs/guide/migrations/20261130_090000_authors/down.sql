DROP INDEX books_author_idx;
ALTER TABLE books DROP COLUMN author;
