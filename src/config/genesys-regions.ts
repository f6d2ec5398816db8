import { nearestName } from '../rules/nearest-name.ts';

/**
 * Every Genesys Cloud region: AWS region name and domain
 * (https://help.mypurecloud.com/articles/aws-regions-for-genesys-cloud-deployment/).
 */
const REGIONS: readonly (readonly [region: string, domain: string])[] = [
  ['us-east-1', 'mypurecloud.com'],
  ['us-east-2', 'use2.us-gov-pure.cloud'],
  ['us-west-2', 'usw2.pure.cloud'],
  ['ca-central-1', 'cac1.pure.cloud'],
  ['mx-central-1', 'mxc1.pure.cloud'],
  ['sa-east-1', 'sae1.pure.cloud'],
  ['eu-west-1', 'mypurecloud.ie'],
  ['eu-west-2', 'euw2.pure.cloud'],
  ['eu-central-1', 'mypurecloud.de'],
  ['eu-central-2', 'euc2.pure.cloud'],
  ['eusc-de-east-1', 'edee1.eusc-pure.cloud'],
  ['me-central-1', 'mec1.pure.cloud'],
  ['ap-south-1', 'aps1.pure.cloud'],
  ['ap-northeast-1', 'mypurecloud.jp'],
  ['ap-northeast-2', 'apne2.pure.cloud'],
  ['ap-northeast-3', 'apne3.pure.cloud'],
  ['ap-southeast-1', 'apse1.pure.cloud'],
  ['ap-southeast-2', 'mypurecloud.com.au'],
];

/** For messages and the reference page: `us-east-1 (mypurecloud.com), ...`. */
export const GENESYS_REGION_LIST = REGIONS.map(([region, domain]) => `${region} (${domain})`).join(', ');

/** The region that a text most likely means, as an AWS name or a domain; `null` when there is none like it. */
export function nearestRegion(text: string): string | null {
  const wanted = text.toLowerCase();
  const inside = REGIONS.find(([, domain]) => new RegExp(`(^|[./])${domain.replaceAll('.', '\\.')}(?![.\\w])`).test(wanted));
  if (inside !== undefined) return inside[1];
  const begun = REGIONS.filter(([region]) => region.startsWith(wanted));
  return (wanted.length > 4 ? begun[0]?.[0] : undefined) ?? nearestName(wanted, REGIONS.flat());
}

/** The domain of a region given by AWS name or by domain, in any case; `null` when there is no such region. */
export function findGenesysDomain(regionOrDomain: string): string | null {
  const wanted = regionOrDomain.toLowerCase();
  return REGIONS.find(([region, domain]) => region === wanted || domain === wanted)?.[1] ?? null;
}
