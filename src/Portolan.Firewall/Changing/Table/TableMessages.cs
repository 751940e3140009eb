using System.Text;
using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Changing.Table;

/// <summary>The table as messages of one batch that replaces it as a whole: what nft makes of <see cref="TableText"/>.</summary>
public static class TableMessages
{
    private const byte Inet = (byte)RuleFamily.Inet;

    /// <summary>NF_INET_PRE_ROUTING.</summary>
    private const uint Prerouting = 0;

    /// <summary>Elements in one message; an attribute holds at most 65,535 bytes.</summary>
    private const int ElementsPerMessage = 200;

    private const byte CommentOfSet = 7; // NFTNL_UDATA_SET_COMMENT
    private const byte Comment = 0; // NFTNL_UDATA_{TABLE,CHAIN,RULE,SET_ELEM}_COMMENT
    private const byte KeyByteOrder = 0; // NFTNL_UDATA_SET_KEYBYTEORDER

    /// <summary>A batch that puts the image in place of whatever table <c>inet portolan</c> there is; <c>null</c> takes it away.</summary>
    /// <param name="image">The image.</param>
    /// <param name="generation">The generation that the change was planned for, or <c>null</c>.</param>
    public static NetfilterBatch Batch(TableImage? image, uint? generation)
    {
        var batch = new NetfilterBatch(generation);

        // A table that is not there cannot be deleted: it is made first.
        Table(batch, "table inet portolan");
        batch.Begin(NetfilterMessage.DeleteTable, Inet, NetlinkFlags.None, "the old table inet portolan").Text(1, TableImage.TableName);
        if (image is null)
        {
            return batch;
        }

        var id = 0u;
        Table(batch, "table inet portolan").Data(6, UserData(Comment, TableImage.TableComment)); // NFTA_TABLE_USERDATA
        foreach (var set in image.Sets)
        {
            Set(batch, set, ++id);
            Elements(batch, set, id);
        }

        if (image.Rules.Count > 0)
        {
            Chain(batch);
            foreach (var rule in image.Rules)
            {
                Rule(batch, rule);
            }
        }

        return batch;
    }

    private static NetlinkWriter Table(NetfilterBatch batch, string what)
    {
        var writer = batch.Begin(NetfilterMessage.NewTable, Inet, NetlinkFlags.Create, what);
        writer.Text(1, TableImage.TableName); // NFTA_TABLE_NAME
        writer.BigEndian32(2, 0); // NFTA_TABLE_FLAGS
        return writer;
    }

    private static void Chain(NetfilterBatch batch)
    {
        var writer = batch.Begin(NetfilterMessage.NewChain, Inet, NetlinkFlags.Create, "chain " + TableImage.ChainName);
        writer.Text(1, TableImage.TableName); // NFTA_CHAIN_TABLE
        writer.Text(3, TableImage.ChainName); // NFTA_CHAIN_NAME
        writer.Text(7, "filter"); // NFTA_CHAIN_TYPE
        writer.BigEndian32(5, (uint)VerdictKind.Accept); // NFTA_CHAIN_POLICY
        var hook = writer.BeginNest(4); // NFTA_CHAIN_HOOK
        writer.BigEndian32(1, Prerouting); // NFTA_HOOK_HOOKNUM
        writer.BigEndian32(2, unchecked((uint)TableImage.ChainPriority)); // NFTA_HOOK_PRIORITY
        writer.EndNest(hook);
        writer.Data(12, UserData(Comment, TableImage.ChainComment)); // NFTA_CHAIN_USERDATA
    }

    private static void Rule(NetfilterBatch batch, ImageRule rule)
    {
        var writer = batch.Begin(NetfilterMessage.NewRule, Inet, NetlinkFlags.Create | NetlinkFlags.Append, "rule " + rule.Text);
        writer.Text(1, TableImage.TableName); // NFTA_RULE_TABLE
        writer.Text(2, TableImage.ChainName); // NFTA_RULE_CHAIN
        var expressions = writer.BeginNest(4); // NFTA_RULE_EXPRESSIONS
        var expressionWriter = new ExpressionWriter(writer);
        foreach (var statement in rule.Statements)
        {
            statement.Write(expressionWriter);
        }

        writer.EndNest(expressions);
        writer.Data(7, UserData(Comment, rule.Comment)); // NFTA_RULE_USERDATA
    }

    private static void Set(NetfilterBatch batch, ImageSet set, uint id)
    {
        var writer = batch.Begin(NetfilterMessage.NewSet, Inet, NetlinkFlags.Create, "set " + set.Name);
        writer.Text(1, TableImage.TableName); // NFTA_SET_TABLE
        writer.Text(2, set.Name); // NFTA_SET_NAME
        writer.BigEndian32(3, (uint)((set.HasTimeouts ? SetFlags.Timeout : 0) | (set.HasRanges ? SetFlags.Interval : 0))); // NFTA_SET_FLAGS
        writer.BigEndian32(4, set.Kind.Number); // NFTA_SET_KEY_TYPE
        writer.BigEndian32(5, (uint)set.Kind.Length); // NFTA_SET_KEY_LEN
        writer.BigEndian32(10, id); // NFTA_SET_ID
        byte[] order = [KeyByteOrder, sizeof(uint), .. BitConverter.GetBytes(set.Kind.ByteOrder)];
        writer.Data(13, set.Comment.Length > 0 ? [.. order, .. UserData(CommentOfSet, set.Comment)] : order); // NFTA_SET_USERDATA
    }

    private static void Elements(NetfilterBatch batch, ImageSet set, uint id)
    {
        var elements = set.HasRanges ? Ends(set) : [.. set.Elements.Select(e => (e, IsEnd: false))];
        foreach (var part in elements.Chunk(ElementsPerMessage))
        {
            var writer = batch.Begin(NetfilterMessage.NewElement, Inet, NetlinkFlags.Create, "elements of set " + set.Name);
            writer.Text(1, TableImage.TableName); // NFTA_SET_ELEM_LIST_TABLE
            writer.Text(2, set.Name); // NFTA_SET_ELEM_LIST_SET
            writer.BigEndian32(4, id); // NFTA_SET_ELEM_LIST_SET_ID
            var list = writer.BeginNest(3); // NFTA_SET_ELEM_LIST_ELEMENTS
            foreach (var (element, isEnd) in part)
            {
                Element(writer, set.Kind, element, isEnd);
            }

            writer.EndNest(list);
        }
    }

    private static void Element(NetlinkWriter writer, SetKeyKind kind, ImageElement element, bool isEnd)
    {
        var nest = writer.BeginNest(1); // NFTA_LIST_ELEM
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

        var key = writer.BeginNest(1); // NFTA_SET_ELEM_KEY
        writer.Data(1, kind.Bytes(element.First)); // NFTA_DATA_VALUE
        writer.EndNest(key);
        if (element.Comment is { } comment)
        {
            writer.Data(6, UserData(Comment, comment)); // NFTA_SET_ELEM_USERDATA
        }

        writer.EndNest(nest);
    }

    /// <summary>Ranges as the kernel keeps them (nft_set_rbtree.c): where each starts, and the first key behind it. nft marks key 0 as an end.</summary>
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

    /// <summary>A text as nft keeps one: type, length, bytes, a zero.</summary>
    private static byte[] UserData(byte type, string text) => [type, (byte)(text.Length + 1), .. Encoding.ASCII.GetBytes(text), 0];
}
