/** What HAProxy answers when no web server is left: a whole HTTP answer, as `errorfile` wants it. */
export function renderUnavailablePage(): string {
  const body = `\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5">
<title>Back in a moment</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;color:#333}</style>
<h1>Back in a moment</h1>
<p>No web server can answer right now. This page tries again every five seconds by itself.</p>
</html>
`;
  return [
    'HTTP/1.0 503 Service Unavailable',
    'Cache-Control: no-store',
    'Retry-After: 5',
    'Content-Type: text/html; charset=utf-8',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
