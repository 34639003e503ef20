//! `alc-core` for JavaScript.
