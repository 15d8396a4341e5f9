// Says what to do when the public port is taken, before anything is started. Entered by main.ts.
// Listens for a moment.
import { defaultPort } from '../env.ts';
import { isPortFree } from '../supervisor/find-free-port.ts';

/** @throws {Error} that names the port and the variable to change it with. */
export async function refuseUsedPort(port: number): Promise<void> {
  if (await isPortFree(port, '127.0.0.1')) return;
  throw new Error(
    `Port ${port} on 127.0.0.1 is in use by another program. Stop that program, or choose another port: SENA_PORT=${port === 65_535 ? defaultPort : port + 1} npm start`,
  );
}
