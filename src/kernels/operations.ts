/** Every operation there is, for whoever goes through them all. README.md says how to add one. */
export { blurOp } from './blur/blur'
