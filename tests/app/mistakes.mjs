export const MISTAKES = {};
