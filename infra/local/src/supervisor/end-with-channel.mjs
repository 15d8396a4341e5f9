// Preloaded (node --import) into supervised processes where the kernel can't end them with their parent.
// Ends the process when its channel to the supervisor closes.
import process from 'node:process';

process.once('disconnect', () => process.exit(1));
process.channel?.unref();
