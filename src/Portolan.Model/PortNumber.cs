using System.Globalization;

namespace Portolan.Model;

/// <summary>A 16-bit transport port, 0–65535 (RFC 9293 section 3.1, RFC 768).</summary>
/// <remarks>Port 0 is reserved in TCP; as a UDP source it means "no port"; in a bind it asks the system to choose.</remarks>
public readonly record struct PortNumber(ushort Value) : IComparable<PortNumber>
{
    /// <summary>How many ports a protocol has: 65,536.</summary>
    public const int Count = 65536;

    /// <summary>Port 0: reserved, never a destination.</summary>
    public static PortNumber Zero => default;

    /// <summary>IANA's category of this port (RFC 6335 section 6).</summary>
    public PortCategory Category => Value switch
    {
        < 1024 => PortCategory.System,
        < 49152 => PortCategory.User,
        _ => PortCategory.Dynamic,
    };

    /// <summary>Converts to the number.</summary>
    public static implicit operator int(PortNumber port) => port.Value;

    /// <summary>Converts from the number.</summary>
    public static explicit operator PortNumber(ushort value) => new(value);

    /// <summary>Reads a decimal number of 0–65535. Signs, spaces and more than five digits are refused.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out PortNumber port)
    {
        port = default;
        if (text.Length is 0 or > 5 || !ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        port = new PortNumber(value);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(PortNumber other) => Value.CompareTo(other.Value);

    /// <summary>Orders by number.</summary>
    public static bool operator <(PortNumber left, PortNumber right) => left.Value < right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator >(PortNumber left, PortNumber right) => left.Value > right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator <=(PortNumber left, PortNumber right) => left.Value <= right.Value;

    /// <summary>Orders by number.</summary>
    public static bool operator >=(PortNumber left, PortNumber right) => left.Value >= right.Value;

    /// <summary>The decimal number.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>IANA's three port categories (RFC 6335 section 6). This host's ephemeral range is a different fact.</summary>
public enum PortCategory
{
    /// <summary>0–1023, commonly "well-known".</summary>
    System,

    /// <summary>1024–49151, commonly "registered".</summary>
    User,

    /// <summary>49152–65535, commonly "private" or "ephemeral"; never assigned.</summary>
    Dynamic,
}
