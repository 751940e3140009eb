using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Changing.Table;

/// <summary>The table as messages of one batch that replaces it as a whole: what nft makes of <see cref="TableText"/>.</summary>
public static class TableMessages
{
    /// <summary>A batch that puts the image in place of whatever table <c>inet portolan</c> there is; <c>null</c> takes it away.</summary>
    /// <param name="image">The image.</param>
    /// <param name="generation">The generation that the change was planned for, or <c>null</c>.</param>
    public static NetfilterBatch Batch(TableImage? image, uint? generation)
    {
        var batch = new NetfilterBatch(generation);
        var table = new InetTableWriter(batch, TableImage.TableName);

        // A table that is not there cannot be deleted: it is made first.
        table.Create(TableFlags.None, mayExist: true);
        table.Delete();
        if (image is null)
        {
            return batch;
        }

        table.Create(TableFlags.None, mayExist: true, TableImage.TableComment);
        foreach (var set in image.Sets)
        {
            var flags = (set.HasTimeouts ? SetFlags.Timeout : 0) | (set.HasRanges ? SetFlags.Interval : 0)
                | (set.Room > 0 ? SetFlags.Evaluated : 0);
            table.Set(
                set.Name, flags, set.Kind, set.Comment, set.Room,
                set.HasRanges ? Ends(set) : [.. set.Elements.Select(static e => (e, IsEnd: false))],
                (writer, end) => Write(writer, set.Kind, end.Element, end.IsEnd));
        }

        if (image.Rules.Count > 0)
        {
            table.BaseChain(TableImage.ChainName, "filter", HookPoint.Prerouting, TableImage.ChainPriority, TableImage.ChainComment);
            foreach (var rule in image.Rules)
            {
                table.Rule(
                    TableImage.ChainName,
                    writer =>
                    {
                        foreach (var statement in rule.Statements)
                        {
                            statement.Write(writer);
                        }
                    },
                    rule.Comment,
                    "rule " + rule.Text);
            }
        }

        return batch;
    }

    private static void Write(NetlinkWriter writer, SetKeyKind kind, ImageElement element, bool isEnd)
    {
        if (isEnd)
        {
            writer.BigEndian32(3, (uint)SetElementFlags.IntervalEnd); // NFTA_SET_ELEM_FLAGS
        }

        if (element.Timeout is { } timeout)
        {
            writer.BigEndian64(4, (ulong)Math.Ceiling(timeout.TotalMilliseconds)); // NFTA_SET_ELEM_TIMEOUT
            if (element.Expires is { } expires && expires < timeout)
            {
                writer.BigEndian64(5, (ulong)Math.Max(1, Math.Ceiling(expires.TotalMilliseconds))); // NFTA_SET_ELEM_EXPIRATION
            }
        }

        InetTableWriter.Key(writer, kind.Bytes(element.First));
        InetTableWriter.Note(writer, element.Comment);
    }

    /// <summary>
    /// Ranges as the kernel keeps them (nft_set_rbtree.c): where each starts, and the first key behind it. nft marks key 0 as an end.
    /// </summary>
    private static List<(ImageElement Element, bool IsEnd)> Ends(ImageSet set)
    {
        var ends = new List<(ImageElement, bool)>();
        if (set.Elements.Count > 0 && set.Elements[0].First != 0)
        {
            ends.Add((default, true));
        }

        foreach (var element in set.Elements)
        {
            ends.Add((element, false));
            if (element.Last < set.Kind.Largest)
            {
                ends.Add((new ImageElement(element.Last + 1, element.Last + 1), true));
            }
        }

        return ends;
    }
}
