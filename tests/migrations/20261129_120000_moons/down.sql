DROP TABLE moons;
