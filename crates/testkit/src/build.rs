//! Frames and capture files, built field by field.
