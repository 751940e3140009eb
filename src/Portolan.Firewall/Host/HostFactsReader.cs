using System.Runtime.InteropServices;
using Portolan.Firewall.Host.Reading;
using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Host;

/// <summary>Reads <see cref="HostFacts"/> from the kernel, or from a recording and a folder that stands for /proc.</summary>
/// <remarks>No privilege is needed. One thread; the channel and /proc/sys/net must be of the same network namespace.</remarks>
public sealed class HostFactsReader
{
    private const ushort GetLink = 18;
    private const ushort GetAddress = 22;
    private const ushort GetRoute = 26;
    private const ushort GetRule = 34;
    private const ushort GetNextHop = 106;

    /// <summary>How often a dump is repeated that the kernel says changed meanwhile.</summary>
    private const int Attempts = 5;

    private readonly NetlinkDump _dump;
    private readonly CancellationToken _cancellationToken;
    private readonly List<MissingFact> _missing = [];

    private HostFactsReader(INetlinkChannel channel, CancellationToken cancellationToken) =>
        (_dump, _cancellationToken) = (new NetlinkDump(channel), cancellationToken);

    /// <summary>Reads everything. What cannot be read is reported in <see cref="HostFacts.Missing"/>.</summary>
    /// <param name="channel">A channel of NETLINK_ROUTE, which the caller keeps.</param>
    /// <param name="procRoot">Where /proc is.</param>
    /// <param name="cancellationToken">Stops between two datagrams.</param>
    public static HostFacts Read(INetlinkChannel channel, string procRoot, CancellationToken cancellationToken) =>
        new HostFactsReader(channel, cancellationToken).Read(new HostSettings(procRoot));

    /// <summary>Reads everything; the settings come from elsewhere than this thread's /proc.</summary>
    /// <param name="channel">A channel of NETLINK_ROUTE, which the caller keeps.</param>
    /// <param name="readSetting">Reads the text of a setting by its name below /proc/sys/net; <c>null</c> when it cannot be read.</param>
    /// <param name="cancellationToken">Stops between two datagrams.</param>
    public static HostFacts Read(INetlinkChannel channel, Func<string, string?> readSetting, CancellationToken cancellationToken) =>
        new HostFactsReader(channel, cancellationToken).Read(new HostSettings(readSetting));

    private HostFacts Read(HostSettings settings)
    {
        // Statistics are most of a link's message; nobody asks for them here (RTEXT_FILTER_SKIP_STATS of IFLA_EXT_MASK).
        ReadOnlySpan<byte> skipStatistics = [8, 0, 29, 0, 8, 0, 0, 0];
        var links = Dump(GetLink, 16, skipStatistics, () => new LinkDecoder(settings), MissingFactCode.InterfacesUnread, "interfaces");
        var interfaces = links.Found;
        var routes = Dump(GetRoute, 12, [], () => new RouteDecoder(links), MissingFactCode.RoutesUnread, "routes");
        if (routes.NextHopIds.Count > 0)
        {
            // Only where net.ipv4.nexthop_compat_mode is off; else the kernel writes the next hops into the route too.
            routes.Resolve(Dump(GetNextHop, 8, [], static () => new NextHopDecoder(), MissingFactCode.NextHopsUnread, "next hops"));
        }

        var addresses = Dump(GetAddress, 8, [], static () => new AddressDecoder(), MissingFactCode.AddressesUnread, "addresses");
        var facts = new HostFacts
        {
            Interfaces = interfaces,
            Addresses = addresses.Found,
            UnusableAddresses = addresses.Unusable,
            Routes = routes.Found,
            PolicyRules = Dump(
                GetRule, 12, [], static () => new PolicyRuleDecoder(), MissingFactCode.PolicyRulesUnread, "policy routing rules").Found,
            ForwardsIPv4 = settings.ForwardsIPv4,
            TakesUpConnections = settings.TakesUpConnections,
            ForwardsIPv6 = settings.ForwardsIPv6,
            DefaultTtl = settings.DefaultTtl,
            AcceptsTcpMarks = settings.AcceptsTcpMarks,
            ReflectsIPv4Marks = settings.ReflectsIPv4Marks,
            ReflectsIPv6Marks = settings.ReflectsIPv6Marks,
        };
        return facts with { Missing = [.. _missing, .. settings.Missing], KnowsSettings = settings.Missing.Count == 0 };
    }

    private T Dump<T>(
        ushort type, int headerSize, ReadOnlySpan<byte> attributes, Func<T> decoder, MissingFactCode code, string what)
        where T : INetlinkVisitor
    {
        Span<byte> request = stackalloc byte[NetlinkHeader.Size + headerSize + attributes.Length];
        for (var attempt = 1; ; attempt++)
        {
            request.Clear();
            MemoryMarshal.Write(request, new NetlinkHeader { Type = type, Flags = NetlinkFlags.Request | NetlinkFlags.Dump });
            attributes.CopyTo(request[(NetlinkHeader.Size + headerSize)..]);
            var visitor = decoder();
            var result = _dump.Run(request, visitor, _cancellationToken);
            if (result.Status == NetlinkDumpStatus.Complete)
            {
                return visitor;
            }

            if (result.Status != NetlinkDumpStatus.Interrupted || attempt == Attempts)
            {
                _missing.Add(new MissingFact(code, what, result.Status == NetlinkDumpStatus.Interrupted
                    ? "they changed while they were read"
                    : new LinuxException(result.Errno, $"read the {what}").Message));
                return visitor;
            }
        }
    }
}
