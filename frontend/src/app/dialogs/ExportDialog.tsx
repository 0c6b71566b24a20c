import { Button, Group, Stack, Text } from "@mantine/core"
import { IconCopy, IconDownload, IconFileTypography, IconHtml, IconMarkdown } from "@tabler/icons-react"
import { downloadAddress } from "../../api/documents"
import type { ExportFormat } from "../../api/types"
import { copyContent } from "./clipboard"

const formats = [
  { format: "markdown", label: "Markdown", about: "For notes, wikis and repositories", icon: IconMarkdown },
  { format: "html", label: "HTML", about: "For web pages, keeps all formatting", icon: IconHtml },
  { format: "text", label: "Plain text", about: "The words alone", icon: IconFileTypography },
] satisfies { format: ExportFormat; label: string; about: string; icon: typeof IconCopy }[]

export function ExportDialog({ id }: { id: string }) {
  return (
    <Stack gap="sm">
      {formats.map(({ format, label, about, icon: Icon }) => (
        <Group key={format} wrap="wrap" gap="sm">
          <Icon size={24} stroke={1.4} color="var(--weft-ink-faint)" aria-hidden />
          <div style={{ flex: "1 1 9rem" }}>
            <Text size="sm" fw={550}>
              {label}
            </Text>
            <Text size="xs" c="dimmed">
              {about}
            </Text>
          </div>
          <Group gap="xs" wrap="nowrap">
            <Button
              variant="default"
              size="xs"
              leftSection={<IconCopy size={15} />}
              aria-label={`Copy as ${label}`}
              onClick={() => void copyContent(id, format, label)}
            >
              Copy
            </Button>
            <Button
              component="a"
              href={downloadAddress(id, format)}
              download
              size="xs"
              leftSection={<IconDownload size={15} />}
              aria-label={`Download as ${label}`}
            >
              Download
            </Button>
          </Group>
        </Group>
      ))}
    </Stack>
  )
}
