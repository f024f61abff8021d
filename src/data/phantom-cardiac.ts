/** A short-axis slice of the heart as cine MR shows it, from the base (level 0) to the apex (level 1). */
import { hueOf } from '../image/palette'
import { blob, blur, both, Canvas, either, grow, minus, normals, smoothNoise, wobble } from './phantom-drawing'
import { drawTraits, type Generator, type Ranges, type Streams } from './phantom-patient'

/** What differs between patients, and how much: lengths in millimetres, angles in degrees, brightness 0..1 before bias and curve. */
const ranges = {
  fieldOfView: [125, 178],
  rotation: [-28, 28],
  shiftX: [-14, 14],
  shiftY: [-13, 13],
  warp: [2, 6],
  // Left ventricle.
  cavity: [17, 27],
  roundness: [0.84, 1],
  ovalAngle: [0, 180],
  wall: [6, 14],
  septum: [0.75, 1.3],
  taper: [0.6, 0.8],
  papillary: [3, 6.5],
  papillaryTone: [0.1, 0.8],
  // Right ventricle: how far it protrudes from the left one, its height as a share of it, and its position.
  rightWidth: [18, 38],
  rightHeight: [0.85, 1.3],
  rightAngle: [-25, 25],
  rightWall: [2, 4.5],
  trabeculae: [0.1, 0.6],
  // Around the heart.
  pericardialFat: [1, 9],
  /** From the middle of the left ventricle to the inside of the chest wall. */
  roomInFront: [44, 64],
  chestAngle: [-60, -15],
  skinFat: [6, 22],
  muscle: [9, 18],
  liverHeight: [50, 70],
  liverWidth: [55, 85],
  stomach: [18, 34],
  stomachAngle: [25, 65],
  aorta: [8, 13],
  aortaAngle: [-5, 75],
  aortaDistance: [54, 74],
  atrium: [14, 26],
  // Brightness of blood, and of the rest as a share of it.
  blood: [0.5, 0.85],
  rightBlood: [0.8, 1.08],
  myocardium: [0.25, 0.58],
  muscleTone: [0.25, 0.6],
  fat: [0.6, 1.6],
  liver: [0.3, 0.9],
  stomachTone: [0.1, 1.2],
  lung: [0.03, 0.2],
  flow: [0.02, 0.14],
  // The scanner.
  coil: [0.1, 0.45],
  coilAngle: [150, 300],
  bias: [0.05, 0.2],
  blur: [0.5, 1.3],
  noise: [0.012, 0.042],
  gamma: [0.75, 1.35],
  gain: [0.85, 1.25],
} as const satisfies Ranges

const radians = (degrees: number) => (degrees * Math.PI) / 180

function draw(streams: Streams, level: number, size: number) {
  const t = drawTraits(ranges, streams)
  const shapes = streams('shapes')
  const uneven = (share: number, count?: number) => wobble(shapes, share, count)
  // Slices of a patient are slightly shifted, as between breath-holds.
  const breath = streams('breath', Math.round(level * 1000))
  const canvas = new Canvas(size, 0.02, {
    ...t,
    shiftX: t.shiftX + breath.normal() * 1.2,
    shiftY: t.shiftY + breath.normal() * 1.2,
    warpX: smoothNoise(streams('warp x'), 70),
    warpY: smoothNoise(streams('warp y'), 70),
  })
  const patch = smoothNoise(streams('patch'), 22)
  const grain = smoothNoise(streams('grain'), 5)
  /** Slices differ in texture because they cut the same noise in different places. */
  const across = level * 90
  const textured = (tone: number, share: number) => (x: number, y: number) => tone * (1 + share * patch(x + across, y))

  const blood = t.blood
  const myocardium = blood * t.myocardium
  const fat = blood * t.fat
  const muscle = blood * t.muscleTone
  const lung = blood * t.lung
  const liver = blood * t.liver

  // Chest wall: skin and fat, muscle with ribs, then the lung.
  const wallAngle = radians(t.chestAngle)
  const toSurface = 150 - t.roomInFront - t.skinFat - t.muscle
  const torso = blob(Math.sin(-wallAngle) * toSurface, Math.cos(wallAngle) * toSurface + 10, 210, 150, wallAngle, uneven(0.02))
  canvas.paint(torso, textured(fat, 0.12))
  canvas.paint(grow(torso, -t.skinFat), textured(muscle, 0.2))
  const chest = grow(torso, -t.skinFat - t.muscle)
  canvas.paint(chest, (x, y) => lung * (1 + 0.5 * patch(x, y + across)))
  for (let k = 0; k < 9; k++) {
    const angle = wallAngle - Math.PI / 2 + (k - 4) * 0.21 + shapes.uniform(-0.03, 0.03) + level * 0.1
    const direction = { x: Math.cos(angle), y: Math.sin(angle) }
    let far = 60
    while (torso.depth(torso.x + direction.x * far, torso.y + direction.y * far) > t.skinFat + t.muscle * 0.55) far += 2
    const [x, y] = [torso.x + direction.x * far, torso.y + direction.y * far]
    canvas.tint(blob(x, y, 4, 7, angle, uneven(0.1)), k % 2 ? fat * 0.7 : lung + 0.03)
  }
  // Vessels of the lung.
  for (let k = 0; k < 26; k++) {
    const angle = shapes.uniform(0, 2 * Math.PI)
    const far = shapes.uniform(40, 110)
    const vessel = blob(
      Math.cos(angle) * far + across * 0.1,
      Math.sin(angle) * far,
      shapes.uniform(0.8, 2.6),
      shapes.uniform(0.8, 4),
      angle,
    )
    canvas.tint(both(vessel, chest), blood * shapes.uniform(0.3, 0.8), 1.5)
  }

  // Below the diaphragm.
  const liverTop = t.liverHeight - 8 * level
  const liverShape = both(blob(-42 - 8 * level, liverTop + 45, t.liverWidth, 50, radians(-12), uneven(0.05)), torso)
  const belly = both(blob(30, liverTop + 68, 110, 62, radians(6), uneven(0.04)), grow(torso, -t.skinFat - t.muscle * 0.4))
  canvas.paint(belly, textured(fat * 0.85, 0.25))
  // Bowel, kidney, vessels: round shapes of any brightness, some of them rings.
  for (let k = 0; k < 7; k++) {
    const thing = blob(
      shapes.uniform(-25, 85),
      liverTop + shapes.uniform(4, 60),
      shapes.uniform(5, 17),
      shapes.uniform(4, 13),
      shapes.uniform(0, 3),
      uneven(0.08),
    )
    const [rim, core, thick] = [shapes.uniform(0.15, 1), shapes.uniform(0.1, 1.1), shapes.uniform(2, 5)]
    canvas.paint(both(thing, belly), blood * rim)
    canvas.paint(both(grow(thing, -thick), belly), textured(blood * core, 0.2))
  }
  canvas.paint(liverShape, textured(liver, 0.06))
  for (let k = 0; k < 8; k++) {
    const vessel = blob(
      shapes.uniform(-90, 0),
      liverTop + shapes.uniform(8, 45),
      shapes.uniform(1.2, 3),
      shapes.uniform(2, 7),
      shapes.uniform(0, 3),
    )
    canvas.tint(both(vessel, grow(liverShape, -3)), liver * shapes.uniform(1.1, 1.7), 1.5)
  }
  const stomachAngle = radians(t.stomachAngle)
  const stomachAt = [Math.cos(stomachAngle) * 85, Math.sin(stomachAngle) * 88] as const
  const stomach = both(blob(...stomachAt, t.stomach * 1.25, t.stomach, stomachAngle, uneven(0.08)), grow(torso, -t.skinFat))
  canvas.paint(stomach, muscle)
  canvas.paint(grow(stomach, -3), textured(blood * t.stomachTone, 0.25))
  // The descending aorta: blood with a dark wall, like a small left ventricle.
  const aortaAngle = radians(t.aortaAngle)
  const aorta = blob(Math.cos(aortaAngle) * t.aortaDistance + 6, Math.sin(aortaAngle) * t.aortaDistance, t.aorta, t.aorta * 0.94)
  canvas.paint(grow(aorta, 2.5), myocardium)
  canvas.paint(aorta, textured(blood * 0.95, t.flow))

  // The heart: sizes at this level.
  const shrink = 1 - t.taper * level ** 2.2
  const cavity = t.cavity * shrink
  // At least this thick, so that the ring stays closed in small pictures.
  const wall = Math.max(t.wall * (1 - 0.12 * level), 1.9 * canvas.pixel)
  const oval = radians(t.ovalAngle)
  const leftInner = blob(0, 0, cavity, cavity * t.roundness, oval, uneven(0.025))
  const septal = Math.PI + radians(t.rightAngle)
  // Shifting the outer outline towards the lung or the septum makes the septum thinner or thicker than the free wall.
  const outer = cavity + wall
  const offset = Math.min(0.5 * (t.septum - 1) * wall, Math.max(0, wall - 1.8 * canvas.pixel))
  const [ox, oy] = [Math.cos(septal) * offset, Math.sin(septal) * offset]
  const leftOuter = either(
    blob(ox, oy, outer, outer * t.roundness + wall * (1 - t.roundness), oval, uneven(0.02)),
    grow(leftInner, 1.7 * canvas.pixel),
  )

  const standsOut = t.rightWidth * Math.max(0, 1 - 1.05 * level ** 2.4)
  const rightHeight = outer * t.rightHeight * (0.65 + 0.35 * (1 - level))
  const reach = outer + standsOut
  const depthOfRight = outer * 0.55 + standsOut
  const rightCentre = reach - depthOfRight / 1.6
  const rightBlob = blob(
    Math.cos(septal) * rightCentre,
    Math.sin(septal) * rightCentre,
    depthOfRight / 1.6,
    rightHeight,
    septal + radians(shapes.uniform(-12, 12)),
    uneven(0.05),
  )
  const right = minus(rightBlob, leftOuter)
  const rightShown = standsOut > 4

  // Fat and pericardium around it, then the atrium and the great vessels, seen only at the base.
  const heart = rightShown ? either(leftOuter, grow(rightBlob, t.rightWall)) : leftOuter
  const fatEdge = smoothNoise(streams('fat edge'), 26)
  const sac = grow(heart, t.pericardialFat)
  canvas.paint(
    { ...sac, reach: sac.reach + 12, depth: (x, y) => sac.depth(x, y) + 4 * fatEdge(x, y) + (x < -cavity ? 4 : 0) },
    textured(fat * 0.9, 0.2),
  )
  canvas.tint(grow(heart, 1.3), muscle * 0.7)
  const basal = Math.max(0, 1 - level / 0.5)
  const atriumAngle = septal - 0.75
  if (basal > 0.1) {
    const atrium = t.atrium * (0.5 + 0.5 * basal)
    const at = outer + atrium * 0.75
    const shape = blob(Math.cos(atriumAngle) * at - 8, Math.sin(atriumAngle) * at + 6, atrium, atrium * 0.8, septal, uneven(0.06))
    canvas.paint(grow(shape, 2), myocardium)
    canvas.paint(shape, textured(blood * t.rightBlood, t.flow))
    const outflow = blob(-outer * 0.35, -outer - 9, 12, 10, 0, uneven(0.06))
    canvas.paint(grow(outflow, 2.2), myocardium)
    canvas.paint(outflow, textured(blood * 0.95, t.flow))
  }

  // Right ventricle with its thin wall and the muscle strands along it.
  if (rightShown) {
    canvas.paint(minus(grow(rightBlob, t.rightWall), leftOuter), textured(myocardium, 0.12))
    canvas.paint(right, textured(blood * t.rightBlood, t.flow), 1)
    canvas.tint(right, (x, y) => {
      const strands = Math.max(0, grain(x + across, y) - 0.15) * Math.max(0, 1 - rightBlob.depth(x, y) / 9)
      return blood * t.rightBlood * (1 - 0.9 * t.trabeculae * Math.min(1, strands * 1.6)) * (1 + t.flow * patch(x + across, y))
    })
  }
  // Left ventricle: muscle, blood, papillary muscles and strands, which count as cavity.
  canvas.paint(leftOuter, textured(myocardium, 0.14), 2)
  canvas.paint(leftInner, textured(blood, t.flow), 3)
  canvas.tint(grow(leftInner, -0.3), (x, y) => {
    const strands = Math.max(0, grain(x - across, y + 40) - 0.2) * Math.max(0, 1 - leftInner.depth(x, y) / 5)
    return blood * (1 - t.trabeculae * Math.min(1, strands * 1.4)) * (1 + t.flow * patch(x + across, y))
  })
  for (const side of [-0.6, 1.3]) {
    const angle = side + shapes.uniform(-0.35, 0.35)
    const radius = t.papillary * (0.55 + 0.45 * shrink) * shapes.uniform(0.75, 1.15) * Math.min(1, 0.35 + 1.6 * level)
    const at = Math.max(0, cavity - radius * 1.2)
    const muscleShape = blob(Math.cos(angle) * at, Math.sin(angle) * at, radius, radius * 0.8, angle, uneven(0.12))
    canvas.tint(both(muscleShape, leftInner), myocardium + (blood - myocardium) * t.papillaryTone, 1)
  }

  // The scanner: uneven coil, blur, Rician noise, and the curve from signal to grey.
  const hills = smoothNoise(streams('bias'), 110)
  const coil = radians(t.coilAngle)
  canvas.shade((x, y) => Math.exp(((x * Math.cos(coil) + y * Math.sin(coil)) / 100) * t.coil + t.bias * hills(x, y)))
  blur(canvas.tones, size, t.blur / canvas.pixel)
  const noise = normals(streams('noise', Math.round(level * 1000)), 2 * size * size)
  const pixels = new Float32Array(size * size)
  for (let i = 0; i < pixels.length; i++) {
    const [real, imaginary] = [canvas.tones[i]! + t.noise * noise[2 * i]!, t.noise * noise[2 * i + 1]!]
    const signal = Math.sqrt(real * real + imaginary * imaginary)
    pixels[i] = Math.round(255 * Math.min(1, t.gain * signal ** t.gamma))
  }
  return { pixels, labels: canvas.labels }
}

export const cardiac: Generator = {
  classes: [
    { name: 'Background', color: hueOf(0) },
    { name: 'Right ventricle', color: hueOf(1) },
    { name: 'Myocardium', color: hueOf(2) },
    { name: 'Left ventricle', color: hueOf(3) },
  ],
  draw,
}
