using System.Globalization;
using Portolan.Firewall.Acquire;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Ipsec;
using Portolan.Linux;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Netlink;
using Portolan.Linux.Routing;

namespace Portolan.Reachability.Judging;

/// <summary>Reads rules and routing from the running kernel, of this network namespace or of another one.</summary>
public static class KernelFirewall
{
    /// <summary>Of the namespace of the calling thread.</summary>
    public static FirewallReading Read(CancellationToken cancellationToken) =>
        FirewallReading.Of(KernelRules.Read(cancellationToken), ReadHost(cancellationToken));

    /// <summary>The routing alone.</summary>
    public static HostFacts ReadHost(CancellationToken cancellationToken)
    {
        try
        {
            using var route = NetlinkSocket.Open(NetlinkFamily.Route);
            return HostFactsReader.Read(route, "/proc", cancellationToken) with
            {
                Clock = KernelClock.Read(),
                Ipsec = IpsecPolicyReader.Read("/proc", static () => NetlinkSocket.Open(NetlinkFamily.Ipsec), cancellationToken),
            };
        }
        catch (LinuxException exception)
        {
            return new HostFacts
            {
                Interfaces = [],
                Addresses = [],
                Routes = [],
                PolicyRules = [],
                Missing = [new MissingFact(MissingFactCode.RoutingUnread, "interfaces and routes", exception.Message)],
            };
        }
    }

    /// <summary>The table of neighbours of the calling thread's namespace; empty where it cannot be read.</summary>
    public static IReadOnlyList<KernelNeighbour> ReadNeighbours(CancellationToken cancellationToken)
    {
        try
        {
            using var route = NetlinkSocket.Open(NetlinkFamily.Route);
            return [.. KernelNeighbour.Read(route, cancellationToken).Where(static n => !n.IsWithoutDiscovery)];
        }
        catch (LinuxException)
        {
            return [];
        }
    }

    /// <summary>Of another namespace, which is entered on a thread of its own.</summary>
    public static FirewallReading ReadIn(NetworkNamespace space, CancellationToken cancellationToken)
    {
        var path = space.Path ?? (space.Pid > 0 ? string.Create(CultureInfo.InvariantCulture, $"/proc/{space.Pid}/ns/net") : null);
        var what = $"the firewall's rules of network namespace {space.Label}";
        if (path is null)
        {
            return FirewallReading.Unread(
                new MissingFact(MissingFactCode.RulesNamespaceClosed, what, "it has no process and no name in the file system")
                {
                    Namespace = space,
                },
                lacksPrivilege: false);
        }

        try
        {
            FirewallReading? reading = null;
            NetworkNamespaceThread.Run(path, () => reading = Read(cancellationToken));
            return reading!.Missing is { } missing ? reading with { Missing = missing with { What = what, Namespace = space } } : reading;
        }
        catch (NetworkNamespaceException exception)
        {
            return FirewallReading.Unread(
                new MissingFact(
                    MissingFactCode.RulesNamespaceClosed, what,
                    exception.IsPermission ? "entering it needs CAP_SYS_ADMIN: run with sudo" : exception.Message)
                {
                    Namespace = space,
                },
                exception.IsPermission);
        }
    }
}
