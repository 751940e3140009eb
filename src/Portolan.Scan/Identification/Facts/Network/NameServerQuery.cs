using System.Buffers.Binary;
using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Network;

/// <summary>
/// A question to a name server, over TCP or UDP, and its answer (RFC 1035 sections 4.1 and 4.2). The bytes are a stranger's: nothing here
/// throws.
/// </summary>
internal sealed class NameServerQuery
{
    private const ushort Id = 0x5046;
    private const int Header = 12;
    private const ushort Opt = 41;
    private const ushort NameServerId = 3;

    private readonly ServiceProbe _datagram;
    private readonly ServiceProbe _stream;

    /// <summary>Makes it.</summary>
    /// <param name="name">Its name in docs and traces.</param>
    /// <param name="host">The name that is asked for.</param>
    /// <param name="type">The type of its records.</param>
    /// <param name="kind">Their class.</param>
    /// <param name="wantsRecursion">The server is to ask others.</param>
    public NameServerQuery(string name, string host, ushort type, ushort kind, bool wantsRecursion)
    {
        // One additional record: OPT with 1,232 bytes for the answer, and the empty option NSID (RFC 6891 section 6.1.2, RFC 5001 section
        // 2.1).
        byte[] message =
        [
            Id >> 8, Id & 0xFF, wantsRecursion ? (byte)1
                : (byte)0, 0, 0, 1, 0, 0, 0, 0, 0, 1, .. DnsNames.Write(host), (byte)(type >> 8), (byte)type, (byte)(kind >> 8), (byte)kind,
            0, 0, (byte)Opt, 4, 0xD0, 0, 0, 0, 0, 0, 4, 0, (byte)NameServerId, 0, 0,
        ];
        _datagram = new ServiceProbe(name, message);
        _stream = new ServiceProbe(name, (byte[])[0, (byte)message.Length, .. message]);
    }

    /// <summary>What is sent over a transport protocol.</summary>
    public ServiceProbe Over(TransportProtocol transport) => transport == TransportProtocol.Udp ? _datagram : _stream;

    /// <summary>Asks; the answer, or nothing.</summary>
    public async Task<ReadOnlyMemory<byte>> AskAsync(FactContext context)
    {
        if (context.Target.Protocol == TransportProtocol.Udp)
        {
            return Checked(await context.AskByDatagramAsync(_datagram));
        }

        var reply = await context.AskOnceAsync(_stream, static reply => reply.Length >= 2
            && reply.Length >= 2 + BinaryPrimitives.ReadUInt16BigEndian(reply.Span));
        return reply.Length > 2 ? Checked(reply[2..]) : default;
    }

    /// <summary>The server would ask others for this client.</summary>
    public static bool OffersRecursion(ReadOnlySpan<byte> answer) => (answer[3] & 0x80) != 0;

    /// <summary>The answer's code (RFC 1035 section 4.1.1).</summary>
    public static int CodeOf(ReadOnlySpan<byte> answer) => answer[3] & 15;

    /// <summary>Reads what an answer reports: the text of the first TXT record, and the server's identifier.</summary>
    public static (string? Text, byte[]? ServerId) Read(ReadOnlySpan<byte> answer)
    {
        string? text = null;
        byte[]? identifier = null;
        var at = Header;
        for (var i = BinaryPrimitives.ReadUInt16BigEndian(answer[4..]); i > 0; i--)
        {
            if (!DnsNames.TryRead(answer, ref at, out _))
            {
                return default;
            }

            at += 4;
        }

        var records = BinaryPrimitives.ReadUInt16BigEndian(answer[6..]) + BinaryPrimitives.ReadUInt16BigEndian(
            answer[8..]) + BinaryPrimitives.ReadUInt16BigEndian(answer[10..]);
        for (; records > 0 && DnsNames.TryRead(answer, ref at, out _) && at + 10 <= answer.Length; records--)
        {
            var (type, length) = (BinaryPrimitives.ReadUInt16BigEndian(answer[at..]),
                BinaryPrimitives.ReadUInt16BigEndian(answer[(at + 8)..]));
            at += 10;
            if (at + length > answer.Length)
            {
                break;
            }

            var data = answer.Slice(at, length);
            at += length;
            if (type == 16 && data.Length > 1 && data.Length > data[0])
            {
                text ??= ReplyText.Of(data.Slice(1, data[0]));
            }

            for (; type == Opt && data.Length >= 4
                && data.Length >= 4 + BinaryPrimitives.ReadUInt16BigEndian(data[2..]); data =
                data[(4 + BinaryPrimitives.ReadUInt16BigEndian(data[2..]))..])
            {
                if (BinaryPrimitives.ReadUInt16BigEndian(data) == NameServerId)
                {
                    identifier = data.Slice(4, BinaryPrimitives.ReadUInt16BigEndian(data[2..])).ToArray();
                }
            }
        }

        return (text, identifier);
    }

    // A response of our number.
    private static ReadOnlyMemory<byte> Checked(ReadOnlyMemory<byte> answer) =>
        answer.Length >= Header && BinaryPrimitives.ReadUInt16BigEndian(answer.Span) == Id && (answer.Span[2] & 0xF8) == 0x80 ? answer
            : default;
}
