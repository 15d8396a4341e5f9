// What the satellite calls itself, to the relay and to people.
import packageJson from '../package.json' with { type: 'json' };

export const version: string = packageJson.version;
