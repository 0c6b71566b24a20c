/** Addresses in one place: the app's own, and those of the pages Django renders. */
export const routes = {
  home: "/",
  workspace: (id: string) => `/w/${id}`,
  document: (id: string) => `/d/${id}`,
  recent: "/recent",
  favourites: "/favourites",
  shared: "/shared",
  trash: "/trash",
  workspaceSettings: (id: string) => `/settings/workspace/${id}`,
} as const

export const accountPages = {
  profile: "/accounts/profile/",
  tokens: "/accounts/tokens/",
  signOut: "/accounts/logout/",
  signIn: (next: string) => `/accounts/login/?next=${encodeURIComponent(next)}`,
} as const
