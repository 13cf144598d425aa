"""The program: what a brand promises its members as data, checked, compiled and evaluated in one place."""
