// Runs in the browser before anything else of the console's, as Next does with a file of this name.
import { config } from 'zod/v4/core';

// Else zod tries whether it may write code while it runs, which the page's content security policy refuses and reports.
config({ jitless: true });
