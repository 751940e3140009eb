using Portolan.Linux.Privilege;

namespace Portolan.Sockets.Doctor;

/// <summary>Says what the facts about an environment mean for Portolan, and what would grant more.</summary>
public static class EnvironmentJudge
{
    private static readonly Advice MountProc = $"sudo mount -t proc proc /proc";
    private static readonly Advice MountSys = $"sudo mount -t sysfs sysfs /sys";

    /// <summary>What shows owners, reads rules and sends packets.</summary>
    private static CapabilitySet Useful => CapabilitySet.Of(
        Capability.Bpf, Capability.DacReadSearch, Capability.NetAdmin, Capability.NetRaw, Capability.Perfmon, Capability.SysPtrace);

    /// <summary>One finding for each ability, always in the same order.</summary>
    public static IReadOnlyList<Finding> Judge(EnvironmentFacts facts) =>
        [Program(facts), .. Sockets(facts), Owners(facts), Bpf(facts), Namespaces(facts), .. Network(facts), Units(facts), Ports(facts)];

    private static Finding Program(EnvironmentFacts facts) => facts.Grant.IsNative
        ? new("program", FindingState.Ok, "compiled ahead of time: starts in milliseconds")
        : new(
            "program", FindingState.Limited, "compiled at run time (JIT), so every start is slower",
            $"sudo apt-get install -y gcc zlib1g-dev && scripts/build");

    private static IEnumerable<Finding> Sockets(EnvironmentFacts facts)
    {
        var byNetlink = facts.Sockets.Where(s => s.Source is "netlink").Select(s => s.Protocol.Name()).ToList();
        var none = facts.Sockets.Where(s => s is { Source: null, WhyMissing: null }).Select(s => s.Protocol.Name()).ToList();
        var absent = none.Count == 0 ? "" : $"; this kernel has no {string.Join(", ", none)}";
        if (byNetlink.Count > 0)
        {
            yield return new("sockets", FindingState.Ok, $"{string.Join(", ", byNetlink)} from the kernel over netlink{absent}");
        }
        else
        {
            yield return new(
                "sockets", FindingState.Limited,
                $"the kernel refuses netlink's socket diagnostics, so byte counts and cookies are missing{absent}",
                $"sudo modprobe -a inet_diag tcp_diag udp_diag");
        }

        foreach (var (protocol, source, why) in facts.Sockets)
        {
            if (why is not null)
            {
                // Whether the kernel has the protocol at all, only /proc tells: a module may not be what is missing.
                yield return new(
                    $"sockets-{protocol.Name()}", FindingState.Missing, $"cannot be read: {why}",
                    HasNoProc(facts) ? MountProc : $"sudo modprobe {Module(protocol)}");
            }
            else if (source is not null and not "netlink" && byNetlink.Count > 0)
            {
                yield return new(
                    $"sockets-{protocol.Name()}", FindingState.Limited, $"read from {source}: fewer details than netlink",
                    $"sudo modprobe {Module(protocol)}");
            }
        }
    }

    private static Finding Owners(EnvironmentFacts facts)
    {
        const string Topic = "owners";
        if (HasNoProc(facts) || facts.HiddenProcesses is not { } hidden)
        {
            return new(Topic, FindingState.Missing, "/proc is not mounted here, so no socket has a known owner", MountProc);
        }

        if (hidden > 0 || facts is { HidePid: not null, UserId: not 0 })
        {
            var hidePid = facts.HidePid is { } option ? $" (/proc is mounted with hidepid={option})" : "";
            var who = hidden switch
            {
                0 => "other users' processes do not show their sockets",
                1 => $"1 of {facts.VisibleProcesses} processes does not show its sockets",
                _ => $"{hidden} of {facts.VisibleProcesses} processes do not show their sockets",
            };
            if (facts is { WhyNoIterator: null, IsFirstPidNamespace: true })
            {
                return new(
                    Topic, FindingState.Ok,
                    $"all processes, through BPF; in /proc {who}{hidePid}, so a socket without a holder in BPF may be theirs");
            }

            // ptrace(2), "Ptrace access mode checking": even CAP_SYS_PTRACE does not look into a process with more capabilities.
            return facts.Capabilities.Has(Capability.SysPtrace) && facts.IsFirstUserNamespace
                ? new(
                    Topic, FindingState.Limited,
                    $"{who}{hidePid}: {(hidden == 1 ? "it has" : "they have")} capabilities that this one lacks")
                : new(Topic, FindingState.Limited, $"{who}{hidePid}", MoreCapabilities(facts));
        }

        return facts.IsFirstPidNamespace
            ? new(Topic, FindingState.Ok, $"all {facts.VisibleProcesses} processes are readable")
            : new(
                Topic, FindingState.Limited, $"this is a separate pid namespace: processes outside it are hidden",
                $"run Portolan on the host; in Docker, docker run --pid=host");
    }

    /// <summary>An empty directory in the place of /proc shows no process, not even this one.</summary>
    private static bool HasNoProc(EnvironmentFacts facts) => facts.HiddenProcesses is null || facts.VisibleProcesses == 0;

    private static Finding Bpf(EnvironmentFacts facts)
    {
        const string Topic = "bpf";
        const string Slower = "owners are found by walking /proc, which takes longer if many files are open";
        if (facts.WhyNoIterator is null && facts.IsFirstPidNamespace)
        {
            return new(Topic, FindingState.Ok, "the kernel's BPF iterator finds the owners of a hundred thousand sockets in one pass");
        }

        if (!facts.HasBtf && !facts.HasSysfs)
        {
            return new(
                Topic, FindingState.Missing,
                $"/sys is not mounted here, so the kernel's type information (BTF) cannot be read; {Slower}", MountSys);
        }

        if (HasNoProc(facts) && facts.WhyNoIterator is null)
        {
            return new(
                Topic, FindingState.Limited, "the iterator runs, but without /proc its ids cannot be matched with processes", MountProc);
        }

        if (!facts.HasBtf)
        {
            return new(Topic, FindingState.Missing, $"this kernel has no type information (CONFIG_DEBUG_INFO_BTF); {Slower}");
        }

        return facts.WhyNoIterator is { } why
            ? new(
                Topic, FindingState.Limited, $"{Slower}: cannot {why}",
                facts.Capabilities.MayTrace && facts.IsFirstUserNamespace ? null : MoreCapabilities(facts))
            : new(Topic, FindingState.Limited, $"its process ids mean nothing in this pid namespace; {Slower}");
    }

    private static Finding Namespaces(EnvironmentFacts facts)
    {
        const string Topic = "namespaces";
        if (HasNoProc(facts))
        {
            return new(Topic, FindingState.Missing, "/proc is not mounted here, so other network namespaces are not found", MountProc);
        }

        var count = facts.Namespaces == 1 ? "1 network namespace" : $"{facts.Namespaces} network namespaces";
        if (facts.ReadableNamespaces >= facts.Namespaces && facts.NamespacesHiddenBy == 0)
        {
            return new(Topic, FindingState.Ok, $"{count}, {(facts.Namespaces == 1 ? "the own one" : "all can be read")}");
        }

        var hidden = facts.NamespacesHiddenBy switch
        {
            0 => "",
            1 => "; 1 process does not show its own",
            var many => $"; {many} processes do not show theirs",
        };
        return new(
            Topic, FindingState.Limited, $"{count} found, {facts.ReadableNamespaces} can be read{hidden}",
            $"sudo portolan --all-namespaces");
    }

    // In a user namespace of its own too: what is asked is the network namespace that it runs in.
    private static IEnumerable<Finding> Network(EnvironmentFacts facts)
    {
        yield return facts.Capabilities.Has(Capability.NetAdmin)
            ? new("firewall", FindingState.Ok, "the rules are readable, so the chart and explain evaluate them (CAP_NET_ADMIN)")
            : new(
                "firewall", FindingState.Missing,
                "reading the rules requires CAP_NET_ADMIN: the chart and explain do not evaluate them",
                MoreCapabilities(facts, Capability.NetAdmin));
        var canSend = facts.Capabilities.Has(Capability.NetRaw);
        yield return canSend
            ? new("raw-scans", FindingState.Ok, "scan sends raw packets: -sS, -sU and others (CAP_NET_RAW)")
            : new(
                "raw-scans", FindingState.Limited, "scan -sS, -sU and others require CAP_NET_RAW: scan uses -sT instead",
                MoreCapabilities(facts, Capability.NetRaw));
        yield return canSend
            ? new("captures", FindingState.Ok, "traffic --pcap records packets (CAP_NET_RAW)")
            : new(
                "captures", FindingState.Missing, "traffic --pcap requires CAP_NET_RAW",
                MoreCapabilities(facts, Capability.NetRaw));
    }

    private static Finding Units(EnvironmentFacts facts) => facts switch
    {
        { HasSystemd: true, Systemctl: not null } => new("units", FindingState.Ok, $"stop uses systemd through {facts.Systemctl}"),
        { HasSystemd: true } =>
            new(
                "units", FindingState.Limited, "systemd runs this machine, but systemctl was not found; stop signals processes itself",
                $"sudo apt-get install -y systemd"),
        _ => new("units", FindingState.Limited, "systemd does not run this machine, so stop signals processes itself"),
    };

    private static Finding Ports(EnvironmentFacts facts)
    {
        if (HasNoProc(facts) && facts.Settings.EphemeralRange is null)
        {
            return new(
                "ports", FindingState.Missing,
                "/proc is not mounted here, so the ephemeral range and the first unprivileged port are unknown",
                MountProc);
        }

        var range = facts.Settings.EphemeralRange is { } ephemeral
            ? $"ephemeral ports {ephemeral.Range}"
            : "the ephemeral range cannot be read";
        var first = facts.Settings.FirstUnprivilegedPort.Value;
        var privileged = first == 0 ? "any user may bind every port" : $"ports below {first} need CAP_NET_BIND_SERVICE to bind";
        return new("ports", facts.Settings.EphemeralRange is null ? FindingState.Limited : FindingState.Ok, $"{range}; {privileged}");
    }

    /// <summary>
    /// One command for all that is missing: setcap replaces what a file grants, so a second one would take back what the first
    /// one gave. Root lacks capabilities only in a container.
    /// </summary>
    private static Advice MoreCapabilities(EnvironmentFacts facts, Capability? lacking = null) =>
        !facts.IsFirstUserNamespace ? Advice.Of($"run Portolan outside this user namespace")
        : facts.UserId == 0 && lacking is { } one
            ? Advice.Of($"give the container CAP_{Word(one)}; in Docker, docker run --cap-add {Word(one)}")
        : facts.UserId == 0
            ? Advice.Of($"give the container CAP_SYS_PTRACE, CAP_BPF and CAP_PERFMON; in Docker, docker run --pid=host --cap-add "
                + $"SYS_PTRACE --cap-add BPF --cap-add PERFMON")
        : facts.Grant.Command(Useful) ?? $"sudo portolan";

    private static Advice Word(Capability capability) =>
        capability == Capability.NetAdmin ? Advice.Of($"NET_ADMIN") : Advice.Of($"NET_RAW");

    private static string Module(SocketProtocol protocol) => protocol switch
    {
        SocketProtocol.Packet => "af_packet_diag",
        SocketProtocol.UdpLite => "udp_diag",
        _ => $"{protocol.Name()}_diag",
    };
}
