/** Whether a value is of a shape: for JSON that anybody may have written. */
export type Shape<T> = (value: unknown) => value is T

/** The type of the values of a shape. */
export type Shaped<S> = S extends Shape<infer T> ? T : never

export const text: Shape<string> = (value) => typeof value === 'string'

export const finite: Shape<number> = (value): value is number => Number.isFinite(value)

/** A whole number in a range, both ends included. */
export const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER): Shape<number> =>
  (value): value is number =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most

export const oneOf =
  <T extends string | number | boolean | null>(...values: readonly T[]): Shape<T> =>
  (value): value is T =>
    values.includes(value as T)

export const either =
  <A, B>(a: Shape<A>, b: Shape<B>): Shape<A | B> =>
  (value): value is A | B =>
    a(value) || b(value)

export const orNull = <T>(shape: Shape<T>): Shape<T | null> => either(shape, oneOf(null))

export const listOf =
  <T>(item: Shape<T>): Shape<T[]> =>
  (value): value is T[] =>
    Array.isArray(value) && value.every(item)

/** An object all of whose fields are alike. */
export const mapOf =
  <T>(item: Shape<T>): Shape<Record<string, T>> =>
  (value): value is Record<string, T> =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(item)

/** A list with one shape for each place. */
export const listLike =
  <T extends readonly unknown[]>(...places: { [I in keyof T]: Shape<T[I]> }): Shape<T> =>
  (value): value is T & unknown[] =>
    Array.isArray(value) && value.length === places.length && places.every((place, i) => place(value[i]))

/** An object with these fields, and perhaps others. */
export const record =
  <T extends object>(fields: { [K in keyof T]: Shape<T[K]> }): Shape<T> =>
  (value): value is T =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([key, shape]) => (shape as Shape<unknown>)(Object.hasOwn(value, key) ? value[key as never] : undefined))
