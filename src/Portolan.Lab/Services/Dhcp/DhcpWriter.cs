using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Lab.Services.Dhcp;

/// <summary>Writes a message of DHCP (RFC 2131 section 2): what stands first, then options.</summary>
internal ref struct DhcpWriter
{
    /// <summary>The most bytes that every client takes (RFC 2131 section 2: options of 312 bytes).</summary>
    internal const int MaxLength = DhcpMessage.FixedLength + 312;

    // Some still throw away what is shorter than a message of BOOTP (RFC 951).
    private const int MinLength = 300;

    private readonly Span<byte> _room;
    private int _length;

    /// <param name="room">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="kind">Which message.</param>
    /// <param name="transaction">Which question it belongs to.</param>
    /// <param name="hardwareType">The kind of the client's hardware address; 1 for Ethernet.</param>
    /// <param name="hardwareAddress">That address.</param>
    internal DhcpWriter(Span<byte> room, DhcpKind kind, uint transaction, byte hardwareType, scoped ReadOnlySpan<byte> hardwareAddress)
    {
        _room = room[..MaxLength];
        _room.Clear();
        _room[0] = kind is DhcpKind.Offer or DhcpKind.Ack or DhcpKind.Nak ? (byte)2 : (byte)1;
        _room[1] = hardwareType;
        _room[2] = (byte)hardwareAddress.Length;
        WriteUInt32BigEndian(_room[4..], transaction);
        hardwareAddress.CopyTo(_room[28..]);
        WriteUInt32BigEndian(_room[DhcpMessage.FixedLength..], DhcpMessage.Cookie);
        _length = DhcpMessage.FixedLength + sizeof(uint);
        Add(DhcpOption.MessageType, [(byte)kind]);
    }

    /// <summary>The seconds since the client began (<c>secs</c>).</summary>
    internal readonly void SetSeconds(ushort seconds) => WriteUInt16BigEndian(_room[8..], seconds);

    /// <summary>That answers must go to all, and who has which address.</summary>
    internal readonly void SetAddresses(bool wantsBroadcast, InternetAddress client, InternetAddress your)
    {
        _room[10] = wantsBroadcast ? (byte)0x80 : (byte)0;
        WriteUInt32BigEndian(_room[12..], client.IsUnspecified ? 0 : client.IPv4Bits);
        WriteUInt32BigEndian(_room[16..], your.IsUnspecified ? 0 : your.IPv4Bits);
    }

    /// <summary>Adds an option where it fits; those that matter most come first.</summary>
    internal void Add(DhcpOption option, scoped ReadOnlySpan<byte> value)
    {
        // A byte is left for the end.
        if (value.IsEmpty || value.Length > byte.MaxValue || _length + 2 + value.Length + 1 > MaxLength)
        {
            return;
        }

        _room[_length++] = (byte)option;
        _room[_length++] = (byte)value.Length;
        value.CopyTo(_room[_length..]);
        _length += value.Length;
    }

    internal void Add(DhcpOption option, InternetAddress address) => Add(option, [address]);

    internal void Add(DhcpOption option, IReadOnlyList<InternetAddress> addresses)
    {
        var bytes = new byte[addresses.Count * sizeof(uint)];
        for (var i = 0; i < addresses.Count; i++)
        {
            WriteUInt32BigEndian(bytes.AsSpan(i * sizeof(uint)), addresses[i].IPv4Bits);
        }

        Add(option, bytes);
    }

    internal void Add(DhcpOption option, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        WriteUInt32BigEndian(bytes, value);
        Add(option, bytes);
    }

    internal void Add(DhcpOption option, string text) => Add(option, Encoding.UTF8.GetBytes(text));

    /// <summary>Ends it.</summary>
    /// <returns>Its bytes.</returns>
    internal int Finish()
    {
        _room[_length++] = (byte)DhcpOption.End;
        return Math.Max(_length, MinLength);
    }
}
