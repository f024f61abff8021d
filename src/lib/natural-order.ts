/** Compares names as people order them: "slice 2" before "slice 10". */
export const naturalOrder = new Intl.Collator('en', { numeric: true }).compare
