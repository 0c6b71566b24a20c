import "../design/tokens.css"
