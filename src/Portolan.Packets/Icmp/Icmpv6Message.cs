using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>An ICMPv6 message (RFC 4443), neighbour discovery included (RFC 4861).</summary>
public readonly ref struct Icmpv6Message
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderLength = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    private Icmpv6Message(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The first byte: what kind of message it is (RFC 4443).</summary>
    public Icmpv6Type Type => (Icmpv6Type)_bytes[0];

    /// <summary>The code, which details the type.</summary>
    public byte Code => _bytes[1];

    /// <summary>The checksum as it came.</summary>
    public ushort Checksum => ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>Which asker: of echo messages.</summary>
    public ushort Identifier => ReadUInt16BigEndian(_bytes[4..]);

    /// <summary>Which question: of echo messages.</summary>
    public ushort SequenceNumber => ReadUInt16BigEndian(_bytes[6..]);

    /// <summary>The next hop's MTU in bytes: of <see cref="Icmpv6Type.PacketTooBig"/>.</summary>
    public uint NextHopMtu => ReadUInt32BigEndian(_bytes[4..]);

    /// <summary>It reports on a packet of ours and quotes its start.</summary>
    public bool IsError => Type < Icmpv6Type.EchoRequest;

    /// <summary>What follows the eight bytes of the header.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>
    /// The start of the packet that an error is about, up to 1232 bytes; empty for other messages. Read it with <see cref="QuotedPacket"/>.
    /// </summary>
    public ReadOnlySpan<byte> Quoted
    {
        get
        {
            if (!IsError)
            {
                return default;
            }

            // RFC 4884 section 4.4: byte 4 counts the quoted 64-bit words when extensions follow them.
            var length = Type is Icmpv6Type.DestinationUnreachable or Icmpv6Type.TimeExceeded ? _bytes[4] * 8 : 0;
            return length > 0 && length < Payload.Length ? Payload[..length] : Payload;
        }
    }

    /// <summary>A whole neighbour solicitation or advertisement, so that <see cref="NeighbourTarget"/> means something.</summary>
    public bool IsNeighbourMessage =>
        Type is Icmpv6Type.NeighbourSolicitation or Icmpv6Type.NeighbourAdvertisement && Code == 0 && Payload.Length >= 16;

    /// <summary>The address that is asked for or advertised; <c>::</c> in other messages.</summary>
    public InternetAddress NeighbourTarget => IsNeighbourMessage ? InternetAddress.FromBytes(Payload[..16]) : InternetAddress.AnyIPv6;

    /// <summary>R, S and O of an advertisement; none in other messages.</summary>
    public NeighbourFlags NeighbourFlags =>
        Type == Icmpv6Type.NeighbourAdvertisement ? (NeighbourFlags)(_bytes[4] & 0xe0) : NeighbourFlags.None;

    /// <summary>The options of a neighbour discovery message; empty in other messages.</summary>
    public NeighbourOptions NeighbourOptions
    {
        get
        {
            var start = Type switch
            {
                Icmpv6Type.RouterSolicitation => 0,
                Icmpv6Type.RouterAdvertisement => 8,
                Icmpv6Type.NeighbourSolicitation or Icmpv6Type.NeighbourAdvertisement => 16,
                Icmpv6Type.Redirect => 32,
                _ => int.MaxValue,
            };
            return start <= Payload.Length ? new NeighbourOptions(Payload[start..]) : default;
        }
    }

    /// <summary>Whether <see cref="Checksum"/> fits.</summary>
    public bool HasValidChecksum(InternetAddress source, InternetAddress destination) =>
        InternetChecksum.OfTransport(source, destination, IpProtocol.Icmpv6, _bytes) == 0;

    /// <summary>Fails when the header is cut short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Icmpv6Message message)
    {
        var ok = bytes.Length >= HeaderLength;
        message = ok ? new Icmpv6Message(bytes) : default;
        return ok;
    }
}
