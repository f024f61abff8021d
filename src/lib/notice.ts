/** What every export says. */
export const notice = 'This is research software, not a medical device. Do not use it for diagnosis or treatment.'
