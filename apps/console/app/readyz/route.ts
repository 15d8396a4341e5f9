// The console can serve pages. It needs nothing else: the browser itself talks to the gateway.
export const dynamic = 'force-dynamic';

export function GET(): Response {
  return Response.json({ status: 'ready' });
}
