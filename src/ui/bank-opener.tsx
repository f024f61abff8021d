import { usePage } from '../store/page-store'
import { OnDemand } from './boundary'
import { lazyPart } from './lazy-part'

const bankList = lazyPart(
  'The bank',
  () => import('./bank'),
  ({ BankList }) => BankList,
)

/** The bank of pseudo-exemplars, where one is asked for or there. */
export function Bank() {
  const shown = usePage(({ asked, bank }) => asked.atlases > 0 || asked.stack > 0 || bank !== null)
  return shown && <OnDemand part={bankList}>{(BankList) => <BankList />}</OnDemand>
}
