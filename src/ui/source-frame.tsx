/** The frames of a 4-D volume, or the channels of a picture, as options, valued "all" or the number from 0. */
export function FrameOptions({ frames, word }: { frames: number; word: 'frame' | 'channel' }) {
  return (
    <>
      <option value="all">All {word}s</option>
      {Array.from({ length: frames }, (_, frame) => (
        <option value={frame} key={frame}>
          {frame + 1}
        </option>
      ))}
    </>
  )
}

/** The frame that an option stands for; null for all. */
export const frameFrom = (option: string): number | null => (option === 'all' ? null : Number(option))
