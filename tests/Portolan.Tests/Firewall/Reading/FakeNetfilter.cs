using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;

namespace Portolan.Tests.Firewall.Reading;

/// <summary>A kernel that answers requests to nf_tables as a test says.</summary>
internal sealed class FakeNetfilter : INetlinkChannel
{
    private readonly Dictionary<NetfilterMessage, List<Action<NetlinkWriter>>> _messages = [];
    private readonly Queue<byte[]> _answers = new();

    /// <summary>The number of the state, asked once before and once after each reading.</summary>
    internal Func<uint> Generation { get; init; } = static () => 1;

    /// <summary>The error number that a request ends with; 0 for none.</summary>
    internal Func<NetfilterMessage, int> Errno { get; init; } = static _ => 0;

    /// <summary>Whether a dump says that it was interrupted.</summary>
    internal Func<NetfilterMessage, bool> IsInterrupted { get; init; } = static _ => false;

    /// <summary>Requests so far.</summary>
    internal List<NetfilterMessage> Requests { get; } = [];

    /// <summary>Adds a message to the answer of a dump.</summary>
    internal FakeNetfilter With(NetfilterMessage request, Action<NetlinkWriter> attributes, byte family = 1)
    {
        if (!_messages.TryGetValue(request, out var list))
        {
            _messages[request] = list = [];
        }

        list.Add(writer =>
        {
            NetfilterHeader.Write(writer, family);
            attributes(writer);
        });
        return this;
    }

    /// <summary>Adds a table <c>t</c> of family inet with a chain <c>c</c>.</summary>
    internal FakeNetfilter WithChain() => With(NetfilterMessage.GetTable, w => w.Text(1, "t"))
        .With(NetfilterMessage.GetChain, w =>
        {
            w.Text(1, "t");
            w.Text(3, "c");
        });

    /// <summary>Adds a rule to that chain, of expressions with a name and attributes.</summary>
    internal FakeNetfilter WithRule(params (string Name, Action<NetlinkWriter> Attributes)[] expressions) =>
        With(NetfilterMessage.GetRule, w =>
    {
        w.Text(1, "t");
        w.Text(2, "c");
        var list = w.BeginNest(4);
        foreach (var (name, attributes) in expressions)
        {
            var element = w.BeginNest(1);
            w.Text(1, name);
            var data = w.BeginNest(2);
            attributes(w);
            w.EndNest(data);
            w.EndNest(element);
        }

        w.EndNest(list);
    });

    public int Send(ReadOnlySpan<byte> request)
    {
        var header = MemoryMarshal.Read<NetlinkHeader>(request);
        var message = (NetfilterMessage)(byte)header.Type;
        Requests.Add(message);
        _answers.Clear();
        var writer = new NetlinkWriter();
        if (message == NetfilterMessage.GetGeneration)
        {
            writer.BeginMessage(NetfilterHeader.Type(NetfilterMessage.NewGeneration), NetlinkFlags.None, header.Sequence);
            NetfilterHeader.Write(writer, 0);
            writer.BigEndian32(1, Generation());
        }

        var flags = IsInterrupted(message) ? NetlinkFlags.Multi | NetlinkFlags.DumpInterrupted : NetlinkFlags.Multi;
        foreach (var write in _messages.GetValueOrDefault(message, []))
        {
            writer.BeginMessage(NetfilterHeader.Type(message), flags, header.Sequence);
            write(writer);
        }

        writer.BeginMessage(NetlinkMessageType.Done, flags, header.Sequence);
        writer.Raw(BitConverter.GetBytes(-Errno(message)));
        writer.EndMessage();
        _answers.Enqueue(writer.Bytes.ToArray());
        return 0;
    }

    public NetlinkReceipt Receive(Span<byte> buffer)
    {
        Assert.True(_answers.TryDequeue(out var answer), "a real kernel would let it wait for ever");
        answer.CopyTo(buffer);
        return new NetlinkReceipt(answer.Length, 0, 0);
    }

    public void Dispose()
    {
    }
}
