//! Functions that every dialect has in some form, in their standard spelling unless the dialect says otherwise.

use super::super::FunctionForm;
use super::Renderer;
use super::expr::column_of;
use crate::ast::{Expr, Function};
use crate::error::Result;

fn standard(function: Function) -> FunctionForm {
    FunctionForm::Call(match function {
        Function::Lower => "LOWER",
        Function::Upper => "UPPER",
        Function::Trim => "TRIM",
        Function::Length => "LENGTH",
        Function::Abs => "ABS",
        Function::Round => "ROUND",
        Function::Ceil => "CEIL",
        Function::Floor => "FLOOR",
        Function::Coalesce => "COALESCE",
        Function::NullIf => "NULLIF",
        Function::Substring => "SUBSTR",
        Function::Replace => "REPLACE",
        Function::Concat => "CONCAT",
        Function::Greatest => "GREATEST",
        Function::Least => "LEAST",
        Function::Now => return FunctionForm::Text("CURRENT_TIMESTAMP"),
        Function::CurrentDate => return FunctionForm::Text("CURRENT_DATE"),
        Function::Random => "RANDOM",
        Function::Year => return FunctionForm::Around("EXTRACT(YEAR FROM ", ", ", ")"),
        Function::Month => return FunctionForm::Around("EXTRACT(MONTH FROM ", ", ", ")"),
        Function::Day => return FunctionForm::Around("EXTRACT(DAY FROM ", ", ", ")"),
        Function::IntegerDivide | Function::Divide => return FunctionForm::Text("/"),
        Function::Remainder | Function::FloatRemainder => "MOD",
        Function::Date => return FunctionForm::Around("CAST(", ", ", " AS DATE)"),
    })
}

impl Renderer<'_> {
    pub(super) fn function(&mut self, function: Function, arguments: &[Expr]) -> Result<()> {
        if function == Function::Concat && self.dialect().capabilities().concat_operator {
            return self.joined(arguments, "||");
        }
        if let (Function::Coalesce, [only]) = (function, arguments) {
            return self.operand(only, u8::MAX);
        }
        match self.dialect().function(function).unwrap_or_else(|| standard(function)) {
            FunctionForm::Text(operator) if matches!(function, Function::IntegerDivide | Function::Divide) => {
                self.joined(arguments, operator)
            }
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
            self.operand(operand, u8::MAX)?;
        }
        self.w.push_sql(")");
        Ok(())
    }
}
