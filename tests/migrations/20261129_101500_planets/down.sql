DROP TABLE planets;
