// In a layer, so that our own styles win in whatever order the page loads its sheets.
import "@mantine/core/styles.layer.css"
import "@mantine/notifications/styles.layer.css"
import "../design/tokens.css"
import "./base.css"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { App } from "./App"
import { start } from "./start"

const root = document.getElementById("app")
if (!root) throw new Error("the page has no #app")
void start().then(() =>
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  ),
)
