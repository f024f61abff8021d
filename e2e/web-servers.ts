/** Starts what hosting/ has a file for, with that file, to serve a folder on a port of this machine. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { libraryVariables, programFor } from '../scripts/web-servers.mjs'

const hosting = join(import.meta.dirname, '..', 'hosting')
const isRoot = process.getuid?.() === 0
const variables = { ...process.env, ...libraryVariables() }

/** One that runs, and a folder of its own to do so in. */
export type Start = (program: string, served: string, port: number, work: string) => ChildProcess

const nginx: Start = (program, served, port, work) => {
  const site = readFileSync(join(hosting, 'nginx.conf'), 'utf8')
    .replace('listen 8080', `listen 127.0.0.1:${port}`)
    .replace('/srv/exemplar-lab', served)
  writeFileSync(join(work, 'site.conf'), site)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${work}/${name};`)
  writeFileSync(
    join(work, 'nginx.conf'),
    `${isRoot ? 'user root;' : ''} daemon off; pid ${work}/pid; error_log stderr; events {} http { access_log off; ${temporary.join(' ')} include ${work}/site.conf; }`,
  )
  return spawn(program, ['-p', work, '-e', 'stderr', '-c', join(work, 'nginx.conf')], { env: variables })
}

const caddy: Start = (program, served, port, work) =>
  spawn(program, ['run', '--config', join(hosting, 'Caddyfile'), '--adapter', 'caddyfile'], {
    env: { ...variables, HOME: work, EXEMPLAR_ADDRESS: `http://127.0.0.1:${port}`, EXEMPLAR_FOLDER: served },
  })

/** The libraries that a program is linked with, where they are. */
const librariesOf = (program: string): string[] =>
  [...execFileSync('ldd', [program], { encoding: 'utf8', env: variables }).matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!)

/** Runs podman with all that it keeps in one folder. */
function podmanIn(work: string) {
  const own = ['root', 'runroot', 'tmpdir'].flatMap((name) => [`--${name}`, join(work, name)])
  const programs = ['--storage-driver', 'vfs', '--runtime', programFor('runc')!, '--conmon', programFor('conmon')!]
  const env = { ...variables, HOME: join(work, 'home'), CONTAINERS_CONF: join(work, 'containers.conf') }
  return { args: [...own, ...programs], env }
}

/** What the kernel says of the container's process: user, capabilities, whether it may gain any, and how its root is mounted. */
export function confinement(podman: string, work: string) {
  const { args, env } = podmanIn(work)
  const pid = execFileSync(podman, [...args, 'inspect', '--latest', '--format', '{{.State.Pid}}'], { env, encoding: 'utf8' }).trim()
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const [, user, capabilities, locked] = /Uid:\t(\d+)[^]*CapBnd:\t(\w+)[^]*NoNewPrivs:\t(\d)/.exec(status) ?? []
  const root = readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, , , , place]) => place === '/')
  return { user: Number(user), capabilities: Number(`0x${capabilities}`), noNewPrivileges: locked === '1', root: root?.[5]?.split(',')[0] }
}

/**
 * Builds the image of hosting/Containerfile and runs it as that file says. No registry is asked for Caddy's image: one with the Caddy, the shell
 * and the libraries of this machine stands in for it.
 */
const container: Start = (podman, served, port, work) => {
  const [caddy, busybox] = (['caddy', 'busybox'] as const).map((name) => programFor(name)!)
  mkdirSync(join(work, 'home/.config/containers'), { recursive: true })
  writeFileSync(join(work, 'home/.config/containers/policy.json'), '{ "default": [{ "type": "insecureAcceptAnything" }] }')
  writeFileSync(join(work, 'containers.conf'), '[engine]\nevents_logger="none"\ncgroup_manager="cgroupfs"\n')
  const { args: own, env } = podmanIn(work)
  const run = (...args: string[]) => execFileSync(podman, [...own, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })

  const base = join(work, 'base')
  for (const folder of ['usr/bin', 'bin', 'etc', 'tmp']) mkdirSync(join(base, folder), { recursive: true })
  copyFileSync(caddy!, join(base, 'usr/bin/caddy'))
  copyFileSync(busybox!, join(base, 'bin/busybox'))
  for (const name of ['sh', 'cp']) symlinkSync('busybox', join(base, 'bin', name))
  for (const library of librariesOf(caddy!)) cpSync(library, join(base, library), { dereference: true })
  execFileSync('tar', ['-C', base, '-cf', join(work, 'base.tar'), '.'])
  run('import', join(work, 'base.tar'), 'localhost/caddy-of-this-machine')

  const context = join(work, 'context')
  cpSync(hosting, join(context, 'hosting'), { recursive: true })
  cpSync(served, join(context, 'dist'), { recursive: true })
  const network = ['--network', 'host']
  const file = join(context, 'hosting/Containerfile')
  run(
    'build',
    '--isolation',
    'oci',
    ...network,
    '--build-arg',
    'CADDY=localhost/caddy-of-this-machine',
    '-f',
    file,
    '-t',
    'exemplar-lab',
    context,
  )
  const stated = /podman run (.*) exemplar-lab/
    .exec(readFileSync(file, 'utf8'))![1]!
    .replace(/-p \S+/, network.join(' '))
    .split(' ')
  // Limits that whoever runs the test may set.
  const limits = ['nofile', 'nproc'].flatMap((name) => ['--ulimit', `${name}=1024:1024`])
  return spawn(
    podman,
    [...own, 'run', ...stated, '--read-only-tmpfs=false', ...limits, '-e', `EXEMPLAR_ADDRESS=http://127.0.0.1:${port}`, 'exemplar-lab'],
    { env },
  )
}

/** Each with its program, null where that is not here. */
export const webServers: { name: string; program: string | null; start: Start }[] = [
  { name: 'nginx', program: programFor('nginx'), start: nginx },
  { name: 'Caddy', program: programFor('caddy'), start: caddy },
  {
    name: 'the container',
    program: ['caddy', 'busybox', 'runc', 'conmon'].every((name) => programFor(name as 'caddy')) ? programFor('podman') : null,
    start: container,
  },
]
