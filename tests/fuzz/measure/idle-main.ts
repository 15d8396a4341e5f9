// The control: a process that does nothing but measure itself. What stalls it is the machine.
setInterval(() => undefined, 60_000);
process.once('SIGTERM', () => process.exit(0));
process.stdout.write('idle\n');
