//! The names that people know from Sequelize do the same here, and say the new name once.

use super::Project;

#[test]
fn sequelizes_names_work_and_say_the_new_ones() {
    let project = Project::library("sequelize");
    project.ok(&["init:config"]);
    assert!(!project.path("migrations").exists());
    project.ok(&["init"]);
    project.ok(&["model:generate", "--name", "User", "--attributes", "firstName:string,role:enum:'{admin,member}'"]);
    assert!(project.read("src/models/user.rs").contains("pub role: UserRole"));
    let said = project.run(&["db:migrate"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(said.err.matches("`db:migrate` is `orm migrate up` here").count(), 1, "{}", said.err);
    project.ok(&["db:migrate:status"]);
    project.ok(&["seed:generate", "--name", "demo"]);
    project.ok(&["db:seed:all"]);
    project.ok(&["db:seed:undo:all"]);
    project.ok(&["db:migrate:undo:all"]);
    project.ok(&["db:drop"]);
    assert!(!project.path("dev.db").exists());
    project.ok(&["db:create"]);
}
