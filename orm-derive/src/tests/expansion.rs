//! What is written for a small model, an enum, a newtype and a projection, formatted.
