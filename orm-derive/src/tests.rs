//! Errors and expansions, without the compiler behind them.
