import type { WgslCall } from '../declaration'
import { launch, unroll } from '../webgpu/launch'
import type { Rows } from './warp.twin'

/** The four weights of the cubic convolution, a = -0.75, for a point at `t` in 0..1 between the two middle taps. */
const cubicWeights = (name: string, t: string) => `
  let ${name} = vec4<f32>(
    ((-0.75 * (1.0 + ${t}) + 3.75) * (1.0 + ${t}) - 6.0) * (1.0 + ${t}) + 3.0,
    (1.25 * ${t} - 2.25) * ${t} * ${t} + 1.0,
    (1.25 * (1.0 - ${t}) - 2.25) * (1.0 - ${t}) * (1.0 - ${t}) + 1.0,
    ((-0.75 * (2.0 - ${t}) + 3.75) * (2.0 - ${t}) - 6.0) * (2.0 - ${t}) + 3.0);`

/**
 * `at`: the source position of thread `index`, in pixels, under warp `n`; `image` and `size` are whole numbers. The grid cell
 * of a pixel is found with whole numbers, since rounding could put a pixel at a grid point into either.
 */
const position = `
  let size = uniforms.size;
  let image = index / (size * size);
  let pixel = index - image * size * size;
  let row = pixel / size;
  let column = pixel - row * size;
  let n = uniforms.first + image;
  let steps = max(1, size - 1);
  let left = min(column * 4 / steps, 3);
  let top = min(row * 4 / steps, 3);
  let u = f32(column * 4 - left * steps) / f32(steps);
  let v = f32(row * 4 - top * steps) / f32(steps);
  ${cubicWeights('acrossWeights', 'u')}
  ${cubicWeights('downWeights', 'v')}
  var at = vec2<f32>(
    affine[n * 6] * f32(column) + affine[n * 6 + 1] * f32(row) + affine[n * 6 + 2],
    affine[n * 6 + 3] * f32(column) + affine[n * 6 + 4] * f32(row) + affine[n * 6 + 5]);
  ${unroll(4, (j) => {
    const line = `line${j}`
    return `
    let ${line} = n * 50 + clamp(top + ${j - 1}, 0, 4) * 5;
    ${unroll(4, (k) => {
      const point = `${line} + clamp(left + ${k - 1}, 0, 4)`
      return `at += downWeights[${j}] * acrossWeights[${k}] * vec2<f32>(bend[${point}], bend[${point} + 25]);`
    })}`
  })}`

/** Images: one thread per output pixel. */
export function warpImagesWgsl({ inputs, attrs, backend }: WgslCall<'images' | 'source' | 'affine' | 'bend' | 'tone', Rows>) {
  const { images, source, affine, bend, tone } = inputs
  const { first, count } = attrs
  const size = images.shape[1]!
  const out = launch(backend, {
    key: 'exemplarWarpImages',
    inputs: { images, source, affine, bend, tone },
    inputComponents: [1, 1, 1, 1, 1],
    outputShape: [count, size, size, 1],
    outputComponent: 1,
    threads: count * size * size,
    uniforms: { size, first },
    body: () => `
      ${position}
      let last = size - 1;
      let p = clamp(at, vec2<f32>(), vec2<f32>(f32(last)));
      let low = vec2<i32>(floor(p));
      let high = min(low + 1, vec2<i32>(last));
      let part = p - vec2<f32>(low);
      let from_ = i32(source[n]) * size * size;
      let a = mix(images[from_ + low.y * size + low.x], images[from_ + low.y * size + high.x], part.x);
      let b = mix(images[from_ + high.y * size + low.x], images[from_ + high.y * size + high.x], part.x);
      var value = mix(a, b, part.y);
      let gamma = tone[n * 3];
      if (gamma != 1.0) { value = select(0.0, pow(max(value, 1e-30), gamma), value > 0.0); }
      result[index] = clamp(value * tone[n * 3 + 1] + tone[n * 3 + 2], 0.0, 1.0);`,
  })
  return { out }
}

/** Label maps: one thread per output pixel. */
export function warpLabelsWgsl({ inputs, attrs, backend }: WgslCall<'labels' | 'source' | 'affine' | 'bend', Rows>) {
  const { labels, source, affine, bend } = inputs
  const { first, count } = attrs
  const size = labels.shape[1]!
  const out = launch(backend, {
    key: 'exemplarWarpLabels',
    inputs: { labels, source, affine, bend },
    inputComponents: [1, 1, 1, 1],
    outputShape: [count, size, size],
    outputComponent: 1,
    threads: count * size * size,
    uniforms: { size, first },
    body: () => `
      ${position}
      let p = vec2<i32>(floor(at + 0.5));
      let inside = all(p >= vec2<i32>()) && all(p < vec2<i32>(size));
      let q = clamp(p, vec2<i32>(), vec2<i32>(size - 1));
      let label = labels[(i32(source[n]) * size + q.y) * size + q.x];
      result[index] = select(min(0.0, label), label, inside);`,
  })
  return { out }
}
