import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launch, launchAll } from '../webgpu/launch'
import { elementOf } from '../webgpu/reduction'

/**
 * Output i of 2n lies at i (n - 1) / (2n - 1) of the source: corners aligned. As a fraction of whole numbers that is exact,
 * and so is the test of which side of a source pixel it lies on.
 */

/** The skip [B, 2h, 2w, S] and x [B, h, w, C] upsampled by two -> [B, 2h, 2w, S + C]. One thread per output element. */
export function upsampleConcatWgsl({ inputs: { skip, x }, backend }: WgslCall<'skip' | 'x'>) {
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const skipChannels = skip.shape[3]!
  const { vector } = elementOf(skipChannels % 4 === 0 ? channels : 1)
  const outputShape = [batch, 2 * height, 2 * width, skipChannels + channels]
  const out = launch(backend, {
    key: `exemplarUpsampleConcat_${vector}`,
    inputs: { skip, x },
    inputComponents: [vector, vector],
    outputShape,
    outputComponent: vector,
    activation: true,
    threads: util.sizeFromShape(outputShape) / vector,
    uniforms: { height, width, steps: channels / vector, skipSteps: skipChannels / vector },
    body: () => `
      let all = uniforms.skipSteps + uniforms.steps;
      let pixel = index / all;
      let c = index - pixel * all;
      if (c < uniforms.skipSteps) {
        result[index] = skip[pixel * uniforms.skipSteps + c];
        return;
      }
      let columns = 2 * uniforms.width - 1;
      let rows = 2 * uniforms.height - 1;
      let line = pixel / (columns + 1);
      let batch = line / (rows + 1);
      let acrossAt = (pixel - line * (columns + 1)) * (uniforms.width - 1);
      let downAt = (line - batch * (rows + 1)) * (uniforms.height - 1);
      let left = acrossAt / columns;
      let right = min(left + 1, uniforms.width - 1);
      let top = downAt / rows;
      let bottom = min(top + 1, uniforms.height - 1);
      let across = f32(acrossAt - left * columns) / f32(columns);
      let down = f32(downAt - top * rows) / f32(rows);
      let upper = (batch * uniforms.height + top) * uniforms.width;
      let lower = (batch * uniforms.height + bottom) * uniforms.width;
      let channel = c - uniforms.skipSteps;
      let a = x[(upper + left) * uniforms.steps + channel];
      let b = x[(upper + right) * uniforms.steps + channel];
      let l = a + (x[(lower + left) * uniforms.steps + channel] - a) * down;
      let r = b + (x[(lower + right) * uniforms.steps + channel] - b) * down;
      result[index] = l + (r - l) * across;`,
  })
  return { out }
}

/** Shapes of the forward operation, which the gradient alone does not determine. */
export type JoinShapes = Record<'skipShape' | 'xShape', [number, number, number, number]>

/** dOut split into the gradients of skip and x. A source pixel gathers from the outputs within one pixel. */
export function upsampleConcatGradWgsl({ inputs: { dOut }, attrs: { skipShape, xShape }, backend }: WgslCall<'dOut', JoinShapes>) {
  const [, height, width, channels] = xShape
  const skipChannels = skipShape[3]
  const { vector, type } = elementOf(skipChannels % 4 === 0 ? channels : 1)
  const steps = channels / vector
  const skipSteps = skipChannels / vector
  const skipThreads = util.sizeFromShape(skipShape) / vector
  const [dSkip, dx] = launchAll(backend, {
    key: `exemplarUpsampleConcatGrad_${vector}`,
    inputs: { dOut },
    inputComponents: [vector],
    outputs: [
      { name: 'dSkip', shape: skipShape, component: vector, activation: true },
      { name: 'dx', shape: xShape, component: vector, activation: true },
    ],
    threads: skipThreads + util.sizeFromShape(xShape) / vector,
    uniforms: { height, width, steps, skipSteps, skipThreads },
    body: () => `
      if (index < uniforms.skipThreads) {
        dSkip[index] = dOut[index + index / uniforms.skipSteps * uniforms.steps];
        return;
      }
      let out = index - uniforms.skipThreads;
      let pixel = out / uniforms.steps;
      let line = pixel / uniforms.width;
      let column = pixel - line * uniforms.width;
      let batch = line / uniforms.height;
      let row = line - batch * uniforms.height;
      let channel = uniforms.skipSteps + out - pixel * uniforms.steps;
      let rows = 2 * uniforms.height - 1;
      let columns = 2 * uniforms.width - 1;
      // An extra one at either end has weight 0.
      let firstRow = max(0, (row - 1) * rows / max(1, uniforms.height - 1));
      let lastRow = min(rows, (row + 1) * rows / max(1, uniforms.height - 1) + 1);
      let firstColumn = max(0, (column - 1) * columns / max(1, uniforms.width - 1));
      let lastColumn = min(columns, (column + 1) * columns / max(1, uniforms.width - 1) + 1);
      var sum = ${type}();
      for (var i = firstRow; i <= lastRow; i++) {
        let down = max(0.0, 1.0 - f32(abs(i * (uniforms.height - 1) - row * rows)) / f32(rows));
        let start = (batch * (rows + 1) + i) * (columns + 1);
        var part = ${type}();
        for (var j = firstColumn; j <= lastColumn; j++) {
          let across = max(0.0, 1.0 - f32(abs(j * (uniforms.width - 1) - column * columns)) / f32(columns));
          part += dOut[(start + j) * (uniforms.skipSteps + uniforms.steps) + channel] * across;
        }
        sum += part * down;
      }
      dx[out] = sum;`,
  }) as [TensorInfo, TensorInfo]
  return { dSkip, dx }
}
