/** Where the recorded run of a sample lies, from the page: "recorded/cardiac-phantom.zip". */
export const recordedName = (sample: string): string => `recorded/${sample.toLowerCase().replaceAll(' ', '-')}.zip`
