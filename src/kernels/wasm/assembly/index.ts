/** What src/kernels/wasm/simd.ts calls. Pointers are byte offsets into the memory of tfjs's own module; nothing is allocated here. */
export { addBias, scaleChannels, sumToChannels } from './channels'
export { convolution, convolutionScratch } from './convolution'
export { filterGradient, filterGradientScratch } from './filter-gradient'
export { maxPoolGrad } from './max-pool'
export { normActivation, normActivationGrad } from './norm-activation'
export { adamUpdate } from './parameter-update'
export { upsampleConcat, upsampleConcatGrad } from './upsample-concat'
export { addInto } from './sum'
