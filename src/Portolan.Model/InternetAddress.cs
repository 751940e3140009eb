using System.Buffers.Binary;
using System.Net;

namespace Portolan.Model;

/// <summary>An IPv4 or IPv6 address as a value: 17 bytes, no allocation. Convert to <see cref="IPAddress"/> at the edge.</summary>
/// <remarks>
/// An IPv4 address is kept in IPv4-mapped form (RFC 4291 section 2.5.5.2) with <see cref="IsIPv4"/> set, so an IPv6 socket
/// that carries IPv4 traffic (<c>::ffff:192.0.2.1</c>) stays distinguishable. A scope (interface) is kept by the holder.
/// </remarks>
public readonly struct InternetAddress : IEquatable<InternetAddress>, IComparable<InternetAddress>, ISpanFormattable, IUtf8SpanFormattable
{
    /// <summary>The longest text: <c>ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255</c>.</summary>
    public const int MaxTextLength = 45;

    private const ulong MappedPrefix = 0xffff_0000_0000;

    private readonly ulong _high;
    private readonly ulong _low;
    private readonly bool _isIPv4;

    private InternetAddress(ulong high, ulong low, bool isIPv4)
    {
        _high = high;
        _low = low;
        _isIPv4 = isIPv4;
    }

    /// <summary><c>0.0.0.0</c>.</summary>
    public static InternetAddress AnyIPv4 => FromIPv4(0);

    /// <summary><c>::</c>.</summary>
    public static InternetAddress AnyIPv6 => default;

    /// <summary><c>127.0.0.1</c>.</summary>
    public static InternetAddress LoopbackIPv4 => FromIPv4(0x7f000001);

    /// <summary><c>::1</c>.</summary>
    public static InternetAddress LoopbackIPv6 => new(0, 1, isIPv4: false);

    /// <summary>Whether this is an IPv4 address (not an IPv4-mapped IPv6 one).</summary>
    public bool IsIPv4 => _isIPv4;

    /// <summary>Whether this is IPv6 text of an IPv4 address, <c>::ffff:a.b.c.d</c>.</summary>
    public bool IsIPv4Mapped => !_isIPv4 && _high == 0 && (_low & 0xffff_ffff_0000_0000) == MappedPrefix;

    /// <summary><c>0.0.0.0</c> or <c>::</c>.</summary>
    public bool IsUnspecified => _high == 0 && (_isIPv4 ? (uint)_low == 0 : _low == 0);

    /// <summary>127.0.0.0/8, <c>::1</c>, or 127.0.0.0/8 mapped into IPv6.</summary>
    public bool IsLoopback => IsIPv4 || IsIPv4Mapped ? (byte)(_low >> 24) == 127 : _high == 0 && _low == 1;

    /// <summary><c>fe80::/10</c> or 169.254.0.0/16.</summary>
    public bool IsLinkLocal => _isIPv4 ? (uint)_low >> 16 == 0xa9fe : _high >> 54 == 0xfe80 >> 6;

    /// <summary>A group: 224.0.0.0/4 or <c>ff00::/8</c>.</summary>
    public bool IsMulticast => _isIPv4 ? (uint)_low >> 28 == 0xe : _high >> 56 == 0xff;

    /// <summary>How many bits an address of this family has: 32 or 128.</summary>
    public int BitCount => _isIPv4 ? 32 : 128;

    /// <summary>
    /// The 32 bits of an IPv4 or IPv4-mapped address in host order, <c>0x7f000001</c> for 127.0.0.1; meaningless for others.
    /// </summary>
    public uint IPv4Bits => (uint)_low;

    /// <summary>The first 64 of the 128 bits, in host order; 0 for IPv4.</summary>
    public ulong UpperBits => _high;

    /// <summary>The last 64 of the 128 bits, in host order; for IPv4 those of its IPv4-mapped form.</summary>
    public ulong LowerBits => _low;

    /// <summary>From the 32 bits of an IPv4 address in host order, <c>0x7f000001</c> for 127.0.0.1.</summary>
    public static InternetAddress FromIPv4(uint value) => new(0, MappedPrefix | value, isIPv4: true);

    /// <summary>The address as a number, 32 bits for IPv4: addresses of a family that follow each other differ by one.</summary>
    public UInt128 Number => _isIPv4 ? (uint)_low : new UInt128(_high, _low);

    /// <summary>
    /// The address of a family with a number; the inverse of <see cref="Number"/>. Of an IPv4 number only the low 32 bits count.
    /// </summary>
    public static InternetAddress FromNumber(UInt128 number, bool isIPv4)
        => isIPv4 ? FromIPv4((uint)number) : new((ulong)(number >> 64), (ulong)number, isIPv4: false);

    /// <summary>The address that comes so many later in its family; starts again at zero after the last.</summary>
    public InternetAddress Plus(ulong count)
    {
        if (_isIPv4)
        {
            return FromIPv4((uint)_low + (uint)count);
        }

        var low = unchecked(_low + count);
        return new(low < count ? _high + 1 : _high, low, isIPv4: false);
    }

    /// <summary>From 4 or 16 bytes in network order.</summary>
    /// <exception cref="ArgumentException">Another length.</exception>
    public static InternetAddress FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        16 => new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), isIPv4: false),
        _ => throw new ArgumentException($"an address has 4 or 16 bytes, not {bytes.Length}", nameof(bytes)),
    };

    /// <summary>
    /// Reads dotted IPv4 (four decimal parts, without zeros in front: some programs take 010 for 8) or IPv6 text without scope or brackets.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out InternetAddress address)
    {
        address = default;
        var isIPv6 = text.Contains(':');
        if (text.ContainsAny('%', '[', '/') || (!isIPv6 && !IsDotted(text)) || !IPAddress.TryParse(text, out var parsed))
        {
            return false;
        }

        address = From(parsed);
        return address.IsIPv4 == !isIPv6;
    }

    private static bool IsDotted(ReadOnlySpan<char> text)
    {
        var parts = 0;
        foreach (var part in text.Split('.'))
        {
            var digits = text[part];
            if (++parts > 4 || digits.Length is 0 or > 3 || digits.ContainsAnyExceptInRange('0', '9')
                || (digits.Length > 1 && digits[0] == '0'))
            {
                return false;
            }
        }

        return parts == 4;
    }

    /// <summary>From the framework's address; the scope is not kept.</summary>
    public static InternetAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out var written) ? FromBytes(bytes[..written]) : default;
    }

    /// <summary>IPv4-mapped IPv6 becomes IPv4; anything else stays.</summary>
    public InternetAddress Unmap() => IsIPv4Mapped ? FromIPv4((uint)_low) : this;

    /// <summary>To the framework's address.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        return new IPAddress(bytes[..WriteBytes(bytes)]);
    }

    /// <summary>Writes 4 or 16 bytes in network order and returns how many.</summary>
    public int WriteBytes(Span<byte> destination)
    {
        if (_isIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)_low);
            return 4;
        }

        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
        return 16;
    }

    /// <summary>
    /// Whether the first <paramref name="prefixLength"/> bits equal those of <paramref name="network"/>, of the same family.
    /// </summary>
    public bool IsIn(InternetAddress network, int prefixLength)
    {
        if (_isIPv4 != network._isIPv4)
        {
            return false;
        }

        if (_isIPv4)
        {
            return prefixLength == 0 || ((uint)_low ^ (uint)network._low) >> (32 - prefixLength) == 0;
        }

        return prefixLength switch
        {
            0 => true,
            <= 64 => (_high ^ network._high) >> (64 - prefixLength) == 0,
            _ => _high == network._high && (_low ^ network._low) >> (128 - prefixLength) == 0,
        };
    }

    /// <inheritdoc/>
    public bool Equals(InternetAddress other) => _high == other._high && _low == other._low && _isIPv4 == other._isIPv4;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is InternetAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low, _isIPv4);

    /// <summary>IPv4 before IPv6, then by number.</summary>
    public int CompareTo(InternetAddress other)
    {
        var byFamily = other._isIPv4.CompareTo(_isIPv4);
        var byHigh = byFamily != 0 ? byFamily : _high.CompareTo(other._high);
        return byHigh != 0 ? byHigh : _low.CompareTo(other._low);
    }

    /// <summary>Same family and bits.</summary>
    public static bool operator ==(InternetAddress left, InternetAddress right) => left.Equals(right);

    /// <summary>Other family or bits.</summary>
    public static bool operator !=(InternetAddress left, InternetAddress right) => !left.Equals(right);

    /// <summary>Orders as <see cref="CompareTo"/>.</summary>
    public static bool operator <(InternetAddress left, InternetAddress right) => left.CompareTo(right) < 0;

    /// <summary>Orders as <see cref="CompareTo"/>.</summary>
    public static bool operator >(InternetAddress left, InternetAddress right) => left.CompareTo(right) > 0;

    /// <summary>Orders as <see cref="CompareTo"/>.</summary>
    public static bool operator <=(InternetAddress left, InternetAddress right) => left.CompareTo(right) <= 0;

    /// <summary>Orders as <see cref="CompareTo"/>.</summary>
    public static bool operator >=(InternetAddress left, InternetAddress right) => left.CompareTo(right) >= 0;

    /// <summary>Dotted decimal, or RFC 5952 text.</summary>
    public override string ToString()
    {
        Span<char> buffer = stackalloc char[MaxTextLength];
        TryFormat(buffer, out var written, default, null);
        return new string(buffer[..written]);
    }

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        Span<byte> utf8 = stackalloc byte[MaxTextLength];
        var written = InternetAddressText.Write(this, utf8);
        charsWritten = 0;
        if (written > destination.Length)
        {
            return false;
        }

        charsWritten = System.Text.Encoding.ASCII.GetChars(utf8[..written], destination);
        return true;
    }

    /// <inheritdoc/>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        Span<byte> utf8 = stackalloc byte[MaxTextLength];
        bytesWritten = InternetAddressText.Write(this, utf8);
        if (bytesWritten > utf8Destination.Length)
        {
            bytesWritten = 0;
            return false;
        }

        utf8[..bytesWritten].CopyTo(utf8Destination);
        return true;
    }
}
