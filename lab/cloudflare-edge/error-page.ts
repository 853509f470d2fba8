const REASONS = {
  403: 'Direct IP access not allowed',
  409: 'DNS resolution error',
  520: 'Web server is returning an unknown error',
  521: 'Web server is down',
  522: 'Connection timed out',
  523: 'Origin is unreachable',
  524: 'A timeout occurred',
  525: 'SSL handshake failed',
  526: 'Invalid SSL certificate',
  530: 'Origin DNS error',
} as const;

export type ErrorStatus = keyof typeof REASONS;

/** @param hostname from the request: only letters, digits, dots and dashes of it are shown */
export function errorPage(status: ErrorStatus, hostname: string, ray: string, code: number = status): string {
  const title = `${hostname.replace(/[^a-z0-9.-]/g, '')} | ${code}: ${REASONS[status]}`;
  return `<!DOCTYPE html>
<html lang="en">
  <head><title>${title}</title></head>
  <body>
    <h1>Error ${code}: ${REASONS[status]}</h1>
    <p>Ray ID: ${ray}. The edge of the lab's emulated Cloudflare made this page.</p>
  </body>
</html>
`;
}
