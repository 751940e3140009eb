using System.Buffers.Binary;
using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// OPC UA over TCP: Hello (OPC 10000-6 section 7.1.2.3). The server acknowledges it or says why not; no channel and no session is opened.
/// </summary>
internal sealed class OpcUaProtocol() : ServiceProtocol("opcua-tcp", 4840)
{
    private const int HeaderLength = 8;

    private static readonly ServiceProbe Hello = new("OPC UA Hello", static target =>
    {
        var url = Encoding.UTF8.GetBytes(FormattableString.Invariant($"opc.tcp://{target.Host}:{target.Port.Value}/"));
        byte[] message = [.. "HELF"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. url];
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), message.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(28), url.Length);
        return message;
    });

    /// <inheritdoc/>
    public override ServiceProbe Opening => Hello;

    /// <inheritdoc/>
    public override int Rarity => 10;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Hello) || bytes.IsEmpty)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < HeaderLength)
        {
            return "ACKF"u8.StartsWith(bytes[..Math.Min(4, bytes.Length)]) || "ERRF"u8.StartsWith(bytes[..Math.Min(4, bytes.Length)])
                ? ReplyReading.UnlessEnded(reply)
                : ReplyReading.Foreign;
        }

        var isError = bytes.StartsWith("ERRF"u8);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (!(isError ? length is >= 16 and <= 8192 : bytes.StartsWith("ACKF"u8) && length == 28))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < length)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var code = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Info = isError
                ? FormattableString.Invariant($"OPC UA; error 0x{code:X8}")
                : FormattableString.Invariant($"OPC UA; protocol version {code}"),
        });
    }
}
