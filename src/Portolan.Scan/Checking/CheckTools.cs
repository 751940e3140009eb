using Portolan.Packets.Links;
using Portolan.Scan.Probes.Payloads;

namespace Portolan.Scan.Checking;

/// <summary>What a check touches.</summary>
/// <param name="Sockets">Connections and datagrams.</param>
/// <param name="Names">Names of hosts.</param>
/// <param name="Network">Routes; <c>null</c> where they cannot be asked for.</param>
/// <param name="Payloads">First messages of UDP protocols.</param>
/// <param name="Clock">Time.</param>
public sealed record CheckTools(ICheckSockets Sockets, INameLookup Names, INetwork? Network, UdpPayloads Payloads, TimeProvider Clock);
