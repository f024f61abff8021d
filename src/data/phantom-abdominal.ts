/** An axial CT slice of the upper abdomen, from the liver dome (level 0) to the lower poles of the kidneys (level 1). */
import { hueOf } from '../image/palette'
import { blob, blur, both, Canvas, either, grow, minus, normals, smoothNoise, wobble, type Shape } from './phantom-drawing'
import { drawTraits, type Generator, type Ranges, type Streams } from './phantom-patient'

/** What differs between patients, and how much: millimetres, degrees, Hounsfield units (HU). */
const ranges = {
  /** Width of the picture as a multiple of the trunk's. */
  margin: [1, 1.12],
  rotation: [-9, 9],
  shiftX: [-12, 12],
  shiftY: [-22, 22],
  warp: [3, 8],
  // The trunk.
  halfWidth: [145, 180],
  /** Front to back, as a share of the width. */
  depth: [0.66, 0.82],
  skinFat: [5, 30],
  muscle: [8, 15],
  // Organs: sizes relative to an average patient, and positions.
  liverSize: [0.82, 1.2],
  liverLeftLobe: [0.5, 1.3],
  liverDrop: [-0.15, 0.2],
  spleenSize: [0.75, 1.35],
  spleenAngle: [-25, 20],
  kidneySize: [0.85, 1.2],
  leftKidneyX: [52, 72],
  leftKidneyY: [30, 52],
  rightKidneyX: [-72, -52],
  rightKidneyY: [34, 56],
  kidneyAngle: [-25, 25],
  sinus: [0.3, 0.6],
  aorta: [10, 15],
  aortaX: [2, 18],
  aortaY: [24, 36],
  cavaWidth: [9, 15],
  cavaHeight: [6, 12],
  stomachSize: [0.6, 1.35],
  stomachX: [38, 75],
  stomachAir: [-0.9, 0.9],
  gallbladder: [6, 17],
  psoas: [0.7, 1.3],
  // HU without contrast medium, and what the medium adds where it is strongest.
  liver: [40, 68],
  spleen: [40, 58],
  kidney: [28, 42],
  vessel: [34, 50],
  muscleTone: [40, 66],
  fat: [-118, -88],
  bone: [160, 330],
  stomachContent: [-20, 130],
  bowelContent: [-10, 160],
  /** 0 none, 1 arterial, 2 portal venous, 3 late. */
  phase: [0, 3],
  dose: [0.35, 1],
  texture: [3, 12],
  // The scanner and the window: HU of grey 127 and the width from black to white.
  blur: [0.7, 1.9],
  noise: [5, 24],
  noiseGrain: [0.5, 1.1],
  windowLevel: [30, 75],
  windowWidth: [310, 470],
} as const satisfies Ranges

/** HU added by the contrast medium at phases 0 to 3, for a full dose. */
const enhancement = {
  aorta: [0, 260, 120, 70],
  cava: [0, 30, 110, 75],
  liver: [0, 12, 62, 45],
  spleen: [0, 75, 72, 45],
  cortex: [0, 150, 130, 100],
  medulla: [0, 25, 120, 115],
  pancreas: [0, 55, 45, 25],
  muscle: [0, 5, 12, 10],
} as const

function draw(streams: Streams, level: number, size: number) {
  const t = drawTraits(ranges, streams)
  const shapes = streams('shapes')
  const uneven = (share: number, count?: number) => wobble(shapes, share, count)
  const enhanced = (tissue: keyof typeof enhancement) => {
    const i = Math.min(2, Math.floor(t.phase))
    const curve = enhancement[tissue]
    return t.dose * (curve[i]! + (curve[i + 1]! - curve[i]!) * (t.phase - i))
  }
  const canvas = new Canvas(size, -1000, {
    ...t,
    fieldOfView: 2 * t.halfWidth * t.margin,
    warpX: smoothNoise(streams('warp x'), 100),
    warpY: smoothNoise(streams('warp y'), 100),
  })
  const patch = smoothNoise(streams('patch'), 18)
  const grain = smoothNoise(streams('grain'), 6)
  const across = level * 120
  /** Tissue of the given HU with spots of `strength` HU. */
  const textured =
    (hu: number, strength = t.texture) =>
    (x: number, y: number) =>
      hu + strength * (0.7 * patch(x + across, y) + 0.5 * grain(x, y + across))

  // Trunk: skin, fat under it, muscle, fat inside.
  const halfDepth = t.halfWidth * t.depth
  const narrowing = 1 - 0.06 * level
  const trunk = blob(0, 0, t.halfWidth * narrowing, halfDepth * narrowing, 0, uneven(0.018))
  const wallShape = grow(trunk, -t.skinFat)
  const inside = grow(wallShape, -t.muscle)
  const muscle = t.muscleTone + enhanced('muscle')
  canvas.paint(trunk, 20)
  canvas.paint(grow(trunk, -2), textured(t.fat, 8))
  canvas.paint(wallShape, textured(muscle, 14))
  canvas.paint(inside, textured(t.fat, 10))
  // The muscle has fat between its layers.
  canvas.tint(minus(grow(wallShape, -t.muscle * 0.42), grow(wallShape, -t.muscle * 0.58)), (x, y) =>
    grain(x, y) > 0 ? t.fat + 60 : muscle,
  )

  // Organs move with the walls and grow with the space, so that they fit inside thin people too.
  const scaleX = (t.halfWidth - t.skinFat - t.muscle) / 132
  const scaleY = (halfDepth - t.skinFat - t.muscle) / 95
  const scale = Math.sqrt(scaleX * scaleY)
  const organ = (x: number, y: number, rx: number, ry: number, angle = 0, share = 0) =>
    blob(x * scaleX, y * scaleY, rx * scale, ry * scale, (angle * Math.PI) / 180, share ? uneven(share) : [])
  const within = (shape: Shape) => both(shape, grow(inside, -1.5))

  // Bowel, more of it lower down: wall, then gas, fluid or medium.
  for (let k = 0; k < 16; k++) {
    const [x, y] = [shapes.uniform(-95, 100), shapes.uniform(-78, 25)]
    const loop = within(organ(x, y, shapes.uniform(9, 19), shapes.uniform(8, 14), shapes.uniform(0, 180), 0.1))
    const content = shapes.uniform()
    const hu = content < 0.3 ? -700 : content < 0.75 ? t.bowelContent * 0.4 + 15 : t.bowelContent + 40
    const wall = shapes.uniform(2, 4)
    if (shapes.uniform(0.1, 1) > level * 1.25) continue
    canvas.paint(loop, muscle + 10)
    canvas.paint(grow(loop, -wall), textured(hu, 16))
  }

  // Pancreas and stomach.
  const pancreas = within(organ(22, -2, 50, 11 * (1 - 0.4 * Math.abs(level - 0.5)), -18, 0.12))
  canvas.paint(pancreas, textured(42 + enhanced('pancreas'), 18))
  const stomachFade = Math.max(0.25, 1 - 0.75 * level)
  const stomach = within(organ(t.stomachX, -38, 46 * t.stomachSize * stomachFade, 32 * t.stomachSize * stomachFade, -25, 0.09))
  const surface = -38 * scaleY + t.stomachAir * 28 * scale
  canvas.paint(stomach, muscle + 15)
  canvas.paint(grow(stomach, -4), (x, y) => (y < surface ? -850 : t.stomachContent + 25 * grain(x, y)))

  // Spleen: a crescent along the left wall. Smaller in the lower slices.
  const spleenHeight = Math.max(0, 1 - Math.max(0, level - 0.15) ** 2 * 1.15) * t.spleenSize
  const spleen = minus(
    within(organ(100, 22, 30 * spleenHeight, 50 * spleenHeight, 14 + t.spleenAngle, 0.06)),
    organ(62, 8, 28, 30 + 10 * level, 0, 0.05),
  )
  canvas.paint(spleen, textured(t.spleen + enhanced('spleen')), 2)

  // Liver: right lobe along the wall, left lobe across the midline in the upper slices.
  const liverHeight = Math.max(0.2, 1 - Math.max(0, level - 0.25 - t.liverDrop) * 1.15) * t.liverSize
  const leftLobe = Math.max(0.05, 1 - level * 1.5) * t.liverLeftLobe
  const rightLobe = organ(-84, -8, 58 * liverHeight, 82 * liverHeight ** 0.8, 8, 0.05)
  const liver = within(either(rightLobe, organ(-18, -52, 66 * leftLobe, 30 * leftLobe, -14, 0.06)))
  const liverTone = t.liver + enhanced('liver')
  const withoutNeighbours = minus(liver, organ(-10, 34, 46, 36))
  canvas.paint(withoutNeighbours, textured(liverTone), 1)
  const veins = t.vessel + 0.85 * enhanced('cava')
  for (let k = 0; k < 12; k++) {
    const vein = organ(
      shapes.uniform(-115, -20),
      shapes.uniform(-60, 40),
      shapes.uniform(1.5, 4),
      shapes.uniform(3, 13),
      shapes.uniform(0, 180),
    )
    canvas.tint(both(vein, grow(withoutNeighbours, -4)), veins, 2)
  }
  if (level > 0.3) {
    const bladder = organ(-48, -28 + 20 * level, t.gallbladder * 1.3, t.gallbladder, 40, 0.06)
    canvas.paint(within(bladder), textured(8, 5))
  }

  // Kidneys: cortex, medulla, and the fat of the sinus, which opens towards the middle and is not kidney.
  const kidney = (x: number, y: number, middle: number, label: number) => {
    const side = Math.sign(x)
    const grown = Math.sqrt(Math.max(0.12, 1 - ((level - middle) / 0.62) ** 2)) * t.kidneySize
    const body = organ(x, y + 4 * level, 23 * grown, 30 * grown, side * (18 + t.kidneyAngle), 0.05)
    const sinusOpen = Math.max(0, 1 - Math.abs(level - middle) / 0.42) * t.sinus
    const sinus = organ(x - side * 17 * grown, y + 4 * level, 20 * sinusOpen * grown + 0.1, 15 * sinusOpen * grown + 0.1, 0, 0.12)
    const shape = within(minus(body, sinus))
    canvas.paint(grow(within(body), 5), textured(t.fat, 8))
    canvas.paint(shape, textured(t.kidney + enhanced('cortex')), label)
    const rays = smoothNoise(streams('rays', side), 9)
    canvas.tint(
      grow(shape, -5),
      (px, py) => t.kidney + enhanced('medulla') + (enhanced('cortex') - enhanced('medulla')) * (rays(px, py) > 0.35 ? 0.8 : 0),
      2,
    )
  }
  kidney(t.rightKidneyX, t.rightKidneyY, 0.62, 4)
  kidney(t.leftKidneyX, t.leftKidneyY, 0.52, 3)

  // Spine and the muscles beside it.
  const wallMuscle = textured(muscle, 14)
  for (const side of [-1, 1]) {
    canvas.paint(within(organ(side * 30, 52, 11 * t.psoas * (0.5 + level), 15 * t.psoas * (0.5 + level), side * 15, 0.05)), wallMuscle)
    canvas.paint(both(organ(side * 33, 90, 27, 20, 0, 0.05), grow(trunk, -4)), wallMuscle)
    canvas.paint(both(organ(side * 40, 74, 20, 3.5, side * 12), wallShape), t.bone + 80)
  }
  const vertebra = organ(0, 58, 24, 18, 0, 0.03)
  canvas.paint(vertebra, t.bone + 220)
  canvas.paint(grow(vertebra, -2.5), textured(t.bone, 35))
  const arch = organ(0, 84, 15, 14)
  canvas.paint(arch, t.bone + 200)
  canvas.paint(organ(0, 82, 9.5, 8), 30)
  canvas.paint(both(organ(0, 104, 4, 16), grow(trunk, -4)), t.bone + 150)
  // Ribs cut obliquely, wandering down the wall from slice to slice.
  for (let k = 0; k < 14; k++) {
    const angle = ((k - 6.5) / 14) * 5 - Math.PI / 2 + level * 0.5 + shapes.uniform(-0.14, 0.14)
    const length = shapes.uniform(3, 10)
    // None in front, where there is cartilage, and fewer lower down.
    if (Math.cos(angle + Math.PI / 2) > 0.75 || shapes.uniform() < 0.15 + 0.5 * level) continue
    let far = 60
    while (wallShape.depth(Math.cos(angle) * far, Math.sin(angle) * far) > t.muscle * 0.6) far += 2
    const rib = blob(Math.cos(angle) * far, Math.sin(angle) * far, 3.4, length, angle)
    canvas.paint(rib, t.bone + 200)
    canvas.paint(grow(rib, -1.6), t.bone * 0.7)
  }

  // Great vessels: the cava looks like the aorta in late phases.
  const cava = organ(-22, 30, t.cavaWidth, t.cavaHeight, 10, 0.06)
  canvas.paint(cava, textured(t.vessel + enhanced('cava'), 8))
  const mesenteric = organ(t.aortaX - 3, t.aortaY - 20, 4, 4.5)
  canvas.paint(mesenteric, t.vessel + enhanced('aorta'))
  canvas.paint(organ(t.aortaX - 17, t.aortaY - 21, 6, 5.5), t.vessel + enhanced('cava'))
  const radius = Math.max(t.aorta * (1.08 - 0.2 * level), 1.3 * canvas.pixel) / scale
  const aorta = organ(t.aortaX, t.aortaY, radius, radius * 0.95, 0, 0.02)
  canvas.paint(aorta, textured(t.vessel + enhanced('aorta'), 8), 5)

  // The scanner: blur, noise with the grain of the reconstruction, and the window.
  blur(canvas.tones, size, t.blur / canvas.pixel)
  const noise = normals(streams('noise', Math.round(level * 1000)), size * size)
  blur(noise, size, t.noiseGrain)
  // Blurring white noise with a Gaussian of sigma s divides its deviation by about 2 s sqrt(pi).
  const strength = t.noise * Math.max(1, 2 * t.noiseGrain * Math.sqrt(Math.PI))
  const low = t.windowLevel - t.windowWidth / 2
  const pixels = new Float32Array(size * size)
  for (let i = 0; i < pixels.length; i++) {
    const hu = canvas.tones[i]! + strength * noise[i]!
    pixels[i] = Math.round(255 * Math.min(1, Math.max(0, (hu - low) / t.windowWidth)))
  }
  return { pixels, labels: canvas.labels }
}

export const abdominal: Generator = {
  classes: [
    { name: 'Background', color: hueOf(0) },
    { name: 'Liver', color: hueOf(1) },
    { name: 'Spleen', color: hueOf(2) },
    { name: 'Left kidney', color: hueOf(3) },
    { name: 'Right kidney', color: hueOf(4) },
    { name: 'Aorta', color: hueOf(5) },
  ],
  draw,
}
