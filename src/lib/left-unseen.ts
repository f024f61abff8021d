/** Whether a request in a timeline may have left the browser without passing a service worker, which tells of those that did. */
export const leftUnseen = (entry: PerformanceEntry): boolean =>
  /^https?:/.test(entry.name) && (entry as PerformanceResourceTiming).workerStart === 0
