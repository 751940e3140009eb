using System.Globalization;

namespace Portolan.Linux.Privilege;

/// <summary>The names of capabilities as setcap(8) takes them.</summary>
internal static class CapabilityNames
{
    /// <summary>By number (linux/capability.h of Linux 6.18).</summary>
    private static readonly string[] Names =
    [
        "cap_chown", "cap_dac_override", "cap_dac_read_search", "cap_fowner", "cap_fsetid", "cap_kill", "cap_setgid", "cap_setuid",
        "cap_setpcap",
        "cap_linux_immutable", "cap_net_bind_service", "cap_net_broadcast", "cap_net_admin", "cap_net_raw", "cap_ipc_lock", "cap_ipc_owner",
        "cap_sys_module", "cap_sys_rawio", "cap_sys_chroot", "cap_sys_ptrace", "cap_sys_pacct", "cap_sys_admin", "cap_sys_boot",
        "cap_sys_nice",
        "cap_sys_resource", "cap_sys_time", "cap_sys_tty_config", "cap_mknod", "cap_lease", "cap_audit_write", "cap_audit_control",
        "cap_setfcap",
        "cap_mac_override", "cap_mac_admin", "cap_syslog", "cap_wake_alarm", "cap_block_suspend", "cap_audit_read", "cap_perfmon",
        "cap_bpf",
        "cap_checkpoint_restore",
    ];

    /// <summary>Those of a set in the order of the alphabet; a number where there is no name.</summary>
    public static IEnumerable<string> Of(ulong bits) => Enumerable.Range(0, 64)
        .Where(number => ((bits >> number) & 1) != 0)
        .Select(static number => number < Names.Length ? Names[number] : number.ToString(CultureInfo.InvariantCulture))
        .Order(StringComparer.Ordinal);
}
