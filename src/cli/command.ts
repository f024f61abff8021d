/** One option of a command: the parser and the help both read this. */
export interface Option {
  /** What stands for the value in the help, in capitals; an option without it is a switch. */
  value?: string
  /** What it does, without a full stop. */
  meaning: string
  /** All the values that there are; capitals make no difference. */
  oneOf?: readonly string[]
  /** The value where none is given. */
  default?: string
  /** What happens where none is given, in words, if that is no value. */
  otherwise?: string
  /** For an option that must be there: what is said where it is not. */
  needed?: string
  /** It may be given several times. */
  multiple?: true
}

/** What a command is called, does and takes. */
export interface Command {
  /** As in `npm run NAME`. */
  name: string
  /** What it does, in sentences. */
  does: string
  /** What may stand without an option in front of it; nothing, where this is missing. */
  rest?: { value: string; meaning: string }
  options: Record<string, Option>
  /** What is typed after `npm run NAME -- `; together they show every option. */
  examples: readonly string[]
  /** More help, by the word that follows `--help`. */
  topics?: Record<string, { meaning: string; text: () => string }>
}

type One<O extends Option> = O extends { oneOf: readonly (infer T)[] } ? T : O extends { value: string } ? string : boolean
type Value<O extends Option> = O extends { multiple: true } ? One<O>[] : One<O>
type Always<O extends Option> = O extends { default: string } | { needed: string } ? true : false

/** The values of a command's options by name: those with a default and those that must be there are never missing. */
export type Values<C extends Command> = {
  [N in keyof C['options'] as Always<C['options'][N]> extends true ? N : never]: Value<C['options'][N]>
} & {
  [N in keyof C['options'] as Always<C['options'][N]> extends true ? never : N]?: Value<C['options'][N]>
}
