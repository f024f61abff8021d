import { unroll } from './launch'

const rotations = [13, 15, 26, 6, 17, 29, 16, 24]

/**
 * WGSL statements that declare `name`, a vec2<u32>: draws 2 counter and 2 counter + 1 of a stream of src/lib/random.ts, bit for bit
 * (Threefry-2x32 with 20 rounds). Statements rather than a function, since a kernel's text is a function body.
 * @param key WGSL of the key as vec2<u32>, see `keyOf`
 * @param counter WGSL of a u32; streams end after 2^33 draws, so the upper word is 0
 */
export const drawPair = (name: string, key: string, counter: string): string => `
  var ${name} = vec2<u32>();
  {
    let words = ${key};
    let keys = vec3<u32>(words, 0x1bd11bdau ^ words.x ^ words.y);
    var a = (${counter}) + keys.x;
    var b = keys.y;
    ${unroll(5, (group) => {
      const turns = rotations.slice((group % 2) * 4, (group % 2) * 4 + 4)
      const rounds = turns.map((r) => `a += b; b = ((b << ${r}u) | (b >> ${32 - r}u)) ^ a;`).join('\n')
      return `${rounds}
      a += keys[${(group + 1) % 3}];
      b += keys[${(group + 2) % 3}] + ${group + 1}u;`
    })}
    ${name} = vec2<u32>(a, b);
  }`

/** WGSL of the key whose four 16-bit parts, from `Random.key`, are in the float buffer `buffer` from `at` on. */
export const keyOf = (buffer: string, at: string): string => {
  const part = (i: number) => `u32(${buffer}[${at} + ${i}])`
  return `vec2<u32>(${part(0)} | (${part(1)} << 16u), ${part(2)} | (${part(3)} << 16u))`
}

/** WGSL of the uniform number in [0, 1) of a draw, 24 bits: `Random.uniform()`. */
export const uniformOf = (draw: string): string => `(f32((${draw}) >> 8u) / 16777216.0)`
