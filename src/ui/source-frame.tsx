/** The frames of a 4-D volume as options, valued "all" or the number from 0. */
export function FrameOptions({ frames }: { frames: number }) {
  return (
    <>
      <option value="all">All frames</option>
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
