import { pipelineFiles } from '../../scripts/itk-pipelines.mjs'
import { setPipelineFiles } from '../data/itk-pipeline'

/** Commands that read files import this: in Node the decoders of compressed DICOM, NRRD and MHA are in node_modules. */
setPipelineFiles(pipelineFiles)
