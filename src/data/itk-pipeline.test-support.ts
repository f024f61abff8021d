import { pipelineFiles } from '../../scripts/itk-pipelines.mjs'
import { setPipelineFiles } from './itk-pipeline'

/** Tests that run ITK import this file: in Node the pipelines are in node_modules. */
setPipelineFiles(pipelineFiles)
