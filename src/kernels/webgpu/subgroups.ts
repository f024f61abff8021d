import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { isSoftware } from './threads-wanted'

/** Threads of a workgroup that adds up together: the size of a subgroup on most GPUs. Smaller and larger ones work too. */
export const lanesTogether = 32

/** Fewer values are added up by one thread: the barriers would cost more. */
const fewValues = 16

/** Whether a sum of so many values is shared out: on a real GPU that has subgroups. On a software adapter a barrier costs more than it saves. */
export const sharesSum = (backend: WebGPUBackend, values: number): boolean =>
  values >= fewValues && backend.device.features.has('subgroups') && !isSoftware(backend)

/** WGSL of the lane that a thread is. */
export const laneOf = (together: boolean): string =>
  together ? `let lane = i32(localIndex); let laneCount = ${lanesTogether}; laneOfThread = lane;` : 'let lane = 0; let laneCount = 1;'

/**
 * WGSL of total1(f32) to total4(vec4<f32>), as far as `code` calls them: the sum over all lanes, for every lane. The lanes of a subgroup add up at once. WGSL does not
 * say which threads make up a subgroup, so one thread of each leaves its sum at its own place, with zeros at the others, and all are added in order.
 */
export function totals(code: string, together: boolean): string {
  const used = [1, 2, 3, 4].filter((size) => code.includes(`total${size}(`))
  const functions = used.map((size) => {
    const type = size === 1 ? 'f32' : `vec${size}<f32>`
    if (!together) return `fn total${size}(own: ${type}) -> ${type} { return own; }`
    return `
    var<workgroup> sums${size}: array<${type}, ${lanesTogether}>;
    fn total${size}(own: ${type}) -> ${type} {
      let ofSubgroup = subgroupAdd(own);
      let first = subgroupElect();
      // The lanes may still be reading the sums before these.
      workgroupBarrier();
      sums${size}[laneOfThread] = select(${type}(), ofSubgroup, first);
      workgroupBarrier();
      var sum = ${type}();
      for (var i = 0; i < ${lanesTogether}; i++) { sum += sums${size}[i]; }
      return sum;
    }`
  })
  return ['var<private> laneOfThread: i32;', ...functions].join('\n')
}
