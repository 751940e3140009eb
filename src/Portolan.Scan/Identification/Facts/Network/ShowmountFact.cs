using System.Buffers.Binary;
using System.Text;

namespace Portolan.Scan.Identification.Facts.Network;

/// <summary>
/// The directories that a server of NFS exports, and to whom (RFC 1813 appendix I, MOUNTPROC3_EXPORT). Asked of the port of mountd, which
/// nothing is mounted from.
/// </summary>
internal sealed class ShowmountFact() : RpcFact(
    "nfs-showmount", "which directories mountd exports, and to whom", "mountd", "RPC mountd EXPORT", (0x506F7247, 100_005, 3, 5))
{
    private const int MostExports = 128;
    private const int MostGroups = 64;

    /// <inheritdoc/>
    protected override Fact? Read(ReadOnlySpan<byte> results)
    {
        // 1, a directory, its groups (1, a name, ..., 0), and so on to a 0.
        var (text, fields) = (new StringBuilder(), new List<FactField>());
        var rest = results;
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
}
