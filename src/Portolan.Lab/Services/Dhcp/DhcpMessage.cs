using System.Diagnostics.CodeAnalysis;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Lab.Services.Dhcp;

/// <summary>A message of DHCP that was read (RFC 2131 section 2).</summary>
internal sealed class DhcpMessage
{
    internal const ushort ServerPort = 67;

    internal const ushort ClientPort = 68;

    /// <summary>Bytes before the options, without the cookie.</summary>
    internal const int FixedLength = 236;

    /// <summary>What options begin with (RFC 2131 section 3).</summary>
    internal const uint Cookie = 0x6382_5363;

    /// <summary>The most bytes of a message that is read; it came in one packet of Ethernet's size.</summary>
    internal const int MaxLength = 1500;

    /// <summary>The most bytes of a hardware address.</summary>
    internal const int MaxHardwareLength = 16;

    private const int ServerNameOffset = 44;
    private const int FileOffset = 108;

    private readonly Dictionary<DhcpOption, byte[]> _options = [];

    private DhcpMessage(ReadOnlySpan<byte> bytes)
    {
        IsRequest = bytes[0] == 1;
        HardwareType = bytes[1];
        HardwareAddress = bytes.Slice(28, bytes[2]).ToArray();
        Transaction = ReadUInt32BigEndian(bytes[4..]);
        WantsBroadcast = (bytes[10] & 0x80) != 0;
        Client = InternetAddress.FromIPv4(ReadUInt32BigEndian(bytes[12..]));
        Your = InternetAddress.FromIPv4(ReadUInt32BigEndian(bytes[16..]));
        Relay = InternetAddress.FromIPv4(ReadUInt32BigEndian(bytes[24..]));
    }

    /// <summary>Whether a client sent it.</summary>
    internal bool IsRequest { get; }

    internal byte HardwareType { get; }

    internal byte[] HardwareAddress { get; }

    /// <summary>Which question and its answers belong together (<c>xid</c>).</summary>
    internal uint Transaction { get; }

    /// <summary>Whether the client cannot take packets to an address that it has not got yet.</summary>
    internal bool WantsBroadcast { get; }

    /// <summary>The address that the client has (<c>ciaddr</c>); unspecified when it has none.</summary>
    internal InternetAddress Client { get; }

    /// <summary>The address that it gets (<c>yiaddr</c>).</summary>
    internal InternetAddress Your { get; }

    /// <summary>The relay that passed it on (<c>giaddr</c>).</summary>
    internal InternetAddress Relay { get; }

    internal DhcpKind Kind =>
        _options.TryGetValue(DhcpOption.MessageType, out var kind) && kind is [>= 1 and <= 8] ? (DhcpKind)kind[0] : DhcpKind.None;

    /// <summary>The client's identifier as it sent it; <c>null</c> when it sent none.</summary>
    internal byte[]? Identifier => _options.GetValueOrDefault(DhcpOption.ClientIdentifier) is { Length: > 1 } own ? own : null;

    /// <summary>Who the client is: by its identifier, or else by its hardware address (RFC 2131 section 4.2).</summary>
    internal string ClientKey => Identifier is { } own ? $"id {Convert.ToHexString(own)}" : HardwareKey;

    /// <summary>The hardware address with its type.</summary>
    internal string HardwareKey => $"{HardwareType} {Convert.ToHexString(HardwareAddress)}";

    /// <summary>Reads a message; false when it is none.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DhcpMessage? message)
    {
        message = null;
        if (bytes.Length < FixedLength + sizeof(uint) || bytes.Length > MaxLength || bytes[0] is not (1 or 2)
            || bytes[2] > MaxHardwareLength
            || ReadUInt32BigEndian(bytes[FixedLength..]) != Cookie)
        {
            return false;
        }

        var read = new DhcpMessage(bytes);
        if (!read.TryReadOptions(bytes[(FixedLength + sizeof(uint))..]))
        {
            return false;
        }

        // RFC 2131 section 4.1: more options in the fields for the file's name, then in that for the server's.
        var overload = read._options.GetValueOrDefault(DhcpOption.Overload) is [var which] ? which : 0;
        if (((overload & 1) != 0 && !read.TryReadOptions(bytes[FileOffset..FixedLength]))
            || ((overload & 2) != 0 && !read.TryReadOptions(bytes[ServerNameOffset..FileOffset])))
        {
            return false;
        }

        message = read;
        return true;
    }

    /// <summary>The first address of an option; <c>null</c> when there is none.</summary>
    internal InternetAddress? AddressOf(DhcpOption option) =>
        _options.TryGetValue(option, out var value) && value.Length >= sizeof(uint)
            ? InternetAddress.FromIPv4(ReadUInt32BigEndian(value))
            : null;

    /// <summary>A time in seconds; <c>null</c> when there is none.</summary>
    internal uint? SecondsOf(DhcpOption option) =>
        _options.TryGetValue(option, out var value) && value.Length == sizeof(uint) ? ReadUInt32BigEndian(value) : null;

    // An option that comes again goes on where it ended (RFC 3396).
    private bool TryReadOptions(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var option = (DhcpOption)bytes[0];
            if (option == DhcpOption.End)
            {
                return true;
            }

            if (option == DhcpOption.Pad)
            {
                bytes = bytes[1..];
                continue;
            }

            if (bytes.Length < 2 || bytes.Length < 2 + bytes[1])
            {
                return false;
            }

            var value = bytes.Slice(2, bytes[1]);
            _options[option] = _options.TryGetValue(option, out var before) ? [.. before, .. value] : value.ToArray();
            bytes = bytes[(2 + value.Length)..];
        }

        return true;
    }
}
