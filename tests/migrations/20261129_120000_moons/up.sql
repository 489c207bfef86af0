CREATE TABLE moons (
    id INTEGER NOT NULL PRIMARY KEY,
    planet_id INTEGER NOT NULL,
    FOREIGN KEY (planet_id) REFERENCES planets (id)
);
