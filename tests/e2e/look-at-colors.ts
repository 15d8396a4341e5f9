/// <reference lib="dom" />
// For browser tests: can the text of a page be read? Compares each text with what is painted behind it (WCAG 2: contrast 4.5, and 3
// for large text). Reads the page only.
import type { TestBrowser } from '@sena/testing/chromium';

type Page = Awaited<ReturnType<TestBrowser['context']['newPage']>>;

export interface PageColors {
  /** Relative luminance, 0 (black) to 1 (white). */
  background: number;
  foreground: number;
  /** How many texts were compared. */
  textCount: number;
  /** Those that are too faint: the text, its contrast and its colors. */
  faint: string[];
}

/** The page as it is, in both schemes: the people who use it change theirs while it is open. */
export async function lookInBothSchemes(page: Page): Promise<Record<'light' | 'dark', PageColors>> {
  const light = await lookIn(page, 'light');
  return { light, dark: await lookIn(page, 'dark') };
}

async function lookIn(page: Page, colorScheme: 'light' | 'dark'): Promise<PageColors> {
  await page.emulateMedia({ colorScheme });
  await page.locator(`html.${colorScheme}`).waitFor();
  return lookAtColors(page);
}

function lookAtColors(page: Page): Promise<PageColors> {
  return page.evaluate(() => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('this browser has no canvas');
    const pen = context;
    type Color = { red: number; green: number; blue: number; alpha: number };

    /** In whatever notation the style has it: oklch, color-mix, rgb. */
    function parse(text: string): Color {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = text;
      pen.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0, alpha = 0] = pen.getImageData(0, 0, 1, 1).data;
      return { red, green, blue, alpha: alpha / 255 };
    }
    function over(above: Color, below: Color): Color {
      const mix = (a: number, b: number) => a * above.alpha + b * (1 - above.alpha);
      return {
        red: mix(above.red, below.red),
        green: mix(above.green, below.green),
        blue: mix(above.blue, below.blue),
        alpha: 1,
      };
    }
    function luminance({ red, green, blue }: Color): number {
      const [r = 0, g = 0, b = 0] = [red, green, blue].map((channel) => {
        const share = channel / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    }
    function behind(element: Element | null): Color {
      if (element === null) return { red: 255, green: 255, blue: 255, alpha: 1 };
      const color = parse(getComputedStyle(element).backgroundColor);
      return color.alpha === 1 ? color : over(color, behind(element.parentElement));
    }
    function opacityOf(element: Element | null): number {
      return element === null ? 1 : Number(getComputedStyle(element).opacity) * opacityOf(element.parentElement);
    }
    const hex = ({ red, green, blue }: Color) =>
      `#${[red, green, blue].map((channel) => Math.round(channel).toString(16).padStart(2, '0')).join('')}`;

    let textCount = 0;
    const faint: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      const text = node.textContent?.trim() ?? '';
      if (element === null || text === '' || !element.checkVisibility({ visibilityProperty: true })) continue;
      const { width, height } = element.getBoundingClientRect();
      // For screen readers only; and what can't be used may be faint.
      if (width <= 1 || height <= 1 || element.closest(':disabled, [aria-disabled="true"]') !== null) continue;
      const style = getComputedStyle(element);
      const ground = behind(element);
      const ink = parse(style.color);
      const color = over({ ...ink, alpha: ink.alpha * opacityOf(element) }, ground);
      const [light = 0, dark = 0] = [luminance(color), luminance(ground)].sort((a, b) => b - a);
      const contrast = (light + 0.05) / (dark + 0.05);
      const sizePx = Number.parseFloat(style.fontSize);
      const isLarge = sizePx >= 24 || (sizePx >= 18.66 && Number(style.fontWeight) >= 700);
      textCount += 1;
      if (contrast < (isLarge ? 3 : 4.5))
        faint.push(`${text.slice(0, 40)}: ${contrast.toFixed(2)}, ${hex(color)} on ${hex(ground)}`);
    }
    return {
      background: luminance(behind(document.body)),
      foreground: luminance(parse(getComputedStyle(document.body).color)),
      textCount,
      faint: [...new Set(faint)],
    };
  });
}
