// Runs before the first paint: a scheme chosen in the app must not flash the system's one. (Mantine keeps it here.)
try {
  const scheme = localStorage.getItem("mantine-color-scheme-value")
  if (scheme === "light" || scheme === "dark") document.documentElement.dataset.mantineColorScheme = scheme
} catch {
  // Storage is off: the system's scheme it is.
}
