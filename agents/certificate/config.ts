import type { CertificateAgentFile } from '../../lib/config/certificate-agent';
import { fields, listOf, number, optional, text, type Shape } from '../common/shape';

export const CONFIG_FILE = '/etc/platform/certificate-agent.json';

export const isCertificateAgentFile: Shape<CertificateAgentFile> = fields({
  domains: listOf(text),
  directoryUrl: text,
  email: optional(text),
  directoryCaFile: optional(text),
  responder: fields<CertificateAgentFile['responder']>({ address: text, port: number }),
  peerName: text,
  peerCertificateUrl: text,
});
