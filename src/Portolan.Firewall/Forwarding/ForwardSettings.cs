using Portolan.Firewall.Changing.Table;
using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Linux.Privilege;
using Portolan.Linux.Proc;

namespace Portolan.Firewall.Forwarding;

/// <summary>
/// The settings of the kernel that forwards need, changed while they are at work and changed back after the last of them
/// (Documentation/networking/ip-sysctl.rst).
/// </summary>
/// <remarks>
/// What is changed is written down in the kernel before (<see cref="SettingsTable"/>), so that the next run can change it back where a
/// process was killed. A setting that another program changed meanwhile is left as it is. In the network namespace of the calling thread.
/// </remarks>
public static class ForwardSettings
{
    /// <summary>Whether packets with addresses of 127.0.0.0/8 are routed beyond the loopback interface.</summary>
    internal const string LoopbackRouting = "net/ipv4/conf/all/route_localnet";

    private const string AllForwarding4 = "net/ipv4/conf/all/forwarding";
    private const string AllForwarding6 = "net/ipv6/conf/all/forwarding";
    private const string AllForced6 = "net/ipv6/conf/all/force_forwarding";
    private const string Off = "0";
    private const string On = "1";

    /// <summary>The settings that would have to change now.</summary>
    /// <param name="needs">What is needed.</param>
    /// <param name="procRoot">Where /proc is.</param>
    public static IReadOnlyList<HostSetting> Plan(ForwardNeeds needs, string procRoot = "/proc")
    {
        var settings = new List<HostSetting>();
        if (needs.Through4)
        {
            settings.AddRange(OnEachInterface(isIPv4: true, AllForwarding4, procRoot));
        }

        if (needs.Through6)
        {
            // Since Linux 6.17 an interface can forward without the host becoming a router, who no longer heeds the advertisements of
            // others.
            settings.AddRange(SystemSetting.Read(procRoot, AllForced6) is not null
                ? Is(procRoot, AllForwarding6, On) ? [] : OnEachInterface(isIPv4: false, AllForced6, procRoot)
                : AsRouter6(procRoot));
        }

        if (needs.FromLoopback && Is(procRoot, LoopbackRouting, Off))
        {
            settings.Add(new HostSetting(LoopbackRouting, Off, On));
        }

        return settings;
    }

    /// <summary>The settings that forwards have changed, whether they are at work or were killed.</summary>
    /// <exception cref="LinuxException">The kernel does not tell.</exception>
    /// <exception cref="PortolanException">The kernel keeps something else in their place.</exception>
    public static IReadOnlyList<HostSetting> Changed(string procRoot = "/proc") => Noted(procRoot);

    /// <summary>The settings that killed forwards left; none while a forward is at work.</summary>
    /// <exception cref="LinuxException">The kernel does not tell.</exception>
    /// <exception cref="PortolanException">The kernel keeps something else in their place.</exception>
    public static IReadOnlyList<HostSetting> Leftovers(string procRoot = "/proc") =>
        Noted(procRoot) is { Count: > 0 } noted && !IsInUse() ? noted : [];

    /// <summary>
    /// Why the table of what forwards have changed is not obeyed, as words behind "it": it was written before this host started, or in
    /// another network namespace, and came here with saved rules; <c>null</c> when it is, or there is none.
    /// </summary>
    /// <exception cref="LinuxException">The kernel does not tell.</exception>
    /// <exception cref="PortolanException">The kernel keeps something else in its place.</exception>
    public static string? WhyForeign(string procRoot = "/proc")
    {
        var (settings, origin) = SettingsTable.Read();
        var here = TableOrigin.Here(procRoot);
        return origin == here || (origin is null && settings.Count == 0) ? null
            : origin is null ? "does not contain its creation time"
            : origin.Boot != here.Boot ? $"was written before this host started (boot {origin.Boot}; this is {here.Boot})"
            : $"was written in another network namespace ({origin.Space}; this is {here.Space})";
    }

    /// <summary>Removes the table of what forwards have changed where it is not obeyed; what it says is not changed back.</summary>
    /// <returns>Why it was not obeyed, as <see cref="WhyForeign"/> says it; <c>null</c> when nothing was removed.</returns>
    /// <exception cref="PortolanException">It may not be done.</exception>
    public static string? RemoveForeign(string procRoot = "/proc")
    {
        if (WhyForeign(procRoot) is null)
        {
            return null;
        }

        using var held = SettingsLock.Take();
        var why = WhyForeign(procRoot);
        if (why is not null)
        {
            Send(SettingsTable.Batch([], TableOrigin.Here(procRoot)));
        }

        return why;
    }

    /// <summary>Changes back what killed forwards left, unless another one is at work.</summary>
    /// <returns>What was changed back; nothing when nothing was left, or one is at work.</returns>
    /// <exception cref="PortolanException">It may not be done; it stays noted.</exception>
    public static IReadOnlyList<HostSetting> RestoreLeftovers(string procRoot = "/proc")
    {
        if (Noted(procRoot).Count == 0)
        {
            return [];
        }

        using var held = SettingsLock.Take();
        return RestoreUnlessInUse(procRoot);
    }

    /// <summary>Makes the changes and writes them down before. The lock is held.</summary>
    /// <exception cref="PortolanException">One cannot be made; those that were are changed back.</exception>
    internal static void Apply(IReadOnlyList<HostSetting> settings, string procRoot)
    {
        if (settings.Count == 0)
        {
            return;
        }

        Note(settings, procRoot);
        foreach (var setting in settings.Where(s => s.Before != s.During))
        {
            var errno = SystemSetting.Write(procRoot, setting.Name, setting.During);

            // An interface may have gone.
            if (errno is not (0 or Errno.NoEntry))
            {
                RestoreOrKeepNoted(procRoot);
                throw CannotSet(setting, setting.During, errno, errno == Errno.ReadOnly
                    ? Advice.Of($"/proc/sys is read-only here, as in most containers: set it from outside (docker run --sysctl "
                        + $"{Everywhere(setting)}=1), or leave out --kernel")
                    : $"run it as root, or leave out --kernel");
            }
        }
    }

    /// <summary>
    /// Writes changes down, if they are not yet: somebody may have flushed all rules. What somebody else made his meanwhile is written down
    /// no more. The lock is held.
    /// </summary>
    internal static void Note(IReadOnlyList<HostSetting> settings, string procRoot)
    {
        var noted = Noted(procRoot);
        var interfaces = InterfaceNumbers.Read();
        IReadOnlyList<HostSetting> all =
        [
            .. noted.Concat(settings).DistinctBy(s => s.Key).Where(
                s => !IsTakenOver(s, procRoot) || ChangeBack(s, interfaces, procRoot, out _) != 0),
        ];
        if (!all.SequenceEqual(noted))
        {
            Send(SettingsTable.Batch(all, TableOrigin.Here(procRoot)));
        }
    }

    /// <summary>Whether all that was changed is written down, and none of it is another's by now.</summary>
    internal static bool AreNoted(IReadOnlyList<HostSetting> settings, string procRoot)
    {
        var noted = Noted(procRoot);
        var keys = noted.Select(s => s.Key).ToHashSet();
        return settings.All(s => keys.Contains(s.Key) || IsTakenOver(s, procRoot)) && !noted.Any(s => IsTakenOver(s, procRoot));
    }

    /// <summary>Changes everything back if no forward is at work. The lock is held.</summary>
    /// <exception cref="PortolanException">Some of it cannot be; that stays noted.</exception>
    internal static IReadOnlyList<HostSetting> RestoreUnlessInUse(string procRoot)
    {
        var noted = Noted(procRoot);
        if (noted.Count == 0 || IsInUse())
        {
            return [];
        }

        var interfaces = InterfaceNumbers.Read();
        var (restored, stuck, why) = (new List<HostSetting>(), new List<HostSetting>(), 0);
        foreach (var setting in noted)
        {
            var errno = ChangeBack(setting, interfaces, procRoot, out var isChanged);
            if (errno != 0)
            {
                stuck.Add(setting);
                why = errno;
            }
            else if (isChanged)
            {
                restored.Add(setting.Now(interfaces)!);
            }
        }

        Send(SettingsTable.Batch(stuck, TableOrigin.Here(procRoot)));
        return stuck.Count == 0 ? restored : throw CannotSet(
            stuck[0],
            stuck[0].Before,
            why,
            $"its restore is still due: run portolan forward --restore "
                + $"{(why == Errno.ReadOnly ? Advice.Of($"where /proc/sys may be written") : $"as root")}");
    }

    /// <summary>Changes everything back as far as that goes, where another error is on its way. The lock is held.</summary>
    internal static void RestoreOrKeepNoted(string procRoot)
    {
        try
        {
            RestoreUnlessInUse(procRoot);
        }
        catch (PortolanException)
        {
            // It stays noted, and the next run says why.
        }
    }

    internal static PortolanException NotPermitted() => new(
        "changing the kernel's rules and settings requires CAP_NET_ADMIN",
        $"{CapabilityGrant.Hint(Capability.NetAdmin)}; or leave out --kernel: without it a forward needs no privilege",
        ExitCode.NoPrivilege);

    // What was written elsewhere, or before the host started, is no longer so.
    private static IReadOnlyList<HostSetting> Noted(string procRoot) =>
        SettingsTable.Read() is var (settings, origin) && origin == TableOrigin.Here(procRoot) ? settings : [];

    private static bool IsInUse() => NetfilterList.OwnedTables().Any(ForwardTable.IsName);

    private static IEnumerable<HostSetting> OnEachInterface(bool isIPv4, string ofAll, string procRoot)
    {
        var interfaces = InterfaceNumbers.Read();
        var wasRouter = Is(procRoot, ofAll, On);
        return
            from name in Interfaces(isIPv4, procRoot)
            let number = interfaces.NumberOf(name)
            let setting = ofAll.Replace("/all/", $"/{name}/", StringComparison.Ordinal)
            where number is not null && Is(procRoot, setting, Off)
            select new HostSetting(setting, Off, On) { Interface = number.Value, WasRouter = wasRouter };
    }

    // The switch for all interfaces moves those of each with it, both ways; who listens to advertisements of routers goes on with it at 2.
    private static IEnumerable<HostSetting> AsRouter6(string procRoot)
    {
        if (!Is(procRoot, AllForwarding6, Off))
        {
            return [];
        }

        var interfaces = InterfaceNumbers.Read();
        IReadOnlyList<string> folders = [.. Interfaces(isIPv4: false, procRoot).Where(n => interfaces.NumberOf(n) is not null), "default"];
        return
        [
            .. Those("accept_ra").Select(s => s with { During = "2" }),
            new HostSetting(AllForwarding6, Off, On),
            .. Those("forwarding"),
        ];

        IEnumerable<HostSetting> Those(string name) => folders
            .Select(
                f => new HostSetting($"{HostSetting.Folder(isIPv4: false)}{f}/{name}", On, On) { Interface = interfaces.NumberOf(f) ?? 0 })
            .Where(s => Is(procRoot, s.Name, On));
    }

    // Making the host a router turns each interface's forwarding on, and it is his from then on, as when a container engine starts.
    private static bool IsTakenOver(HostSetting setting, string procRoot) =>
        setting is { Opens: true, WasRouter: false, Interface: not 0 }
        && (setting.IsIPv4 ? Is(procRoot, AllForwarding4, On) : Is(procRoot, AllForwarding6, On) || Is(procRoot, AllForced6, On));

    // 0, or the error number. What has gone, what is another's and what he changed stays as it is.
    private static int ChangeBack(HostSetting setting, InterfaceNumbers interfaces, string procRoot, out bool isChanged)
    {
        isChanged = false;
        if (setting.Now(interfaces) is not { } now)
        {
            return 0;
        }

        if (SystemSetting.Read(procRoot, now.Name)?.Trim() is not { } value)
        {
            // Without IPv6 an interface has no settings of it; but a /proc without any says nothing.
            return SystemSetting.Read(procRoot, AllForwarding4) is null ? Errno.NoEntry : 0;
        }

        var isForRouter = IsTakenOver(setting, procRoot);

        // What changed with another setting alone is put back without a look. A router for IPv6 does not need to be forced.
        if ((setting.Before != setting.During && value != setting.During)
            || (isForRouter && (setting.IsIPv4 || Is(procRoot, AllForced6, On))))
        {
            return 0;
        }

        var errno = SystemSetting.Write(procRoot, now.Name, setting.Before);
        isChanged = errno == 0;
        return errno == Errno.NoEntry ? 0 : errno;
    }

    // An interface's own settings cannot be named before a container has it.
    private static string Everywhere(HostSetting setting) =>
        setting.Name == LoopbackRouting ? setting.SysctlName : setting.IsIPv4 ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";

    private static PortolanException CannotSet(HostSetting setting, string value, int errno, Advice hint) => new(
        new LinuxException(errno, $"cannot set {setting.SysctlName} to {value}").Message,
        hint,
        errno == Errno.AccessDenied ? ExitCode.NoPrivilege : ExitCode.Failed);

    private static IEnumerable<string> Interfaces(bool isIPv4, string procRoot) =>
        SystemSetting.Names(procRoot, HostSetting.Folder(isIPv4)).Where(n => n is not ("all" or "default" or "lo"));

    private static bool Is(string procRoot, string name, string value) => SystemSetting.Read(procRoot, name)?.Trim() == value;

    private static void Send(NetfilterBatch batch)
    {
        using var socket = NetlinkSocket.Open(NetlinkFamily.Netfilter);
        socket.ExplainErrors();
        var result = batch.Send(socket);
        if (result.Status == NetfilterBatchStatus.NotPermitted)
        {
            throw NotPermitted();
        }

        if (result.Status != NetfilterBatchStatus.Committed)
        {
            throw new PortolanException(
                $"the kernel does not accept the note of changed settings: "
                    + $"{result.ToException("load table inet " + SettingsTable.Name).Message}",
                $"nft list table inet {SettingsTable.Name} shows it; without --kernel a forward changes no settings",
                ExitCode.Failed);
        }
    }
}
