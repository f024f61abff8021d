import { differenceCiede2000, filterDeficiencyDeuter, filterDeficiencyProt, parse } from 'culori'
import { describe, expect, it } from 'vitest'
import { classColours, disagreementColour, hueOf, modelColours } from './palette'

const distance = differenceCiede2000()

/** As seen with all three kinds of cones, and without the green or the red ones (Machado et al. 2009). */
const eyes = {
  normal: (colour: string) => parse(colour)!,
  deuteranopia: (colour: string) => filterDeficiencyDeuter(1)(parse(colour)!),
  protanopia: (colour: string) => filterDeficiencyProt(1)(parse(colour)!),
}

/** The two nearest of the colours: how far apart they are, and which. */
function nearest(colours: readonly string[], see: (colour: string) => ReturnType<typeof parse> & object): [number, string] {
  let found: [number, string] = [Infinity, '']
  colours.forEach((a, i) =>
    colours.slice(0, i).forEach((b) => {
      const apart = distance(see(a), see(b))
      if (apart < found[0]) found = [apart, `${a} and ${b}`]
    }),
  )
  return found
}

describe.each(['light', 'dark'] as const)('on a %s ground', (ground) => {
  const others = [modelColours.A[ground], modelColours.B[ground], disagreementColour]
  // Two patches that touch are told apart from about 2 on; outlines and lines with something in between need several times that.
  it.each([
    [3, 'normal', 26],
    [3, 'deuteranopia', 15],
    [3, 'protanopia', 15],
    [classColours.length, 'normal', 20],
    [classColours.length, 'deuteranopia', 12],
    [classColours.length, 'protanopia', 12],
  ] as const)('%i classes, the models and disagreement are not confused with %s vision', (classes, eye, least) => {
    const [apart, which] = nearest([...classColours.slice(0, classes), ...others], eyes[eye])
    expect(apart, which).toBeGreaterThan(least)
  })
})

it('finds what is confused: the colours that stood here before', () => {
  // The right ventricle's blue is A's; to deuteranopes the green and the pink of Okabe and Ito lie close together as well.
  expect(nearest(['#56b4e9', modelColours.A.dark], eyes.normal)[0]).toBeLessThan(3)
  expect(nearest(['#cc79a7', '#999999'], eyes.deuteranopia)[0]).toBeLessThan(12)
})

it('gives every class a colour, and background black', () => {
  expect(hueOf(0)).toBe('#000000')
  expect(Array.from({ length: 7 }, (_, i) => hueOf(i + 1))).toEqual(classColours)
  expect(hueOf(8)).toBe(hueOf(1))
})
