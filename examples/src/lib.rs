//! Examples of dripr; each is a file beside this folder and begins with how to run it.
