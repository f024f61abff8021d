// node scripts/slurm-trial.mjs: a real Slurm of one node, on Debian, as root. It runs studies/smoke.json as an array of four tasks, kills one and requeues two,
// and compares the tables with those of one process. Ends with 0 if they are equal. What it starts it also ends.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, exit, getuid } from 'node:process'
import { randomBytes } from 'node:crypto'
import { helpOrNothing } from './help.mjs'
import { giveUp, root } from './setup.mjs'

helpOrNothing(`node scripts/slurm-trial.mjs

Runs studies/smoke.json on a Slurm of one node that it installs (slurm-wlm of
Debian) and starts, kills a task and requeues two, and compares the tables with
those of one process. Needs root.
`)

const programs = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scontrol', 'scancel']
const has = (program) => spawnSync('which', [program]).status === 0

if (getuid?.() !== 0 || !existsSync('/etc/debian_version')) giveUp('This trial installs and starts services: run it as root on Debian.')
if (!programs.every(has)) {
  console.log('Installing slurm-wlm ...')
  const { status } = spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'slurm-wlm', 'munge'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (status !== 0) giveUp('apt-get could not install slurm-wlm; its output is above.')
}

const folder = mkdtempSync(join(tmpdir(), 'slurm-trial-'))
const at = (...path) => join(folder, ...path)
// munge refuses a socket below a folder that others may write to.
chmodSync(folder, 0o755)
for (const name of ['state', 'spool', 'log']) mkdirSync(at(name))
writeFileSync(at('munge.key'), randomBytes(1024), { mode: 0o400 })
const host = hostname().split('.')[0]
writeFileSync(
  at('slurm.conf'),
  `ClusterName=trial
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=${at('munge.socket')}
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
JobRequeue=1
SchedulerParameters=requeue_delay=1
SlurmctldPidFile=${at('slurmctld.pid')}
SlurmdPidFile=${at('slurmd.pid')}
StateSaveLocation=${at('state')}
SlurmdSpoolDir=${at('spool')}
NodeName=${host} NodeAddr=127.0.0.1 CPUs=${cpus().length} State=UNKNOWN
PartitionName=trial Nodes=${host} Default=YES MaxTime=INFINITE State=UP
`,
)

const daemons = []
function start(program, ...args) {
  const log = openSync(at('log', program), 'a')
  const child = spawn(program, args, { stdio: ['ignore', log, log], env: { ...env, SLURM_CONF: at('slurm.conf') } })
  daemons.push(child)
  child.on('exit', (code) => {
    if (code) finish(1, `${program} ended with ${code}:\n${readFileSync(at('log', program), 'utf8').slice(-2000)}`)
  })
}

let finishing = false
async function finish(code, sentence) {
  if (finishing) return
  finishing = true
  if (sentence) console.log(sentence)
  // The last first: they write into the folder until they have ended.
  for (const child of daemons.reverse()) {
    if (child.exitCode === null && child.kill()) await once(child, 'exit')
  }
  rmSync(folder, { recursive: true, force: true })
  exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => finish(1, `Left by ${signal}.`))

/** The output of a program of Slurm. */
function slurm(program, ...args) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    cwd: root,
    env: { ...env, SLURM_CONF: at('slurm.conf') },
  })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`)
  return stdout.trim()
}

const study = (...args) => spawnSync('npm', ['run', '--silent', 'study', '--', ...args], { cwd: root, encoding: 'utf8' })
/** The tables without those of times, which no two runs share. */
function tables(out) {
  const { status, stdout, stderr } = study('--report', out)
  if (status !== 0) throw new Error(stderr)
  return stdout.slice(0, stdout.indexOf('### Dice by minutes'))
}

const until = async (what, holds, seconds = 900) => {
  for (let i = 0; i < seconds * 4; i++) {
    if (holds()) return
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error(`Waited ${seconds} s in vain for ${what}.`)
}

/** State of each task that Slurm still knows, by its number in the array. */
const tasks = (job) =>
  new Map(
    slurm('squeue', '-h', '-r', '-j', job, '-t', 'all', '-o', '%K %T')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ')),
  )

async function trial() {
  start(
    'munged',
    '--foreground',
    '--key-file',
    at('munge.key'),
    '--socket',
    at('munge.socket'),
    ...['pid', 'log', 'seed'].map((name) => `--${name}-file=${at(`munge.${name}`)}`),
  )
  await until('munge', () => existsSync(at('munge.socket')), 30)
  start('slurmctld', '-D')
  start('slurmd', '-D', '-N', host)
  await until(
    'the node',
    () =>
      spawnSync('sinfo', ['-h', '-o', '%T'], { encoding: 'utf8', env: { ...env, SLURM_CONF: at('slurm.conf') } }).stdout.trim() === 'idle',
    60,
  )
  console.log(`Slurm ${slurm('sinfo', '--version').split(' ').at(-1)}: one node, ${cpus().length} cores`)

  const one = study('studies/smoke.json', '--out', at('one'), '--jobs', '2', '--backend', 'wasm')
  if (one.status !== 0) throw new Error(one.stderr)
  console.log(one.stdout.split('\n')[0])

  const submitted = slurm(
    'sbatch',
    '--parsable',
    '--array=0-3',
    '--cpus-per-task=1',
    '--mem=0',
    `--output=${at('log', 'task-%a')}`,
    'docs/cluster/slurm.sh',
    'studies/smoke.json',
    at('array'),
  )
  const cells = () =>
    existsSync(at('array', 'cells')) ? readdirSync(at('array', 'cells')).filter((name) => name.endsWith('.json')).length : 0
  await until('the first result of the array', () => cells() > 0)
  const running = [...tasks(submitted)].filter(([, state]) => state === 'RUNNING').map(([task]) => task)
  console.log(`Array ${submitted}: tasks ${running.join(', ')} are running, ${cells()} results`)
  for (const [i, task] of running.slice(0, 2).entries()) {
    const id = `${submitted}_${task}`
    if (i === 0) slurm('scancel', '--signal=KILL', '--full', id)
    slurm('scontrol', 'requeue', id)
    console.log(`${i === 0 ? 'Killed and requeued' : 'Requeued'} task ${task}`)
  }
  if (running.length < 2) throw new Error('Fewer than two tasks were running when the first result was there.')
  await until('the array', () => [...tasks(submitted).values()].every((state) => state === 'COMPLETED' || state === 'FAILED'))
  console.log(
    `States at the end: ${[...tasks(submitted)].map(([task, state]) => `${task} ${state}`).join(', ') || 'all forgotten'}; ${cells()} results`,
  )
  for (const task of [0, 1, 2, 3]) console.log(`--- task ${task}\n${readFileSync(at('log', `task-${task}`), 'utf8').trim()}`)
  const [whole, parts] = [tables(at('one')), tables(at('array'))]
  console.log(parts)
  return whole === parts
}

trial().then(
  (equal) =>
    finish(
      equal ? 0 : 1,
      equal ? 'The tables of the array and of one process are equal.' : 'The tables of the array and of one process DIFFER.',
    ),
  (error) => finish(1, error.message),
)
