/** A step in phases, for those who do not know the paper: what happens, and where in the diagram. */
import type { Config } from '../method/config'
import type { Phase } from '../store/walk'
import type { Part } from './teaching-parts'

interface Told {
  title: string
  /** What happens. */
  text: (config: Config) => string
  /** Why, in a tour. */
  why: (config: Config) => string
  lit: readonly Part[]
}

const ofBoth = (...names: string[]): Part[] => names.flatMap((name) => [`${name} A`, `${name} B`])

export const told: Record<Phase, Told> = {
  views: {
    title: 'the images',
    text: () =>
      'The watched image is moved a little: the weak view. A copy of it gets other contrast, blur and noise, and perhaps a box of another image: the strong view. The exemplar is warped anew, and its structures are pasted onto another image.',
    why: () =>
      'Two networks, A and B, learn from one annotated image, the exemplar, and from many images without labels. They began with different random weights, so they do not make the same mistakes.',
    lit: ['Weak view', 'Strong view', 'CutMix partner', 'Exemplar', 'Synthetic sample'],
  },
  lessons: {
    title: 'the lessons',
    text: ({ tau }) =>
      `Both networks label the weak view, which is the easy one. What a network finds there, its pseudo-label, is a lesson wherever it is sure: at a confidence of ${tau} or more.`,
    why: () =>
      'Nobody has checked these labels, and they are made anew in every step. Where A and B disagree, at least one of them is wrong.',
    lit: [...ofBoth('Confidence', 'Confidence mask', 'Pseudo-label'), 'Disagreement'],
  },
  predictions: {
    title: 'the predictions',
    text: () =>
      'Both label the strong view, and the weak view once more with some of their feature channels switched off. Both are harder than the weak view, so there is something to learn.',
    why: () =>
      'Whoever labels an image rightly under such changes has learnt what an organ looks like, rather than how bright this one image is.',
    lit: ofBoth('Prediction', 'Perturbed features', 'Dropped channels'),
  },
  losses: {
    title: 'the losses',
    text: ({ teacher }) =>
      `Each prediction is compared with ${teacher === 'cross' ? 'the other network’s lesson' : 'the network’s own lesson'}, and what is predicted for the labelled images with their masks. The numbers on the arrows are the weight and the value of each loss in this step.`,
    why: ({ teacher }) =>
      teacher === 'cross'
        ? 'A network that taught itself would confirm its own mistakes. Another one has other mistakes, and corrects them: that is the idea of the method.'
        : 'This run is the control: each network teaches itself, and may confirm its own mistakes.',
    lit: [],
  },
  update: {
    title: 'the update',
    text: () =>
      'Each network changes its weights a little, so that its own losses shrink. No change goes back through a lesson: a teacher does not learn from its pupil’s mistakes. The pictures are now those of the new weights.',
    why: () => 'That was one step of some hundreds or thousands. Start, and watch the masks grow sharper, and the disagreement smaller.',
    lit: ['Model A', 'Model B'],
  },
}
