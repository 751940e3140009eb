using System.Text;
using Portolan.Firewall.Rules;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Changing.Table;

/// <summary>Writes the parts of one table of family inet into a batch (linux/netfilter/nf_tables.h).</summary>
/// <param name="batch">The batch.</param>
/// <param name="table">The table's name.</param>
internal sealed class InetTableWriter(NetfilterBatch batch, string table)
{
    private const byte Inet = (byte)RuleFamily.Inet;
    private const byte CommentOfSet = 7; // NFTNL_UDATA_SET_COMMENT
    private const byte Comment = 0; // NFTNL_UDATA_{TABLE,CHAIN,RULE,SET_ELEM}_COMMENT
    private const byte KeyByteOrder = 0; // NFTNL_UDATA_SET_KEYBYTEORDER
    private const byte DataByteOrder = 1; // NFTNL_UDATA_SET_DATABYTEORDER
    private const uint VerdictType = 0xffff_ff00; // NFT_DATA_VERDICT

    /// <summary>Elements in one message; an attribute holds at most 65,535 bytes.</summary>
    private const int ElementsPerMessage = 100;

    private uint _lastSet;

    /// <summary>Makes the table.</summary>
    /// <param name="flags">Its flags.</param>
    /// <param name="mayExist">Whether it may be there already.</param>
    /// <param name="comment">What <c>nft list</c> shows of it.</param>
    public void Create(TableFlags flags, bool mayExist, string? comment = null)
    {
        var writer = batch.Begin(
            NetfilterMessage.NewTable, Inet, mayExist ? NetlinkFlags.Create : NetlinkFlags.Create | NetlinkFlags.Exclusive,
            $"table inet {table}");
        writer.Text(1, table); // NFTA_TABLE_NAME
        if (flags != 0)
        {
            writer.BigEndian32(2, (uint)flags); // NFTA_TABLE_FLAGS
        }

        if (comment is not null)
        {
            writer.Data(6, UserData(Comment, comment)); // NFTA_TABLE_USERDATA
        }
    }

    /// <summary>Takes the table away, which must be there.</summary>
    public void Delete() =>
        batch.Begin(NetfilterMessage.DeleteTable, Inet, NetlinkFlags.None, $"the old table inet {table}").Text(1, table);

    /// <summary>Adds a chain that a hook calls; what no rule decides it accepts.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its type.</param>
    /// <param name="hook">The hook.</param>
    /// <param name="priority">Its place among others.</param>
    /// <param name="comment">What <c>nft list</c> shows of it.</param>
    public void BaseChain(string name, string type, HookPoint hook, int priority, string? comment = null)
    {
        var writer = Chain(name);
        var nest = writer.BeginNest(4); // NFTA_CHAIN_HOOK
        writer.BigEndian32(1, (uint)hook); // NFTA_HOOK_HOOKNUM: NF_INET_*, in this order
        writer.BigEndian32(2, unchecked((uint)priority)); // NFTA_HOOK_PRIORITY
        writer.EndNest(nest);
        writer.BigEndian32(5, (uint)VerdictKind.Accept); // NFTA_CHAIN_POLICY
        writer.Text(7, type); // NFTA_CHAIN_TYPE
        if (comment is not null)
        {
            writer.Data(12, UserData(Comment, comment)); // NFTA_CHAIN_USERDATA
        }
    }

    /// <summary>Adds a chain that rules call.</summary>
    public NetlinkWriter Chain(string name)
    {
        var writer = batch.Begin(NetfilterMessage.NewChain, Inet, NetlinkFlags.Create, $"chain {name}");
        writer.Text(1, table); // NFTA_CHAIN_TABLE
        writer.Text(3, name); // NFTA_CHAIN_NAME
        return writer;
    }

    /// <summary>Takes all rules out of a chain.</summary>
    public void Flush(string chain)
    {
        var writer = batch.Begin(NetfilterMessage.DeleteRule, Inet, NetlinkFlags.None, $"the rules of chain {chain}");
        writer.Text(1, table); // NFTA_RULE_TABLE
        writer.Text(2, chain); // NFTA_RULE_CHAIN
    }

    /// <summary>Adds a rule behind the others of its chain.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="expressions">Writes what it does.</param>
    /// <param name="comment">What <c>nft list</c> shows of it.</param>
    /// <param name="what">Names it where the kernel refuses it.</param>
    public void Rule(string chain, Action<ExpressionWriter> expressions, string? comment = null, string? what = null)
    {
        var writer =
            batch.Begin(NetfilterMessage.NewRule, Inet, NetlinkFlags.Create | NetlinkFlags.Append, what ?? $"rule of chain {chain}");
        writer.Text(1, table); // NFTA_RULE_TABLE
        writer.Text(2, chain); // NFTA_RULE_CHAIN
        var nest = writer.BeginNest(4); // NFTA_RULE_EXPRESSIONS
        expressions(new ExpressionWriter(writer));
        writer.EndNest(nest);
        if (comment is not null)
        {
            writer.Data(7, UserData(Comment, comment)); // NFTA_RULE_USERDATA
        }
    }

    /// <summary>Adds a counter that rules name.</summary>
    public void Counter(string name)
    {
        var writer = batch.Begin(NetfilterMessage.NewObject, Inet, NetlinkFlags.Create, $"counter {name}");
        writer.Text(1, table); // NFTA_OBJ_TABLE
        writer.Text(2, name); // NFTA_OBJ_NAME
        writer.BigEndian32(3, (uint)ObjectKind.Counter); // NFTA_OBJ_TYPE
        var data = writer.BeginNest(4); // NFTA_OBJ_DATA
        writer.BigEndian64(1, 0); // NFTA_COUNTER_BYTES
        writer.BigEndian64(2, 0); // NFTA_COUNTER_PACKETS
        writer.EndNest(data);
    }

    /// <summary>Adds a set.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="keys">What its keys are made of.</param>
    public void Set(string name, params IReadOnlyList<SetKeyKind> keys) => NewSet(name, SetFlags.None, keys, null);

    /// <summary>Adds a set with its elements.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="flags">Its flags.</param>
    /// <param name="keys">What its keys are.</param>
    /// <param name="comment">What <c>nft list</c> shows of it; empty for nothing.</param>
    /// <param name="room">How many elements there may be; 0 for any number.</param>
    /// <param name="elements">Its elements.</param>
    /// <param name="write">Writes the attributes of one.</param>
    public void Set<T>(
        string name, SetFlags flags, SetKeyKind keys, string comment, uint room, IEnumerable<T> elements, Action<NetlinkWriter, T> write) =>
        Elements(name, NewSet(name, flags, [keys], null, comment: comment, room: room), elements, write);

    /// <summary>Adds elements to a set.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="elements">Keys, and comments where they have some.</param>
    public void Add(string name, IEnumerable<(byte[] Key, string? Comment)> elements) =>
        Elements(name, null, elements, static (writer, element) =>
    {
        Key(writer, element.Key);
        Note(writer, element.Comment);
    });

    /// <summary>Takes all elements out of a set.</summary>
    public void FlushSet(string name)
    {
        var writer = batch.Begin(NetfilterMessage.DeleteElement, Inet, NetlinkFlags.None, $"the elements of set {name}");
        writer.Text(1, table); // NFTA_SET_ELEM_LIST_TABLE
        writer.Text(2, name); // NFTA_SET_ELEM_LIST_SET
    }

    /// <summary>Adds a map from keys to chains that packets then go to.</summary>
    public void Dispatch(string name, SetKeyKind keys, IEnumerable<(byte[] Key, string Chain)> elements)
    {
        var id = NewSet(name, SetFlags.Map, [keys], null, VerdictType);
        Elements(name, id, elements, static (writer, element) =>
        {
            Key(writer, element.Key);
            var data = writer.BeginNest(2); // NFTA_SET_ELEM_DATA
            ExpressionWriter.WriteVerdict(writer, VerdictKind.Goto, element.Chain);
            writer.EndNest(data);
        });
    }

    /// <summary>Adds a map that only one rule uses and that goes with it.</summary>
    /// <param name="name">Its name, with <c>%d</c> for the number that the kernel gives it.</param>
    /// <param name="keys">What its keys are.</param>
    /// <param name="values">What its values are made of.</param>
    /// <param name="elements">Its elements.</param>
    /// <returns>Its number in the batch.</returns>
    public uint AnonymousMap(
        string name, SetKeyKind keys, IReadOnlyList<SetKeyKind> values, IEnumerable<(byte[] Key, byte[] Value)> elements)
    {
        var id = NewSet(name, SetFlags.Anonymous | SetFlags.Constant | SetFlags.Map, [keys], values);
        Elements(name, id, elements, static (writer, element) =>
        {
            Key(writer, element.Key);
            var data = writer.BeginNest(2); // NFTA_SET_ELEM_DATA
            writer.Data(1, element.Value); // NFTA_DATA_VALUE
            writer.EndNest(data);
        });
        return id;
    }

    private uint NewSet(
        string name, SetFlags flags, IReadOnlyList<SetKeyKind> keys, IReadOnlyList<SetKeyKind>? values, uint dataType = 0,
        string comment = "", uint room = 0)
    {
        var writer = batch.Begin(NetfilterMessage.NewSet, Inet, NetlinkFlags.Create, "set " + name);
        writer.Text(1, table); // NFTA_SET_TABLE
        writer.Text(2, name); // NFTA_SET_NAME
        writer.BigEndian32(3, (uint)flags); // NFTA_SET_FLAGS
        writer.BigEndian32(4, Type(keys)); // NFTA_SET_KEY_TYPE
        writer.BigEndian32(5, (uint)Length(keys)); // NFTA_SET_KEY_LEN
        byte[] order = [KeyByteOrder, sizeof(uint), .. BitConverter.GetBytes(keys.Count == 1 ? keys[0].ByteOrder : 0)];
        if (dataType != 0)
        {
            writer.BigEndian32(6, dataType); // NFTA_SET_DATA_TYPE
        }
        else if (values is not null)
        {
            writer.BigEndian32(6, Type(values));
            writer.BigEndian32(7, (uint)Length(values)); // NFTA_SET_DATA_LEN
            order = [.. order, DataByteOrder, sizeof(uint), .. BitConverter.GetBytes(values.Count == 1 ? values[0].ByteOrder : 0)];
        }

        if (room > 0)
        {
            var description = writer.BeginNest(9); // NFTA_SET_DESC
            writer.BigEndian32(1, room); // NFTA_SET_DESC_SIZE
            writer.EndNest(description);
        }

        writer.BigEndian32(10, ++_lastSet); // NFTA_SET_ID
        writer.Data(13, comment.Length == 0 ? order : [.. order, .. UserData(CommentOfSet, comment)]); // NFTA_SET_USERDATA
        return _lastSet;
    }

    private void Elements<T>(string set, uint? id, IEnumerable<T> elements, Action<NetlinkWriter, T> write)
    {
        foreach (var part in elements.Chunk(ElementsPerMessage))
        {
            var writer = batch.Begin(NetfilterMessage.NewElement, Inet, NetlinkFlags.Create, "elements of set " + set);
            writer.Text(1, table); // NFTA_SET_ELEM_LIST_TABLE
            writer.Text(2, set); // NFTA_SET_ELEM_LIST_SET
            if (id is { } number)
            {
                writer.BigEndian32(4, number); // NFTA_SET_ELEM_LIST_SET_ID
            }

            var list = writer.BeginNest(3); // NFTA_SET_ELEM_LIST_ELEMENTS
            foreach (var element in part)
            {
                var nest = writer.BeginNest(1); // NFTA_LIST_ELEM
                write(writer, element);
                writer.EndNest(nest);
            }

            writer.EndNest(list);
        }
    }

    /// <summary>Writes an element's comment, if it has one.</summary>
    internal static void Note(NetlinkWriter writer, string? comment)
    {
        if (comment is not null)
        {
            writer.Data(6, UserData(Comment, comment)); // NFTA_SET_ELEM_USERDATA
        }
    }

    /// <summary>Writes an element's key.</summary>
    internal static void Key(NetlinkWriter writer, byte[] key)
    {
        var nest = writer.BeginNest(1); // NFTA_SET_ELEM_KEY
        writer.Data(1, key); // NFTA_DATA_VALUE
        writer.EndNest(nest);
    }

    /// <summary>nft's number of a type; of a concatenation 6 bits for each part.</summary>
    private static uint Type(IReadOnlyList<SetKeyKind> kinds) => kinds.Aggregate(0u, (type, kind) => (type << 6) | kind.Number);

    private static int Length(IReadOnlyList<SetKeyKind> kinds) =>
        kinds.Count == 1 ? kinds[0].Length : kinds.Sum(k => (k.Length + 3) / 4 * 4);

    /// <summary>A text as nft keeps one: type, length, bytes, a zero.</summary>
    private static byte[] UserData(byte type, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [type, (byte)(bytes.Length + 1), .. bytes, 0];
    }
}
