import { cases as agreement } from './agreement/cases'
import { cases as blur } from './blur/cases'
import { cases as contrast } from './contrast/cases'
import { cases as conv2d } from './conv2d/cases'
import { cases as cutMix } from './cut-mix/cases'
import { cases as dropout } from './dropout/cases'
import { cases as gammaNoise } from './gamma-noise/cases'
import { cases as knownLabels } from './known-labels/cases'
import { cases as normActivation } from './norm-activation/cases'
import type { Operation } from './operation'
import * as operations from './operations'
import { cases as parameterUpdate } from './parameter-update/cases'
import { cases as paste } from './paste/cases'
import { cases as pixelLoss } from './pixel-loss/cases'
import { cases as pseudoLabels } from './pseudo-labels/cases'
import { cases as rim } from './rim/cases'
import { cases as scaleChannels } from './scale-channels/cases'
import type { Cases } from './testing/cases'
import { cases as upsampleConcat } from './upsample-concat/cases'
import { cases as warp } from './warp/cases'

/** The cases of every operation, by its name in operations.ts; one without cases does not compile. */
const casesOf: Record<keyof typeof operations, Cases> = {
  ...agreement,
  ...blur,
  ...contrast,
  ...conv2d,
  ...cutMix,
  ...dropout,
  ...gammaNoise,
  ...knownLabels,
  ...normActivation,
  ...parameterUpdate,
  ...paste,
  ...pixelLoss,
  ...pseudoLabels,
  ...rim,
  ...scaleChannels,
  ...upsampleConcat,
  ...warp,
}

/** An operation of any kind, whose types are unknown. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyOperation = Operation<string, never, string, string, any>

/** An operation with what it is compared by. */
export interface CasedOperation {
  name: string
  operation: AnyOperation
  cases: Cases
}

/** All operations. */
export const casedOperations: CasedOperation[] = Object.entries(operations).map(([name, operation]) => ({
  name,
  operation: operation as unknown as AnyOperation,
  cases: casesOf[name as keyof typeof operations],
}))
