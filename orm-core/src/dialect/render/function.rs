//! Functions that every dialect has in some form, written in a form that the dialect names.

use super::super::{FunctionForm, Level};
use super::Renderer;
use super::expr::column_of;
use crate::ast::{Expr, Function};
use crate::error::Result;

impl Renderer<'_> {
    /// A function in one form.
    ///
    /// # Errors
    /// Those of the arguments.
    pub fn function_form(&mut self, form: FunctionForm, function: Function, arguments: &[Expr]) -> Result<()> {
        match form {
            FunctionForm::Operator(operator) => self.joined(arguments, operator),
            FunctionForm::Text(text) => {
                self.w.push_sql(text);
                Ok(())
            }
            FunctionForm::Call(name) if function == Function::Coalesce => {
                // Values take the form of the column that they stand in for.
                let column = arguments.iter().find_map(column_of);
                self.w.push_sql(name);
                for (i, argument) in arguments.iter().enumerate() {
                    self.w.push_sql(if i == 0 { "(" } else { ", " });
                    self.in_form_of(argument, column)?;
                }
                self.w.push_sql(")");
                Ok(())
            }
            FunctionForm::Call(name) => {
                self.w.push_sql(name);
                self.arguments(arguments)
            }
            FunctionForm::Around(before, between, after) => {
                self.w.push_sql(before);
                for (i, argument) in arguments.iter().enumerate() {
                    if i > 0 {
                        self.w.push_sql(between);
                    }
                    self.expr(argument)?;
                }
                self.w.push_sql(after);
                Ok(())
            }
        }
    }

    /// Operands with an operator between them, in parentheses.
    fn joined(&mut self, operands: &[Expr], operator: &'static str) -> Result<()> {
        self.w.push_sql("(");
        for (i, operand) in operands.iter().enumerate() {
            if i > 0 {
                self.w.push_sql(" ");
                self.w.push_sql(operator);
                self.w.push_sql(" ");
            }
            self.operand(operand, Level::Always)?;
        }
        self.w.push_sql(")");
        Ok(())
    }
}
