//! TCP conversations as frames.
