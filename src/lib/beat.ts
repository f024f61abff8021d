/**
 * Signs of life from within a long piece of work: a thread that is busy answers nothing, and whoever waits for it could not tell it from one
 * that hangs. `beat` is called where such work turns, and costs nothing to speak of.
 */
let heard: () => void = () => undefined

/** @param hear called at each beat, mostly thousands of times a second */
export const onBeat = (hear: () => void): void => void (heard = hear)

export const beat = (): void => heard()
