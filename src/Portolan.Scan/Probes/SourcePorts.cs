using Portolan.Model;

namespace Portolan.Scan.Probes;

/// <summary>
/// Our own ports: 4096 in a row, so that a reply's port tells its probe's <see cref="ProbeTag"/> in the low 4 bits and holds 8 bits of the
/// cookie above them. With one port fixed (<c>-g</c>) the tag goes elsewhere (<see cref="ProbeCookies"/>).
/// </summary>
/// <param name="Base">The first port, a multiple of 4096; or the only one.</param>
/// <param name="IsFixed">There is only one.</param>
public readonly record struct SourcePorts(ushort Base, bool IsFixed)
{
    private const int Span = 4096;
    private const int AttemptBits = 4;

    /// <summary>The first port.</summary>
    public PortNumber First => new(Base);

    /// <summary>The last port.</summary>
    public PortNumber Last => new((ushort)(IsFixed ? Base : Base + Span - 1));

    /// <summary>A port that the person chose.</summary>
    public static SourcePorts Fixed(PortNumber port) => new(port.Value, IsFixed: true);

    /// <summary>
    /// The highest block that this host gives to no socket by itself; the highest of all when every block is in its ephemeral range. Blocks
    /// below 16384 are left to services.
    /// </summary>
    public static SourcePorts Outside(EphemeralRange? ephemeral)
    {
        const int Highest = PortNumber.Count - Span;
        const int Lowest = 16384;
        for (var block = Highest; block >= Lowest; block -= Span)
        {
            if (ephemeral is null || block > ephemeral.Range.Last || block + Span - 1 < ephemeral.Range.First)
            {
                return new SourcePorts((ushort)block, IsFixed: false);
            }
        }

        return new SourcePorts(Highest, IsFixed: false);
    }

    /// <summary>A block by its place: 0 for ports 0–4095, 15 for the last.</summary>
    public static SourcePorts Block(int number) => new((ushort)(number * Span), IsFixed: false);

    /// <summary>
    /// The port of a probe. <paramref name="cookie"/> gives the bits in the middle, except for control probes, whose number is there.
    /// </summary>
    public ushort PortOf(ProbeTag tag, byte cookie) =>
        IsFixed ? Base : (ushort)(Base | ((tag.IsControl ? tag.Control : cookie) << AttemptBits) | tag.Attempt);

    /// <summary>Reads the tag from a reply's destination port.</summary>
    /// <param name="port">The port.</param>
    /// <param name="cookie">The cookie bits that the port must hold.</param>
    /// <param name="tag">The tag; of no meaning when the port is fixed.</param>
    /// <returns>The port is ours and holds the cookie.</returns>
    public bool TryRead(PortNumber port, byte cookie, out ProbeTag tag)
    {
        tag = default;
        if (IsFixed)
        {
            return port.Value == Base;
        }

        if ((port.Value & ~(Span - 1)) != Base)
        {
            return false;
        }

        var middle = (byte)(port.Value >> AttemptBits);
        var attempt = (byte)(port.Value & ProbeTag.ControlAttempt);
        tag = attempt == ProbeTag.ControlAttempt ? new ProbeTag(attempt, middle) : new ProbeTag(attempt, 0);
        return tag.IsControl || middle == cookie;
    }
}
