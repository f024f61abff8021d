/** Bytes to the accuracy of an estimate: "87 MB", "2.4 GB", in powers of 1000. */
export const amount = (bytes: number): string => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`)
