/** What each command does and takes, written once: arguments.ts reads it, and help.ts prints it. */
import { engineNames } from '../bench/options'
import { parts, stepSizes, type StepName } from '../bench/report'
import { defaults, parameters, presets, type Preset } from '../method/config'
import type { BackendName, SampleName } from '../session/events'
import type { Command } from './command'
import { settingsHelp } from './help'

const backends = ['webgpu', 'wasm', 'cpu'] as const satisfies BackendName[]
export const samples = ['Cardiac phantom', 'Abdominal phantom'] as const satisfies SampleName[]

const backend = {
  value: 'NAME',
  meaning: 'Backend to compute on',
  oneOf: backends,
  otherwise: 'WebGPU if there is a real adapter, else wasm',
} as const
const threads = { value: 'N', meaning: 'Threads of the wasm backend', default: '1' } as const

export const train = {
  name: 'train',
  does:
    'Trains both networks without a page and segments the images. The same files come out as from the page\'s "Export run", unzipped, ' +
    'and summary.json. It needs --images, --exemplar and --mask, or --sample. Ctrl+C ends it after the step it is in and writes the files ' +
    'all the same; pressed again, or for another signal, it writes a checkpoint alone.',
  options: {
    images: { value: 'DIR', meaning: 'Images to learn from and to segment: a folder, or one file such as a volume' },
    exemplar: {
      value: 'FILE',
      meaning:
        'The annotated image: a path, or a path in the folder of --images; also a volume, the folder of a series, or an array in a file, ' +
        'as in scans.h5/image',
    },
    mask: {
      value: 'FILE',
      meaning:
        'Its mask: a path, or a path in the folder of --reference; of a file that holds image and mask, such as HDF5, the mask. Several, such ' +
        'as one for each organ, become one label map',
      multiple: true,
    },
    modality: {
      value: 'NAME',
      meaning: 'Which image of each case, where they have several, such as flair and t1ce, or 0000 and 0001 of nnU-Net',
      otherwise: "the exemplar's",
    },
    channel: { value: 'N', meaning: 'Which channel of images that have several, from 1', otherwise: 'the first' },
    unlabeled: { value: 'DIR', meaning: 'More images to learn from and to segment', otherwise: 'none' },
    reference: { value: 'DIR', meaning: 'True masks, named like their images; used for the score and for nothing else', otherwise: 'none' },
    pairs: {
      value: 'FILE',
      meaning:
        'CSV with image,mask in each line: which true mask is of which image, whatever they are called; paths as above. Several masks of one ' +
        'image have a line each',
      otherwise: 'as names and folders tell',
    },
    sample: { value: 'NAME', meaning: 'A phantom, instead of your own files', oneOf: samples },
    preset: { value: 'NAME', meaning: 'Settings to start from', oneOf: Object.keys(presets) as Preset[], otherwise: 'Quick' },
    set: { value: 'KEY=VALUE', meaning: 'Any setting, as --help settings lists them; overrides the preset', multiple: true },
    steps: {
      value: 'N',
      meaning: 'Short for --set steps=N, which it overrides; with --resume, the step to train on to',
      otherwise: `${defaults.steps}, or the preset's`,
    },
    seed: { value: 'N', meaning: 'Short for --set seed=N, which it overrides', otherwise: String(defaults.seed) },
    backend,
    threads,
    until: { value: 'N', meaning: 'Pause after step N and write everything, the checkpoint included', otherwise: 'the last step' },
    resume: {
      value: 'PATH',
      meaning:
        'Go on from a checkpoint.safetensors, from the newest good one in the folder of a run, or from the zip of "Export run", which holds ' +
        'its exemplar, exactly as if there had been no pause: with the same images, and without --preset, --set and --seed. With --steps it ' +
        'trains on to that step, also where it had finished; the learning rate falls to the new end',
    },
    rename: {
      value: 'FILE',
      meaning:
        'Call images case-001, case-002 and so on, by patient, in all that is written, and write a CSV that says which is which to FILE, which ' +
        'must lie outside of --out; - prints it instead',
      otherwise: 'names as they are',
    },
    'keep-identifiers': {
      meaning: "Keep the patient's name, ID, dates and the like in a DICOM SEG, instead of a case number (docs/files.md lists them)",
    },
    tensorboard: {
      value: 'DIR',
      meaning:
        'Also write what TensorBoard shows, as the run goes: the curves step by step, and the live view after each score (docs/reading-data.md). With ' +
        '--resume it goes on there',
      otherwise: 'none',
    },
    'checkpoint-every': { value: 'SECONDS', meaning: 'How often the state of the run is kept in --out', default: '60' },
    out: {
      value: 'DIR',
      meaning:
        'Folder for the files, made if it is not there; it must hold none of the images or masks, and only files of an earlier run are replaced',
      needed: 'give the folder to write to',
    },
  },
  examples: [
    '--images hearts/images --exemplar p01_s05.png --mask p01_s05.png --reference hearts/masks --unlabeled more --set crop=0.7 --out out/hearts',
    '--sample "Cardiac phantom" --preset Balanced --steps 800 --seed 1 --backend wasm --threads 2 --until 300 --out out/first',
    '--sample "Cardiac phantom" --resume out/first --checkpoint-every 20 --out out/second',
    '--sample "Cardiac phantom" --resume out/second --steps 1000 --out out/longer',
    '--sample "Cardiac phantom" --tensorboard out/events/first --out out/watched',
    '--images brats --exemplar P1/slice.h5 --mask brats/P1/slice.h5 --reference brats --channel 4 --out out/brats',
    '--images brats --exemplar P1/P1_flair.nii --mask brats/P1/P1_seg.nii --modality flair --out out/flair',
    '--images scans --exemplar a.nii --mask a_seg.nii --reference truth --pairs pairs.csv --out out/scans',
    '--images series --exemplar p1 --mask p1.dcm --rename names.csv --out out/named',
    '--images series --exemplar p1 --mask p1.dcm --keep-identifiers --out out/series',
  ],
  topics: { settings: { meaning: 'List every setting for --set, and the presets', text: settingsHelp } },
} as const satisfies Command

export const predict = {
  name: 'predict',
  does:
    'Segments images with the networks of a run, without training: cut, scaled and windowed as it did with its own. Images that are unlike those are ' +
    'named, and segmented all the same. Masks come in the format of each source.',
  options: {
    run: {
      value: 'PATH',
      meaning:
        'The run: the folder that npm run train wrote, ended or not, the zip of "Export run" or "Export weights" or the folder it was unpacked to, or a ' +
        'checkpoint.safetensors. Its images are not needed',
      needed: 'give the folder or the zip of a run',
    },
    images: {
      value: 'DIR',
      meaning: 'Images to segment: a folder, or one file such as a volume',
      needed: 'give the folder with your images',
    },
    set: {
      value: 'KEY=VALUE',
      meaning: 'largest=true or holes=true, or false: whether of a class in one piece only the largest is left, and holes are filled',
      multiple: true,
      otherwise: "the run's",
    },
    backend,
    threads,
    rename: {
      value: 'FILE',
      meaning:
        'Call images case-001, case-002 and so on, by patient, in all that is written, and write a CSV that says which is which to FILE; - prints it',
      otherwise: 'names as they are',
    },
    'keep-identifiers': train.options['keep-identifiers'],
    out: {
      value: 'DIR',
      meaning: 'Folder for masks/, labels.json and summary.json, made if it is not there; it must hold none of the images',
      needed: 'give the folder to write to',
    },
  },
  examples: [
    '--run out/hearts --images hearts/new --out out/new',
    '--run weights.zip --images scan.nii.gz --set largest=true --backend wasm --threads 2 --out out/scan',
    '--run out/hearts --images series --rename names.csv --out out/named',
    '--run out/hearts/checkpoint.safetensors --images series --keep-identifiers --out out/series',
  ],
} as const satisfies Command

export const evaluate = {
  name: 'evaluate',
  does:
    'Dice, HD95 and surface Dice of the masks in one folder against those in another, in every format that is read: for each image, patient, ' +
    'volume and class. Volumes are scored in three dimensions, and slice by slice.',
  options: {
    pred: { value: 'DIR', meaning: 'Folder of predicted masks', needed: 'give the folder with the predicted masks' },
    reference: {
      value: 'DIR',
      meaning: 'Folder of true masks, which belong to the predicted ones by the rules by which masks belong to images',
      needed: 'give the folder with the true masks',
    },
    spacing: {
      value: 'X,Y',
      meaning: 'Width and height of a pixel, e.g. in mm, for images; with a third number also for volumes that do not say theirs',
      otherwise: 'as the files say, else pixels',
    },
    tolerance: { value: 'MM', meaning: 'How far borders may be apart for the surface Dice, in the unit of the distances', default: '1' },
    json: { meaning: 'Print the numbers as JSON' },
  },
  examples: [
    '--pred out/hearts/masks --reference hearts/masks --spacing 1.4,1.4',
    '--pred out/livers/masks --reference livers/labels --tolerance 2 --json',
  ],
} as const satisfies Command

export const inspect = {
  name: 'inspect',
  does: 'Says what files are understood as: size, spacing, orientation, range of values, labels. Ends with 1 if none could be read.',
  rest: { value: 'PATH...', meaning: 'Files, and folders with all that is in them' },
  options: {
    pairs: { meaning: 'Say instead which mask goes with which image and why, and which masks are left over' },
    modality: {
      value: 'NAME',
      meaning: 'With --pairs: which image of each case, where they have several, such as flair and t1ce',
      otherwise: 'none of them',
    },
    json: { meaning: 'Print an object for each file, or for each pair, as JSON' },
  },
  examples: ['scan.nii.gz series/', '--json scan.nii.gz', 'imagesTr labelsTr --pairs', 'brats --pairs --modality t1ce'],
} as const satisfies Command

export const bench = {
  name: 'bench',
  does:
    'Measures how fast training is on this machine, beside TensorFlow.js with its own kernels: time, host time and device calls of the reference ' +
    'steps, convolutions, growth over size and batch. docs/performance.md says how to read the numbers.',
  options: {
    backend: { value: 'NAME', meaning: 'Backend to measure', oneOf: backends, default: 'wasm' },
    software: { meaning: 'With --backend webgpu: use the software adapter that Chromium brings, even if there is a real one' },
    engine: { value: 'NAME', meaning: 'Whose kernels; stock is TensorFlow.js alone', oneOf: engineNames, otherwise: 'both' },
    only: {
      value: 'PART',
      meaning: 'One part; agreement is how far the losses of both engines drift apart in 50 steps, memory what each preset takes on WebGPU',
      oneOf: parts,
      otherwise: 'all but agreement and memory',
    },
    step: {
      value: 'NAME',
      meaning: 'One reference step',
      oneOf: Object.keys(stepSizes) as StepName[],
      otherwise: 'those that suit the backend',
    },
    precision: {
      value: 'NAME',
      meaning: 'In which our engine stores activations in steps, on webgpu; with f16 agreement is with f32',
      oneOf: parameters.precision.options,
      default: parameters.precision.default,
    },
    steps: { value: 'N', meaning: 'How many steps are timed', otherwise: 'as many as the backend does in a fair time' },
    peers: {
      meaning: 'Instead: one reference step beside the same in TensorFlow.js, jax-js and, where a Python has it, PyTorch, all in turn',
    },
    threads,
    json: { value: 'FILE', meaning: 'Write the numbers as JSON too; - prints them instead of the tables' },
  },
  examples: [
    '--only steps --step R64 --steps 20 --threads 2',
    '--backend webgpu --software --engine ours --json gpu.json',
    '--peers --step R128',
    '--backend webgpu --precision f16 --only agreement',
  ],
} as const satisfies Command

export const selftest = {
  name: 'selftest',
  does:
    'Runs every operation beside its plain twin on the adapter at hand, in odd and random sizes, with its gradients, then ten training steps beside ' +
    'another backend. Ends with a table and one sentence, to be sent to us with a report of wrong results, and with 1 if anything is off.',
  options: {
    backend: { value: 'NAME', meaning: 'Backend to test', oneOf: backends, otherwise: 'WebGPU if there is a real adapter, else wasm' },
    threads,
    json: { value: 'FILE', meaning: 'Write every comparison as JSON too' },
  },
  examples: ['--backend webgpu --json selftest.json', '--backend wasm --threads 2'],
} as const satisfies Command

export const serve = {
  name: 'serve',
  does: 'Serves the page on this machine alone, until Ctrl+C. It must have been built, which npm start does by itself.',
  options: { port: { value: 'N', meaning: 'Port of the page; 0 for one that is free', default: '4173' } },
  examples: ['--port 5000'],
} as const satisfies Command

export const fuzz = {
  name: 'fuzz',
  does:
    'Gives every reader, the archive of a run, its checkpoint and the worker damaged files and random requests, and ends with 1 if any of them ' +
    'answers with anything but a sentence, hangs or takes too much memory. The files that do it are kept.',
  options: {
    seconds: { value: 'N', meaning: 'How long each is tried', default: '60' },
    only: { value: 'NAME', meaning: 'One of them, such as dicom, "run archive" or protocol', multiple: true, otherwise: 'all' },
    seed: { value: 'N', meaning: 'Which cases are drawn; the same seed draws the same', default: '1' },
    out: { value: 'DIR', meaning: 'Where files are kept that do it', default: 'out/fuzz' },
  },
  examples: ['--seconds 60', '--only dicom --only tiff --seconds 600 --seed 7 --out out/found'],
} as const satisfies Command

export const record = {
  name: 'record',
  does: 'Records a run on each sample with the preset Quick: its settings, curves and pictures, without weights. The page offers to replay them; a build has those in public.',
  options: {
    steps: { value: 'N', meaning: 'Steps of each run', default: '1000' },
    backend,
    threads,
    out: { value: 'DIR', meaning: 'Folder in which the folder "recorded" is written', default: 'public' },
  },
  examples: ['--backend wasm --threads 2', '--steps 200 --out out/short'],
} as const satisfies Command

export const study = {
  name: 'study',
  does:
    'Runs a study: ways of training x seeds x exemplars over data sets, as its file describes them, each run once and never again. Killed at any moment, ' +
    'the same command goes on. With --report it runs nothing: it gathers the runs that have ended, wherever they ran, as report.html and tables.md.',
  rest: { value: 'STUDY.json', meaning: 'The file of the study; docs/terminal.md says what is in it' },
  options: {
    out: { value: 'DIR', meaning: 'Folder for the results, a small file for each run; made if it is not there', otherwise: 'none' },
    data: { value: 'DIR', meaning: 'Folder where the paths in the study start', otherwise: 'as the study says, from its own folder' },
    shard: {
      value: 'I/N',
      meaning: 'Run part I of N, from 1, all of about the same work',
      otherwise: 'that of a Slurm array or a Kubernetes Indexed Job, else all',
    },
    jobs: { value: 'N', meaning: 'How many runs are made at once, each in a process of its own', default: '1' },
    backend,
    report: { value: 'DIR', meaning: 'Instead: report on the results in this folder; prints the tables' },
    compare: { value: 'A,B', meaning: 'With --report: compare these two arms as well', multiple: true },
    into: {
      value: 'FILE',
      meaning: 'With --report: write the tables into this Markdown file too, between the lines <!-- study NAME --> and <!-- end NAME -->',
    },
  },
  examples: [
    'studies/smoke.json --out out/smoke --jobs 2 --backend wasm',
    'studies/whole.json --out /scratch/whole --data /scratch/images --shard 3/16',
    '--report out/smoke --compare "exemplar only,self" --into docs/results.md',
  ],
} as const satisfies Command

/** Those of the package, which run from any folder. */
export const packaged = [train, predict, evaluate, inspect, bench, selftest, serve] as const

export type PackagedName = (typeof packaged)[number]['name']

/** All of them. */
export const commands: readonly Command[] = [...packaged, study, fuzz, record]
