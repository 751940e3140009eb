using Portolan.Packets.Links;
using Portolan.Scan.Names;
using Portolan.Scan.Probes.Payloads;

namespace Portolan.Scan.Checking;

/// <summary>What a check touches.</summary>
/// <param name="Sockets">Connections and datagrams.</param>
/// <param name="Names">Names of hosts.</param>
/// <param name="DnsServers">The servers this host asks, for questions that name none.</param>
/// <param name="NextDnsId">Numbers that cannot be guessed, for questions.</param>
/// <param name="Network">Routes; <c>null</c> where they cannot be asked for.</param>
/// <param name="Payloads">First messages of UDP protocols.</param>
/// <param name="WhyNoTls">What keeps this host from speaking TLS and the remedy; <c>null</c> when it can. Asked before the first
/// handshake.</param>
/// <param name="Clock">Time.</param>
public sealed record CheckTools(
    ICheckSockets Sockets,
    INameLookup Names,
    IReadOnlyList<DnsServer> DnsServers,
    Func<ushort> NextDnsId,
    INetwork? Network,
    UdpPayloads Payloads,
    Func<(string Problem, Advice Remedy)?> WhyNoTls,
    TimeProvider Clock);
