/** Calls again and again while the page is seen; ends with the effect that it is in. */
export const poll = (act: () => void, every: number): (() => void) => {
  const timer = setInterval(() => document.hidden || act(), every);
  return () => clearInterval(timer);
};
