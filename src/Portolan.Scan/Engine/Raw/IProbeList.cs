using Portolan.Scan.Probes;

namespace Portolan.Scan.Engine.Raw;

/// <summary>What a stage probes, by number. Any thread asks.</summary>
internal interface IProbeList
{
    /// <summary>How many probes there are.</summary>
    ulong Count { get; }

    /// <summary>So many neighbouring numbers are probed one after another, in their order; the permutation moves them together.</summary>
    int Together => 1;

    /// <summary>Says what the probe with a number is.</summary>
    /// <returns><c>false</c> when it is not to be sent (any more): it is answered, or its host needs no probes.</returns>
    bool TryGet(ulong index, out WantedProbe probe);
}

/// <summary>A probe to send.</summary>
/// <param name="Host">The host's number in its group.</param>
/// <param name="Kind">What to send.</param>
/// <param name="Port">The port's number, for TCP and UDP.</param>
internal readonly record struct WantedProbe(int Host, ProbeKind Kind, ushort Port);
