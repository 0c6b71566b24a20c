import { Menu, SegmentedControl, Text, UnstyledButton, useMantineColorScheme, VisuallyHidden } from "@mantine/core"
import { IconDeviceDesktop, IconDotsVertical, IconKey, IconLogout, IconMoon, IconSun, IconUser } from "@tabler/icons-react"
import { useSignedIn } from "../data/queries"
import { Face } from "../people/Face"
import { accountPages } from "../routes"
import styles from "./AccountMenu.module.css"
import { signOut } from "./signOut"

export function AccountMenu() {
  const { user } = useSignedIn()
  return (
    <Menu position="top-start" width={256}>
      <Menu.Target>
        <UnstyledButton className={styles.target}>
          <VisuallyHidden>Account of</VisuallyHidden>
          <Face person={user} size={28} />
          <span className={styles.who}>
            <Text span size="sm" fw={550} truncate>
              {user.name}
            </Text>
            <Text span size="xs" c="dimmed" truncate>
              {user.email}
            </Text>
          </span>
          <IconDotsVertical size={15} className={styles.dots} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={accountPages.profile} leftSection={<IconUser size={16} />}>
          Profile and security
        </Menu.Item>
        <Menu.Item component="a" href={accountPages.tokens} leftSection={<IconKey size={16} />}>
          Access tokens
        </Menu.Item>
        <Menu.Divider />
        <ColorScheme />
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

const schemes = [
  { value: "light", icon: IconSun, label: "Light" },
  { value: "dark", icon: IconMoon, label: "Dark" },
  { value: "auto", icon: IconDeviceDesktop, label: "As the system" },
]

function ColorScheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <div className={styles.scheme}>
      <Text size="sm" id="scheme-label">
        Appearance
      </Text>
      <SegmentedControl
        aria-labelledby="scheme-label"
        size="xs"
        value={colorScheme}
        onChange={(value) => setColorScheme(value as typeof colorScheme)}
        data={schemes.map(({ value, icon: Icon, label }) => ({
          value,
          label: (
            <span title={label} style={{ display: "grid" }}>
              <Icon size={15} aria-hidden />
              <VisuallyHidden>{label}</VisuallyHidden>
            </span>
          ),
        }))}
      />
    </div>
  )
}
