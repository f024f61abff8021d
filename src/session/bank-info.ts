import type { Bank } from '../method/bank/bank'
import type { Dataset } from './dataset'
import type { BankInfo } from './events'

/** A bank as the page is told of it: its images by name. */
export function bankInfo(bank: Bank | null, { unlabeled }: Dataset): BankInfo | null {
  const entries = bank?.entries.map(({ image, labels, fit, wayBack, away }) => {
    const { id, name } = unlabeled[image]!
    return { image: id, name, labels: labels.slice(), fit, wayBack, away }
  })
  return bank && { ...bank, entries: entries! }
}
