using Portolan.Firewall.Forwarding;
using Portolan.Forwarding.Model;

namespace Portolan.Forwarding.Kernel;

/// <summary>What the kernel can do of what is asked for.</summary>
public static class KernelDemands
{
    private static readonly InternetAddress LimitedBroadcast = InternetAddress.FromNumber(uint.MaxValue, isIPv4: true);

    /// <summary>Demands that the kernel can do all of it, as far as words show.</summary>
    /// <exception cref="PortolanException">It cannot.</exception>
    public static void Check(IReadOnlyList<ForwardSpec> forwards)
    {
        foreach (var forward in forwards)
        {
            if (forward.Listen.Path is not null || forward.Targets.Any(t => t.Path is not null))
            {
                throw Cannot(forward, "the kernel does not forward packets to or from Unix sockets");
            }

            if (forward.Listen.Zone is not null || forward.Targets.Any(t => t.Zone is not null))
            {
                throw Cannot(forward, "a kernel rule cannot forward to or from a link-local address");
            }

            if (Refused(forward.Options) is { } reason)
            {
                throw Cannot(forward, reason);
            }
        }

        var ends = forwards.SelectMany(f => f.Targets.Select(t => (f.Protocol, t.Host, t.Port, Forward: f))).GroupBy(
            t => (t.Protocol, t.Host, t.Port));
        if (ends.FirstOrDefault(e => e.Any(t => t.Forward.Options.KeepsSource) && e.Any(t => !t.Forward.Options.KeepsSource)) is { } mixed)
        {
            throw Cannot(
                mixed.First().Forward,
                $"forwards with and without --keep-source share the target {mixed.First().Host}:{mixed.Key.Port}",
                $"give them all --keep-source, or none");
        }
    }

    /// <summary>Demands that clients can be led to the addresses that were found.</summary>
    /// <param name="forwards">The forwards.</param>
    /// <param name="planned">The same with addresses.</param>
    /// <param name="isOwn">Whether an address is one of this host's.</param>
    /// <exception cref="PortolanException">They cannot.</exception>
    public static void CheckAddresses(
        IReadOnlyList<ForwardSpec> forwards, IReadOnlyList<KernelForward> planned, Func<InternetAddress, bool> isOwn)
    {
        for (var i = 0; i < forwards.Count; i++)
        {
            foreach (var target in planned[i].Targets)
            {
                CheckTarget(forwards[i], target);
                CheckTurns(forwards, planned, i, target, isOwn);
            }

            if (Families(planned[i]).Count == 0)
            {
                var isIPv4 = planned[i].Address is { IsIPv4: true };
                throw Cannot(
                    forwards[i],
                    $"it listens on {(isIPv4 ? "IPv4" : "IPv6")} and its targets have {(isIPv4 ? "IPv6" : "IPv4")} only; the kernel does "
                        + $"not translate between IPv4 and IPv6");
            }
        }
    }

    /// <summary>The families whose clients are forwarded: 4, 6 or both.</summary>
    public static IReadOnlyList<int> Families(KernelForward forward) =>
        [.. forward.Targets.Select(t => t.Address.IsIPv4 ? 4 : 6).Where(f => forward.Serves(f == 4)).Distinct().Order()];

    private static void CheckTarget(ForwardSpec forward, KernelTarget target)
    {
        if (target.Address is { IsLinkLocal: true, IsIPv4: false })
        {
            throw Cannot(
                forward, $"{target.Address} is link-local, and kernel rules have no interface scope",
                $"use another address of the target: ip -brief -6 address lists them there");
        }

        if (target.Address.IsMulticast || target.Address == LimitedBroadcast)
        {
            throw Cannot(
                forward, $"{target.Address} is a multicast or broadcast address; a target must be one host", $"give the address of one "
                    + $"host");
        }
    }

    // Each connection is translated once. One that leads back to itself is refused for every kind of forward.
    private static void CheckTurns(
        IReadOnlyList<ForwardSpec> forwards, IReadOnlyList<KernelForward> planned, int index, KernelTarget target,
        Func<InternetAddress, bool> isOwn)
    {
        for (var i = 0; i < planned.Count; i++)
        {
            if (planned[i].Protocol == planned[index].Protocol
                && planned[i].Port == target.Port
                && planned[i].Serves(target.Address.IsIPv4)
                && (planned[i].OneAddress is { } address ? address == target.Address : isOwn(target.Address)))
            {
                throw Cannot(
                    forwards[index], $"{forwards[i].Name} listens on {End(target)}, and the kernel forwards a packet only once",
                    $"use its target instead: {string.Join(',', forwards[i].Targets)}");
            }
        }
    }

    private static string End(KernelTarget target) => new ListenPoint { Address = target.Address, Port = target.Port }.ToString();

    private static string? Refused(ForwardOptions options) => options switch
    {
        { ProxyIn: true } => "--proxy-in needs the relay: the kernel does not inspect packets",
        { ProxyOut: > 0 } => "--proxy-out needs the relay: the kernel does not insert data",
        { Idle: not null } =>
            "--idle needs the relay: the kernel expires silent connections by host-wide timeouts "
                + "(net.netfilter.nf_conntrack_*_timeout) and closes none",
        { Responses: not null } =>
            "--responses needs the relay: the kernel expires flows by a host-wide timeout (net.netfilter.nf_conntrack_udp_timeout) and "
                + "does not count answers",
        { Limit: not null } =>
            "--limit needs the relay: the kernel would count dead connections for days, and cannot queue excess connections",
        { BytesPerSecond: not null } => "--rate needs the relay: the kernel can drop packets, but does not slow the sender",
        _ => null,
    };

    private static PortolanException Cannot(ForwardSpec forward, string why, Advice? hint = null) =>
        new($"--kernel does not support {forward.Name}: {why}", hint ?? $"leave out --kernel: the relay supports this", ExitCode.Usage);
}
