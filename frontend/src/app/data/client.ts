import { QueryCache, QueryClient } from "@tanstack/react-query"
import { ApiError } from "../../api/errors"
import { goToSignIn } from "../signedOut"
import { retry } from "./queries"

export const queries = new QueryClient({
  queryCache: new QueryCache({ onError: (error) => error instanceof ApiError && error.signedOut && goToSignIn() }),
  // Asked whatever the browser believes of its network, and never forgotten: what was seen is what there is offline.
  defaultOptions: { queries: { retry, staleTime: 30_000, refetchOnWindowFocus: true, networkMode: "always", gcTime: Number.POSITIVE_INFINITY } },
})
