using Portolan.Model;

namespace Portolan.Scan.Engine.Raw;

/// <summary>What the host that scans lends to a <see cref="RawProber"/>.</summary>
public sealed record RawProberOptions
{
    /// <summary>Threads that may send besides the driving one; 0 to send on that one only, as in a simulation.</summary>
    public int SenderThreads { get; init; }

    /// <summary>Ports this host gives to sockets by itself: probes are sent from others where there are any.</summary>
    public EphemeralRange? Ephemeral { get; init; }

    /// <summary>Targets × ports of the whole run: above a million, SYNs carry only the MSS option, so that more fit on the link.</summary>
    public ulong ProbesPlanned { get; init; }

    /// <summary>
    /// Ports that answered are asked again now and then, which reports how much is lost. A lesson that shows each packet does without.
    /// </summary>
    public bool SendsControlProbes { get; init; } = true;
}
