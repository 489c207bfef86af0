CREATE TABLE planets (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL);
INSERT INTO planets (id, name) VALUES (1, 'Venus'), (2, 'Mars');
