namespace Portolan.Model;

/// <summary>A range of ports, both ends included; <see cref="First"/> is never above <see cref="Last"/>.</summary>
public readonly record struct PortRange
{
    /// <summary>Every port, 0–65535.</summary>
    public static readonly PortRange All = new(new PortNumber(0), new PortNumber(65535));

    /// <summary>Makes the range.</summary>
    /// <exception cref="ArgumentException"><paramref name="first"/> is above <paramref name="last"/>.</exception>
    public PortRange(PortNumber first, PortNumber last)
    {
        if (first > last)
        {
            throw new ArgumentException($"the range {first}-{last} runs backwards", nameof(first));
        }

        First = first;
        Last = last;
    }

    /// <summary>The lowest port.</summary>
    public PortNumber First { get; }

    /// <summary>The highest port.</summary>
    public PortNumber Last { get; }

    /// <summary>How many ports, 1–65536.</summary>
    public int Count => Last.Value - First.Value + 1;

    /// <summary>Whether the port lies in the range.</summary>
    public bool Contains(PortNumber port) => port >= First && port <= Last;

    /// <summary><c>80</c> or <c>8000-8100</c>.</summary>
    public override string ToString() => First == Last ? First.ToString() : $"{First}-{Last}";
}
