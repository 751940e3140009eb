using System.Buffers.Binary;
using System.Text;
using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Network;

/// <summary>
/// The directories that a server of NFS exports, and to whom (RFC 1813 appendix I, MOUNTPROC3_EXPORT). Asked of the port of mountd, which
/// nothing is mounted from.
/// </summary>
internal sealed class ShowmountFact() : ServiceFact("nfs-showmount", "which directories mountd exports, and to whom", "mountd")
{
    private const uint Id32 = 0x506F7247;
    private const int MostExports = 128;
    private const int MostGroups = 64;
    private const int HeadLength = 24;

    private static readonly ServiceProbe StreamExport = new("RPC mountd EXPORT", Call(isStream: true));
    private static readonly ServiceProbe DatagramExport = new("RPC mountd EXPORT", Call(isStream: false));

    /// <inheritdoc/>
    public override IReadOnlyList<TransportProtocol> Transports => [TransportProtocol.Tcp, TransportProtocol.Udp];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) =>
        [transport == TransportProtocol.Udp ? DatagramExport : StreamExport];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        if (context.Target.Protocol == TransportProtocol.Udp)
        {
            return Read((await context.AskByDatagramAsync(DatagramExport)).Span);
        }

        var reply = await context.AskOnceAsync(StreamExport, static reply => reply.Length >= 4
            && reply.Length >= 4 + (BinaryPrimitives.ReadUInt32BigEndian(reply.Span) & 0x7FFF_FFFF));
        return reply.Length > 4 ? Read(reply.Span[4..]) : null;
    }

    // Our number, a reply, accepted, an empty verifier, success; then 1, a directory, its groups (1, a name, ..., 0), and so on to a 0.
    private Fact? Read(ReadOnlySpan<byte> reply)
    {
        if (reply.Length < HeadLength || BinaryPrimitives.ReadUInt32BigEndian(reply) != Id32
            || !reply[4..].StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 1, .. new byte[16]]))
        {
            return null;
        }

        var (text, fields) = (new StringBuilder(), new List<FactField>());
        var rest = reply[HeadLength..];
        while (fields.Count < MostExports && IsAnother(ref rest) && TryText(ref rest, out var directory))
        {
            // No groups are everybody, so a list that is cut off is left out.
            if (!TryGroups(ref rest, out var groups))
            {
                break;
            }

            text.Append("\n  ").Append(directory).Append(' ').AppendJoin(' ', groups.Count == 0 ? ["*"] : groups);
            fields.Add(FactField.Table(null, [FactField.Of("directory", directory), FactField.List("groups", groups)]));
        }

        return fields.Count == 0 ? null : Fact.Of(Id, fields, text.ToString());
    }

    private static bool TryGroups(ref ReadOnlySpan<byte> rest, out List<string> groups)
    {
        groups = [];
        while (rest.Length >= 4)
        {
            if (!IsAnother(ref rest))
            {
                return true;
            }

            if (!TryText(ref rest, out var group))
            {
                return false;
            }

            if (groups.Count < MostGroups)
            {
                groups.Add(group);
            }
        }

        return false;
    }

    private static bool IsAnother(ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 4)
        {
            return false;
        }

        var is1 = BinaryPrimitives.ReadUInt32BigEndian(rest) == 1;
        rest = rest[4..];
        return is1;
    }

    // A length, the bytes, and zeros up to a multiple of four.
    private static bool TryText(ref ReadOnlySpan<byte> rest, out string text)
    {
        text = "";
        if (rest.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(rest) is not (<= 1024 and var length)
            || rest.Length < 4 + ((length + 3) & ~3u))
        {
            return false;
        }

        text = ReplyText.Of(rest.Slice(4, (int)length)) ?? "";
        rest = rest[(4 + (int)((length + 3) & ~3u))..];
        return true;
    }

    // Number, call, RPC 2, mountd 3, EXPORT, no credentials, no verifier.
    private static byte[] Call(bool isStream)
    {
        byte[] call = [0x50, 0x6F, 0x72, 0x47, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0x86, 0xA5, 0, 0, 0, 3, 0, 0, 0, 5, .. new byte[16]];
        return isStream ? [0x80, 0, 0, (byte)call.Length, .. call] : call;
    }
}
