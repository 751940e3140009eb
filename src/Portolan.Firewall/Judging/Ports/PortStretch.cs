namespace Portolan.Firewall.Judging.Ports;

/// <summary>Ports from one number to another, both included.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last, at least the first.</param>
internal readonly record struct PortStretch(ushort First, ushort Last)
{
    /// <summary>Every port that a packet may go to.</summary>
    public static PortStretch All { get; } = new(1, ushort.MaxValue);

    /// <summary>One port.</summary>
    public static PortStretch Of(ushort port) => new(port, port);

    /// <summary>The part that lies as one of its ports does: inside the other, or on the same side of it.</summary>
    /// <param name="other">The other.</param>
    /// <param name="port">A port of this.</param>
    public PortStretch Beside(PortStretch other, ushort port) =>
        port < other.First ? this with { Last = Math.Min(Last, (ushort)(other.First - 1)) }
            : port > other.Last ? this with { First = Math.Max(First, (ushort)(other.Last + 1)) }
            : new(Math.Max(First, other.First), Math.Min(Last, other.Last));
}
